import Learning

/// Measures a model of the earlier days on the held-out ones, beside popularity.
struct HeldOutEvaluation {
    /// The metric the publish gate compares.
    static let gateMetric = "ndcg@10"

    /// Measures any model on the held-out days: the publish gate, `segue evaluate` and `segue tune` ask the same one.
    let evaluator: RankingEvaluator
    private let watched: RankingEvaluator
    private let popularity: PopularityModel
    private let matrix: ListenMatrix
    private let pool: WorkerPool

    /// nil when nobody known before plays anything relevant in the held-out days.
    init?(_ matrix: ListenMatrix, options: TrainingOptions, pool: WorkerPool) throws {
        guard let earlier = matrix.earlier, let heldOut = matrix.heldOut else { return nil }
        let liked = heldOut.filtered { $0 > 0 }
        let test = options.relevance == .discoveries ? liked.removing(earlier) : liked
        // A listener without a past gets popular songs from the serving layer; there is nothing of the model to measure.
        let known = (0..<Int32(earlier.rows)).filter { user in
            test.count(ofRow: Int(user)) > 0 && earlier.values(ofRow: Int(user)).contains { $0 > 0 }
        }
        guard !known.isEmpty else { return nil }
        evaluator = try RankingEvaluator(
            train: earlier, test: test, excludesTrained: options.relevance == .discoveries,
            users: Self.sample(known, count: options.evaluatedUsersLimit, seed: options.als.seed))
        watched = try RankingEvaluator(
            train: earlier, test: test, excludesTrained: options.relevance == .discoveries,
            users: Self.sample(
                known, count: min(Self.watchedUsersLimit, options.evaluatedUsersLimit), seed: options.als.seed))
        popularity = PopularityModel(earlier)
        self.matrix = matrix
        self.pool = pool
    }

    /// Listeners asked while training goes on: enough to see a rise, few enough to cost a fraction of an iteration.
    private static let watchedUsersLimit = 2_000

    /// The gate's metric for some of the listeners: what early stopping watches.
    func score(of model: ALSModel) throws -> Double {
        watched.evaluate(FactorRankingModel(model), cutoffs: [10], pool: pool).first?.ndcg.mean ?? 0
    }

    /// Ranks all songs for every listener measured.
    func report(on model: ALSModel) -> HeldOutReport {
        HeldOutReport(
            from: matrix.heldOutDays.map { "\($0.lowerBound)" } ?? "",
            through: matrix.heldOutDays.map { "\($0.upperBound)" } ?? "",
            model: evaluator.evaluate(FactorRankingModel(model), cutoffs: [10, 20], pool: pool),
            popularity: evaluator.evaluate(popularity, cutoffs: [10, 20], pool: pool))
    }

    /// `count` of the users, each as likely, in order.
    private static func sample(_ users: [Int32], count: Int, seed: UInt64) -> [Int32] {
        guard users.count > count else { return users }
        var random = SeededShuffle(seed: seed)
        return Array(users.shuffled(using: &random).prefix(count)).sorted()
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014, https://doi.org/10.1145/2660193.2660195).
private struct SeededShuffle: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
