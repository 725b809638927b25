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

/// How good the first K of each user's list are. All but the last four are means over users; gain is binary.
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
    public var coverage: Double
    /// Mean −log₂ of the share of users that know a listed item (Zhou et al. 2010, doi:10.1073/pnas.1000488107): higher is
    /// less obvious.
    public var novelty: Double
    /// Mean number of users of a listed item ÷ that of a held-out item: 1 is as popular as what people really choose.
    public var popularityBias: Double
    /// Share of the list places taken by the tenth of the items that has most users.
    public var headShare: Double
}

/// Per-user values summed up, to be merged over threads.
struct RankingSums {
    static let perUser = 7
    var users = 0
    var sums = [Double](repeating: 0, count: perUser)
    var squares = [Double](repeating: 0, count: perUser)
    var places = 0
    var information = 0.0
    var popularity = 0.0
    var headPlaces = 0
    var heldOut = 0
    var heldOutPopularity = 0.0

    mutating func add(_ values: [Double]) {
        users += 1
        for index in 0..<Self.perUser {
            sums[index] += values[index]
            squares[index] += values[index] * values[index]
        }
    }

    mutating func add(_ other: RankingSums) {
        users += other.users
        for index in 0..<Self.perUser {
            sums[index] += other.sums[index]
            squares[index] += other.squares[index]
        }
        places += other.places
        information += other.information
        popularity += other.popularity
        headPlaces += other.headPlaces
        heldOut += other.heldOut
        heldOutPopularity += other.heldOutPopularity
    }

    func estimate(_ index: Int) -> MetricEstimate {
        guard users > 0 else { return MetricEstimate(mean: 0, standardError: 0) }
        let count = Double(users)
        let mean = sums[index] / count
        let variance = users > 1 ? max(0, squares[index] - count * mean * mean) / (count - 1) : 0
        return MetricEstimate(mean: mean, standardError: (variance / count).squareRoot())
    }
}
