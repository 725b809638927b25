import CKernels
import Synchronization

/// Solves every row of one side while the other is held.
///
/// Work is dealt in chunks of about equal cost. Rows with very many entries would make a chunk of their own that the other
/// threads wait for; they are solved first, all threads on one row, each on a piece of its entries.
package struct HalfIteration {
    /// Rows of the side to solve × rows of the side that is held.
    let matrix: SparseMatrix
    let plan: WorkPlan
    /// Rows that all threads share, ascending.
    let longRows: [Int]
    let longRowEntries: Int
    let options: ALSOptions
    /// λ of each row; nil when all have the same.
    let rowRegularization: [Float]?
    let pool: WorkerPool

    /// - Parameter longRowEntries: from how many entries on a row is shared.
    init(matrix: SparseMatrix, options: ALSOptions, pool: WorkerPool, longRowEntries: Int = 65_536) {
        self.matrix = matrix
        self.options = options
        self.pool = pool
        self.longRowEntries = longRowEntries
        // A row costs about as much as a dozen entries besides its own, and many chunks even the ends out.
        plan = WorkPlan(offsets: matrix.offsets, rowCost: 16, chunks: pool.threadCount * 64)
        longRows = (0..<matrix.rows).filter { matrix.count(ofRow: $0) > longRowEntries }
        rowRegularization = Self.regularization(of: matrix, options: options)
    }

    /// λ·((n + a)/(n̄ + a))^ν for each row, or nil when ν is 0.
    package static func regularization(of matrix: SparseMatrix, options: ALSOptions) -> [Float]? {
        guard options.regularizationExponent != 0, matrix.rows > 0 else { return nil }
        let smoothing = Double(matrix.columns) / options.alpha
        let mean = Double(matrix.count) / Double(matrix.rows) + smoothing
        return (0..<matrix.rows).map { row in
            let share = (Double(matrix.count(ofRow: row)) + smoothing) / mean
            return Float(options.regularization * Numerics.power(share, options.regularizationExponent))
        }
    }

    /// Solves `solved` while `held` stays what it is (in new coordinates).
    ///
    /// - Returns: the objective after it.
    func run(solving solved: FactorSide, holding held: FactorSide, heldRegularization: [Float]?) throws -> Double {
        let gram = held.gram(pool: pool)
        let whitening =
            try rowRegularization == nil
            ? Whitening(gram: gram, regularization: options.regularization)
            : Whitening(diagonalizing: gram)
        held.apply(whitening.whiten, leavingPending: whitening.unwhiten, pool: pool)
        let penalty = heldPenalty(gram: gram, held: held.stored, regularization: heldRegularization)
        let entering = solved.entering(whitening)
        return try penalty + solveRows(solved.stored, held.stored, entering: entering, whitening: whitening)
    }

    /// Σ λ_i |y_i|² of the side that is held. Its vectors have been rotated at most when each has a λ of its own, which
    /// leaves their lengths as they are.
    private func heldPenalty(gram: SquareMatrix, held: FactorMatrix, regularization: [Float]?) -> Double {
        guard let regularization else {
            return options.regularization * (0..<gram.size).reduce(0.0) { $0 + gram[$1, $1] }
        }
        return held.withUnsafeRows { rows in
            guard let base = rows.baseAddress else { return 0 }
            return (0..<held.rows).reduce(0.0) { sum, row in
                let vector = base + row * held.stride
                return sum + Double(regularization[row]) * Double(ck_dot(vector, vector, held.stride))
            }
        }
    }

    private func solveRows(
        _ solved: FactorMatrix, _ held: FactorMatrix, entering: [Float], whitening: Whitening
    ) throws -> Double {
        var losses = [Double](repeating: 0, count: matrix.rows)
        let failedRow = Atomic<Int>(-1)
        let scratch = SolverScratch(stride: solved.stride, workers: pool.threadCount)
        let eigenvalues = whitening.eigenvalues.map { values in
            values.map(Float.init) + [Float](repeating: 1, count: solved.stride - values.count)
        }
        withBuffers(solved, held, &losses) { target, source, columns, losses in
            let rows = RowSolver(
                matrix: matrix, options: options, rowRegularization: rowRegularization, eigenvalues: eigenvalues,
                entering: entering, source: source, columnsEnd: columns.baseAddress.map { $0 + columns.count },
                target: target, stride: solved.stride, losses: losses, longRowEntries: longRowEntries)
            for row in longRows where !rows.solveLong(row, pool: pool, scratch: scratch) {
                failedRow.store(row, ordering: .relaxed)
            }
            pool.run(plan) { chunk, worker in
                if let row = rows.solve(chunk, scratch: scratch[worker]) {
                    failedRow.store(row, ordering: .relaxed)
                }
            }
        }
        let failed = failedRow.load(ordering: .relaxed)
        guard failed < 0 else {
            throw LearningError.invalid(
                "row \(failed) could not be solved (not finite): raise the regularization, lower alpha or look for values that are not finite"
            )
        }
        return losses.reduce(0, +)
    }

    /// The buffers a half iteration works on, for the time of `body`.
    private func withBuffers(
        _ solved: FactorMatrix, _ held: FactorMatrix, _ losses: inout [Double],
        _ body: (
            UnsafeMutablePointer<Float>, UnsafePointer<Float>, UnsafeBufferPointer<Int32>,
            UnsafeMutableBufferPointer<Double>
        ) -> Void
    ) {
        solved.withUnsafeMutableRows { target in
            held.withUnsafeRows { source in
                matrix.columnIndices.withUnsafeBufferPointer { columns in
                    losses.withUnsafeMutableBufferPointer { losses in
                        guard let target = target.baseAddress, let source = source.baseAddress else { return }
                        body(target, source, columns, losses)
                    }
                }
            }
        }
    }
}
