/// A mean over users and how sure it is.
public struct MetricEstimate: Sendable, Equatable {
    /// The mean.
    public var mean: Double
    /// Standard error of the mean.
    public var standardError: Double

    /// Makes an estimate.
    public init(mean: Double, standardError: Double) {
        self.mean = mean
        self.standardError = standardError
    }

    /// The normal 95 % confidence interval.
    public var interval: ClosedRange<Double> { mean - 1.96 * standardError...mean + 1.96 * standardError }
}

/// How good the first K of each user's list are. Gain is binary. Every figure comes with the standard error over users: of a
/// mean by the normal approximation, of a ratio of sums (novelty, head share, popularity bias) by linearisation (the delta
/// method), of coverage by the jackknife over users (Efron and Stein 1981, doi:10.1214/aos/1176345462).
public struct RankingMetrics: Sendable, Equatable {
    /// K.
    public var cutoff: Int
    /// Users that were measured: those with something held out.
    public var users: Int
    /// Hits ÷ held-out items.
    public var recall: MetricEstimate
    /// Hits ÷ min(K, held-out items): 1 can always be reached.
    public var cappedRecall: MetricEstimate
    /// Hits ÷ K.
    public var precision: MetricEstimate
    /// Discounted gain, a hit at place r (from 1) counting 1 ÷ log₂(r + 1), over that of a perfect list (Järvelin and
    /// Kekäläinen 2002, doi:10.1145/582415.582418).
    public var ndcg: MetricEstimate
    /// Mean average precision: precision at each hit, summed, ÷ min(K, held-out items).
    public var map: MetricEstimate
    /// Mean reciprocal rank of the first hit; 0 without one.
    public var mrr: MetricEstimate
    /// Share of users with a hit.
    public var hitRate: MetricEstimate
    /// Share of all items that is in somebody's list.
    public var coverage: MetricEstimate
    /// Mean −log₂ of the share of users that know a listed item (Zhou et al. 2010, doi:10.1073/pnas.1000488107): higher is
    /// less obvious.
    public var novelty: MetricEstimate
    /// Mean number of users of a listed item ÷ that of a held-out item: 1 is as popular as what people really choose.
    public var popularityBias: MetricEstimate
    /// Share of the list places taken by the tenth of the items that has most users.
    public var headShare: MetricEstimate

    /// Every figure by the name that manifests, tables and JSON call it (`ndcg@10` is `ndcg` at cutoff 10), in the order of
    /// a table.
    public var named: [(name: String, estimate: MetricEstimate)] {
        [
            ("recall", recall), ("capped-recall", cappedRecall), ("precision", precision), ("ndcg", ndcg), ("map", map),
            ("mrr", mrr), ("hit-rate", hitRate), ("coverage", coverage), ("novelty", novelty),
            ("popularity-bias", popularityBias), ("head-share", headShare),
        ]
    }

    /// A figure by its name; nil for a name there is none of.
    public subscript(name: String) -> MetricEstimate? { named.first { $0.name == name }?.estimate }
}
