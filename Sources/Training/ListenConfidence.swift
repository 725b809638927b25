public import Domain
public import Learning

/// How much a listen says about liking a song: the unit of the matrix, which ALS multiplies by alpha.
///
/// An event counts, times `2^(−age ÷ half-life)`:
///
/// ```
/// complete   1
/// listen     the fraction heard, at least `minimumListen`; one half when the length is not known
/// skip       `skip`, usually below zero: it takes back what listens have given
/// ```
///
/// A pair's events are added up, and the sum is weighted. Above zero it is a confidence that the user likes the song, below zero
/// that the user does not.
public struct ListenConfidence: Sendable, Equatable {
    /// What a skip adds, -1…1.
    public var skip = -0.25
    /// What a listen adds at least, 0…1.
    public var minimumListen = 0.1
    /// Days after which an event counts half; 0 for never.
    public var halfLifeDays = 45.0
    /// What becomes of a sum: with a power below 1 the hundredth play adds less than the first.
    public var weighting = ConfidenceWeighting()

    /// Defaults for everything.
    public init() { weighting.exponent = 0.5 }

    /// What one event counts before recency.
    public func weight(action: EventAction, duration: Int32, totalDuration: Int32) -> Float {
        var listen = ListenWeight()
        listen.skip = skip
        listen.minimumListen = minimumListen
        return listen.weight(action: action, duration: duration, totalDuration: totalDuration)
    }

    func validate() throws {
        guard skip.isFinite, (-1...1).contains(skip) else {
            throw TrainingError.invalid("skip weight is \(skip), allowed is -1 to 1")
        }
        guard minimumListen.isFinite, (0...1).contains(minimumListen) else {
            throw TrainingError.invalid("minimum weight of a listen is \(minimumListen), allowed is 0 to 1")
        }
        guard halfLifeDays.isFinite, halfLifeDays >= 0 else {
            throw TrainingError.invalid("half-life is \(halfLifeDays) days, it must be 0 (never) or above")
        }
        try weighting.validate()
    }
}
