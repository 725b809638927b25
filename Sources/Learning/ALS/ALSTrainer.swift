/// Learns implicit ALS: users and items as vectors whose inner product says how much a user likes an item (Hu, Koren,
/// Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008, doi:10.1109/ICDM.2008.22).
///
/// Minimised is, over all pairs, those nobody listened to included (for them `c = 1`, `p = 0`):
///
///     Σ c_ui (p_ui − x_u·y_i)² + λ (|X|² + |Y|²),   c = 1 + alpha·|r|,   p = 1 where r > 0
///
/// An entry below zero says "does not like it" with confidence: its p is 0.
///
/// ```
/// let model = try ALSTrainer(options: options, pool: pool).train(plays) { progress in
///     print(progress.iteration, progress.objective)
///     return .proceed
/// }
/// ```
public struct ALSTrainer: Sendable {
    /// What is minimised, and how.
    public let options: ALSOptions
    private let pool: WorkerPool
    private let longRowEntries: Int

    /// Checks and takes the options.
    ///
    /// - Throws: `LearningError` naming the option that is wrong.
    public init(options: ALSOptions = ALSOptions(), pool: WorkerPool) throws {
        try self.init(options: options, pool: pool, longRowEntries: 65_536)
    }

    /// Also says from how many entries on a row is shared by all threads: for tests.
    package init(options: ALSOptions, pool: WorkerPool, longRowEntries: Int) throws {
        try options.validate()
        self.options = options
        self.pool = pool
        self.longRowEntries = longRowEntries
    }

    /// Learns from a users × items matrix.
    ///
    /// - Parameters:
    ///   - initial: factors to go on from, of a former model or a checkpoint; nil starts from random items.
    ///   - progress: called after each iteration on the calling thread; `.stop` ends the training with what there is.
    /// - Throws: `LearningError` when the matrix is empty or a number is not finite.
    /// - Complexity: an exact iteration costs O(entries · factors · min(factors, entries of a row)) and at most
    ///   O(factors³) a row; one of conjugate gradients O(entries · factors · steps).
    public func train(
        _ matrix: SparseMatrix, from initial: ALSModel? = nil,
        progress: (ALSProgress) throws -> ALSProgress.Decision = { _ in .proceed }
    ) throws -> ALSModel {
        guard matrix.count > 0 else {
            throw LearningError.invalid("there is nothing to learn from: the matrix has no entries")
        }
        let start =
            try initial.map { try copy($0, fitting: matrix) }
            ?? ALSModel.random(
                users: matrix.rows, items: matrix.columns, factors: options.factors, seed: options.seed)
        let users = FactorSide(start.userFactors)
        let items = FactorSide(start.itemFactors)
        let solveUsers = HalfIteration(
            matrix: matrix, options: options, pool: pool, longRowEntries: longRowEntries)
        let solveItems = HalfIteration(
            matrix: matrix.transposed(), options: options, pool: pool, longRowEntries: longRowEntries)
        for iteration in 1...options.iterations {
            _ = try solveUsers.run(
                solving: users, holding: items, heldRegularization: solveItems.rowRegularization)
            let objective = try solveItems.run(
                solving: items, holding: users, heldRegularization: solveUsers.rowRegularization)
            guard objective.isFinite else {
                throw LearningError.invalid(
                    "the objective is not finite after iteration \(iteration): raise the regularization or lower alpha")
            }
            let report = ALSProgress(iteration: iteration, iterations: options.iterations, objective: objective) {
                users.settle(pool: pool)
                items.settle(pool: pool)
                return start
            }
            if try progress(report) == .stop { break }
        }
        users.settle(pool: pool)
        items.settle(pool: pool)
        return start
    }

    /// Solves all users of a matrix once, against items that stay what they are: folding in by the thousand.
    ///
    /// - Throws: `LearningError` when the items do not fit the matrix or the options, or a number is not finite.
    /// - Complexity: half an iteration.
    public func solveUsers(of matrix: SparseMatrix, holding items: FactorMatrix) throws -> FactorMatrix {
        guard items.rows == matrix.columns, items.factors == options.factors else {
            throw LearningError.invalid(
                "the items to hold are \(items.rows) of \(items.factors) factors, the matrix has \(matrix.columns) columns and \(options.factors) factors are wanted"
            )
        }
        let solved = FactorSide(FactorMatrix(rows: matrix.rows, factors: options.factors))
        _ = try HalfIteration(matrix: matrix, options: options, pool: pool, longRowEntries: longRowEntries)
            .run(solving: solved, holding: FactorSide(items.copy()), heldRegularization: nil)
        solved.settle(pool: pool)
        return solved.stored
    }

    private func copy(_ model: ALSModel, fitting matrix: SparseMatrix) throws -> ALSModel {
        guard model.userFactors.rows == matrix.rows, model.itemFactors.rows == matrix.columns,
            model.userFactors.factors == options.factors, model.itemFactors.factors == options.factors
        else {
            throw LearningError.invalid(
                "the factors to go on from are \(model.userFactors.rows) users and \(model.itemFactors.rows) items of \(model.userFactors.factors), the matrix has \(matrix.rows) and \(matrix.columns), and \(options.factors) factors are wanted"
            )
        }
        return ALSModel(userFactors: model.userFactors.copy(), itemFactors: model.itemFactors.copy())
    }
}

/// Where a training is.
public struct ALSProgress {
    /// What is to happen next.
    public enum Decision: Sendable, Equatable {
        /// Go on.
        case proceed
        /// End here with what was learned.
        case stop
    }

    /// Iterations done, from 1.
    public let iteration: Int
    /// Iterations wanted.
    public let iterations: Int
    /// The objective after it.
    public let objective: Double
    private let settle: () -> ALSModel

    init(iteration: Int, iterations: Int, objective: Double, settle: @escaping () -> ALSModel) {
        self.iteration = iteration
        self.iterations = iterations
        self.objective = objective
        self.settle = settle
    }

    /// The factors as they are now, for an evaluation or a checkpoint. They go on changing with the next iteration: read them
    /// inside the callback only.
    ///
    /// - Complexity: O((users + items) · factors²)
    public func model() -> ALSModel { settle() }
}
