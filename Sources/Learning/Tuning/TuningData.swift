/// A training part and a validation part, the second never learned from.
public struct TuningSplit: Sendable {
    /// Values before weighting.
    public let train: SparseMatrix
    /// Measures on the validation part.
    public let evaluator: RankingEvaluator

    /// Takes both.
    public init(train: SparseMatrix, evaluator: RankingEvaluator) {
        self.train = train
        self.evaluator = evaluator
    }
}

/// Where a search gets its matrices: a fixed one, or one a half-life.
public protocol TuningData {
    /// The parts when a listen weighs half after so many days; nil where values have no age. Asked for often, with few
    /// different values: worth remembering the last.
    func split(halfLifeDays: Double?) throws -> TuningSplit
}

/// A matrix without ages; part of every user's items is held out.
public struct MatrixTuningData: TuningData {
    private let whole: TuningSplit

    /// Cuts the validation part out of `matrix`.
    ///
    /// - Parameters:
    ///   - share: of each user's items that is held out.
    ///   - userLimit: users measured at most, evenly spread over all.
    public init(_ matrix: SparseMatrix, share: Double = 0.2, seed: UInt64, userLimit: Int = 10_000) throws {
        let parts = HoldOutSplit(matrix, share: share, seed: seed)
        let users = (0..<Int32(matrix.rows)).filter { parts.heldOut.count(ofRow: Int($0)) > 0 }
        guard !users.isEmpty else {
            throw LearningError.invalid(
                "nothing can be held out: no user has \(Int((1 / share).rounded(.up))) items; search on more data")
        }
        let count = min(users.count, max(1, userLimit))
        let measured = (0..<count).map { users[$0 * users.count / count] }
        whole = TuningSplit(
            train: parts.train,
            evaluator: try RankingEvaluator(train: parts.train, test: parts.heldOut, users: measured))
    }

    /// The same for every half-life.
    public func split(halfLifeDays: Double?) -> TuningSplit { whole }
}
