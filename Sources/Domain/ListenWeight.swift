/// How much one listen says about liking a song, before recency and before several of one song are added up.
///
/// ```
/// complete   1
/// listen     the fraction heard, at least `minimumListen`; one half when the length is not known
/// skip       `skip`, usually below zero: it takes back what listens have given
/// ```
public struct ListenWeight: Sendable, Equatable {
    /// What a skip adds, -1…1.
    public var skip = -0.25
    /// What a listen adds at least, 0…1.
    public var minimumListen = 0.1

    /// Defaults for both.
    public init() {}

    /// What one event counts.
    public func weight(action: EventAction, duration: Int32, totalDuration: Int32) -> Float {
        switch action {
        case .complete: return 1
        case .skip: return Float(skip)
        case .listen:
            guard totalDuration > 0 else { return 0.5 }
            return Float(max(minimumListen, min(1, Double(duration) / Double(totalDuration))))
        }
    }
}
