/// What may be tried, and how a setting is drawn from it.
public struct TuningSpace: Sendable, Equatable {
    /// Latent factors, each as likely.
    public var factors = [32, 64, 128]
    /// λ, uniform in its logarithm.
    public var regularization = 0.1...1000.0
    /// ν, each as likely.
    public var regularizationExponents = [0.0, 0.25, 0.5, 0.75, 1.0]
    /// alpha times the mean weight, uniform in its logarithm.
    public var strength = 0.1...40.0
    /// Shapes of the confidence, each as likely.
    public var forms = ConfidenceWeighting.Form.allCases
    /// Powers of `.power`, each as likely.
    public var exponents = [0.0, 0.25, 0.5, 0.75, 1.0]
    /// Scales of `.logarithm` and `.capped`, each as likely.
    public var scales = [0.5, 1.0, 2.0, 5.0]
    /// Powers of the popularity discount, each as likely.
    public var popularityDiscounts = [0.0]
    /// Half-lives in days, each as likely; empty where values have no age.
    public var halfLives: [Double] = []

    /// Everything as usual.
    public init() {}

    /// Throws what cannot be drawn from.
    public func validate() throws {
        guard !factors.isEmpty, factors.allSatisfy({ (1...512).contains($0) }) else {
            throw LearningError.invalid("factors to try are \(factors), allowed are numbers of 1 to 512")
        }
        guard regularization.lowerBound > 0, strength.lowerBound > 0 else {
            throw LearningError.invalid("λ and strength are drawn by their logarithm: their ranges begin above 0")
        }
        guard !regularizationExponents.isEmpty, !forms.isEmpty, !exponents.isEmpty, !scales.isEmpty,
            !popularityDiscounts.isEmpty
        else { throw LearningError.invalid("every dimension of a search needs something to choose from") }
    }

    /// A setting anywhere in the space.
    func sample(_ random: inout SplitMix64) -> TuningCandidate {
        var weighting = ConfidenceWeighting()
        weighting.form = pick(forms, &random)
        let (exponent, scale) = (pick(exponents, &random), pick(scales, &random))
        if weighting.form == .power { weighting.exponent = exponent } else { weighting.scale = scale }
        weighting.popularityDiscount = pick(popularityDiscounts, &random)
        return TuningCandidate(
            factors: pick(factors, &random), regularization: logUniform(regularization, &random),
            regularizationExponent: pick(regularizationExponents, &random),
            strength: logUniform(strength, &random), weighting: weighting,
            halfLifeDays: halfLives.isEmpty ? nil : pick(halfLives, &random))
    }

    /// A setting near a good one: λ and strength up to a factor of two away, each other choice drawn anew one time in five.
    func neighbor(of good: TuningCandidate, _ random: inout SplitMix64) -> TuningCandidate {
        let other = sample(&random)
        var near = good
        near.regularization = nudge(good.regularization, within: regularization, &random)
        near.strength = nudge(good.strength, within: strength, &random)
        if random.unit() < 0.2 { near.factors = other.factors }
        if random.unit() < 0.2 { near.regularizationExponent = other.regularizationExponent }
        if random.unit() < 0.2 { near.weighting = other.weighting }
        if random.unit() < 0.2 { near.halfLifeDays = other.halfLifeDays }
        return near
    }

    private func nudge(_ value: Double, within range: ClosedRange<Double>, _ random: inout SplitMix64) -> Double {
        Self.rounded(min(range.upperBound, max(range.lowerBound, value * Numerics.power(2, 2 * random.unit() - 1))))
    }

    private func pick<Element>(_ choices: [Element], _ random: inout SplitMix64) -> Element {
        choices[Int(random.unit() * Double(choices.count))]
    }

    private func logUniform(_ range: ClosedRange<Double>, _ random: inout SplitMix64) -> Double {
        let ratio = range.upperBound / range.lowerBound
        return Self.rounded(range.lowerBound * Numerics.power(ratio, random.unit()))
    }

    /// Three significant digits: more would claim a precision that no search has.
    private static func rounded(_ value: Double) -> Double {
        var scale = 1.0
        while value * scale < 100 { scale *= 10 }
        return (value * scale).rounded() / scale
    }
}
