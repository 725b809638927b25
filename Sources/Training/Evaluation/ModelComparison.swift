public import Learning
public import ServiceKit

/// A recommender beside the bars it has to clear, all measured by the same evaluator.
public struct ModelComparison: Sendable {
    /// The recommenders, in the order they are shown in.
    public enum Subject: String, Sendable, CaseIterable {
        /// Implicit ALS with the settings in force.
        case als
        /// Item-kNN by cosine.
        case neighbors = "item-knn"
        /// What most people listen to, the same for all.
        case popularity
        /// Chance.
        case random
    }

    /// One recommender's figures.
    public struct Entry: Sendable {
        /// Which.
        public var subject: Subject
        /// At each cutoff.
        public var metrics: [RankingMetrics]
        /// Seconds to learn it.
        public var trainingSeconds: Double
        /// Seconds to rank all items for all users.
        public var rankingSeconds: Double
    }

    /// Users, items and pairs that were learned from.
    public var users: Int
    /// Items.
    public var items: Int
    /// Pairs learned from.
    public var entries: Int
    /// Users that were measured.
    public var measuredUsers: Int
    /// What each reached.
    public var results: [Entry]
    /// The factors, to be saved; nil when ALS was not asked for.
    public var model: ALSModel?
}

/// Trains and measures what a comparison asks for.
public struct ModelComparer: Sendable {
    private let options: TrainingOptions
    private let pool: WorkerPool

    /// Takes the settings of ALS.
    public init(options: TrainingOptions) throws {
        try options.validate()
        self.options = options
        pool = WorkerPool(threadCount: options.threadCount)
    }

    /// Compares on matrices of raw values (plays): weights them, trains on one, measures on the other.
    ///
    /// - Throws: `TrainingError.stopped` when `stop` says so between two recommenders or iterations.
    public func compare(
        train: SparseMatrix, test: SparseMatrix, subjects: [ModelComparison.Subject], cutoffs: [Int],
        from factors: ALSModel? = nil, until stop: StopSignal = StopSignal()
    ) throws -> ModelComparison {
        let evaluator = try RankingEvaluator(train: train, test: test)
        return try compare(
            options.confidence.weighting.apply(to: train), evaluator, subjects, cutoffs, from: factors, stop)
    }

    /// Compares on listens of the lake: on the held-out days, or on a share of each listener's songs.
    ///
    /// - Parameter share: of each listener's songs to hold out, over all days; nil for the held-out days.
    public func compare(
        _ listens: LakeListens, holdingOut share: Double?, subjects: [ModelComparison.Subject], cutoffs: [Int],
        until stop: StopSignal = StopSignal()
    ) throws -> ModelComparison {
        if let share {
            let parts = HoldOutSplit(listens.matrix.all, share: share, seed: options.als.seed)
            let evaluator = try RankingEvaluator(train: parts.train, test: parts.heldOut)
            return try compare(parts.train, evaluator, subjects, cutoffs, from: nil, stop)
        }
        guard let earlier = listens.matrix.earlier,
            let heldOut = try HeldOutEvaluation(listens.matrix, options: options, pool: pool)
        else {
            throw TrainingError.nothingToLearn(
                "no listener known before plays anything to hit in the last days: widen --window-days, or hold out a share of each listener's songs (--split users)"
            )
        }
        return try compare(earlier, heldOut.evaluator, subjects, cutoffs, from: nil, stop)
    }

    private func compare(
        _ train: SparseMatrix, _ evaluator: RankingEvaluator, _ subjects: [ModelComparison.Subject], _ cutoffs: [Int],
        from factors: ALSModel?, _ stop: StopSignal
    ) throws -> ModelComparison {
        var comparison = ModelComparison(
            users: train.rows, items: train.columns, entries: train.count, measuredUsers: evaluator.users.count,
            results: [])
        for subject in subjects {
            guard !stop.isStopped else { throw TrainingError.stopped() }
            let start = MonotonicTime.now
            let model: any RankingModel
            switch subject {
            case .als:
                let learned = try factors ?? learn(train, stop)
                comparison.model = learned
                model = FactorRankingModel(learned)
            case .neighbors: model = ItemNeighborsModel(train, pool: pool)
            case .popularity: model = PopularityModel(train)
            case .random: model = RandomModel(itemCount: train.columns, seed: options.als.seed)
            }
            let ready = MonotonicTime.now
            let metrics = evaluator.evaluate(model, cutoffs: cutoffs, pool: pool)
            comparison.results.append(
                .init(
                    subject: subject, metrics: metrics,
                    trainingSeconds: ready.duration(since: start).secondCount,
                    rankingSeconds: ready.elapsed.secondCount))
        }
        return comparison
    }

    private func learn(_ matrix: SparseMatrix, _ stop: StopSignal) throws -> ALSModel {
        let model = try ALSTrainer(options: options.als, pool: pool).train(matrix) { _ in
            stop.isStopped ? .stop : .proceed
        }
        guard !stop.isStopped else { throw TrainingError.stopped() }
        return model
    }
}
