/// A setting of ALS to try.
public struct TuningCandidate: Sendable, Equatable, Codable {
    /// Latent factors.
    public var factors: Int
    /// λ.
    public var regularization: Double
    /// ν: λ grows with a row's entries to this power.
    public var regularizationExponent: Double
    /// alpha times the mean weight of an entry: means the same for every weighting, which alpha does not.
    public var strength: Double
    /// How values become confidences.
    public var weighting: ConfidenceWeighting
    /// Days after which a listen weighs half (0: never); nil where values have no age.
    public var halfLifeDays: Double?

    /// Takes all of them.
    public init(
        factors: Int, regularization: Double, regularizationExponent: Double, strength: Double,
        weighting: ConfidenceWeighting, halfLifeDays: Double?
    ) {
        self.factors = factors
        self.regularization = regularization
        self.regularizationExponent = regularizationExponent
        self.strength = strength
        self.weighting = weighting
        self.halfLifeDays = halfLifeDays
    }

    /// The alpha that gives this strength on weighted values.
    public func alpha(for weighted: SparseMatrix) -> Double {
        let sum = weighted.values.reduce(0.0) { $0 + Double($1.magnitude) }
        guard sum > 0 else { return strength }
        return strength * Double(weighted.count) / sum
    }

    /// Options of a training with this setting.
    public func options(_ base: ALSOptions, alpha: Double, iterations: Int) -> ALSOptions {
        var options = base
        options.factors = factors
        options.regularization = regularization
        options.regularizationExponent = regularizationExponent
        options.alpha = alpha
        options.iterations = iterations
        return options
    }
}

/// One setting, trained for some iterations and measured on the validation part.
public struct TuningTrial: Sendable, Equatable, Codable {
    /// Number of the setting, from 0, the same on every rung.
    public var number: Int
    /// Iterations trained: the rung.
    public var iterations: Int
    /// The setting.
    public var candidate: TuningCandidate
    /// The alpha it came to.
    public var alpha: Double
    /// Metric name (`ndcg@20`) to mean; empty when the training failed.
    public var metrics: [String: Double]
    /// Seconds it took.
    public var seconds: Double
    /// Why there are no metrics.
    public var failure: String?

    /// A metric; below everything when the training failed.
    public func score(_ metric: String) -> Double { metrics[metric] ?? -.infinity }
}
