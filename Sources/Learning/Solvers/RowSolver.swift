import CKernels

/// Solves ranges of rows of one half iteration on one thread; borrowed buffers, so it lives inside `HalfIteration.run` only.
struct RowSolver {
    let matrix: SparseMatrix
    let options: ALSOptions
    let rowRegularization: [Float]?
    /// Λ, one a stored float, when rows have a λ of their own.
    let eigenvalues: [Float]?
    /// Former solution → where an iterative solver starts.
    let entering: [Float]
    let source: UnsafePointer<Float>
    /// Where the columns of the matrix end.
    let columnsEnd: UnsafePointer<Int32>?
    let target: UnsafeMutablePointer<Float>
    let stride: Int
    let losses: UnsafeMutableBufferPointer<Double>
    let longRowEntries: Int

    /// Solves the rows of a chunk.
    ///
    /// - Returns: a row that could not be solved, or nil.
    func solve(_ chunk: Range<Int>, scratch: SolverScratch.Piece) -> Int? {
        var failed: Int?
        for start in Swift.stride(from: chunk.lowerBound, to: chunk.upperBound, by: SolverScratch.batch) {
            let end = min(start + SolverScratch.batch, chunk.upperBound)
            if case .conjugateGradient = options.solver { enter(start..<end, scratch: scratch) }
            for row in start..<end where matrix.count(ofRow: row) <= longRowEntries {
                let solution = target + row * stride
                if case .conjugateGradient = options.solver {
                    solution.update(from: scratch.rows + (row - start) * stride, count: stride)
                }
                if !solve(row, into: solution, scratch: scratch) { failed = row }
            }
        }
        return failed
    }

    /// Solves one row with all threads: each sums up pieces of its entries, one thread puts the sums together.
    ///
    /// The pieces have a fixed size and are added in their order, so the answer does not depend on the number of threads.
    func solveLong(_ row: Int, pool: WorkerPool, scratch: SolverScratch) -> Bool {
        let start = matrix.offsets[row]
        let count = matrix.count(ofRow: row)
        let pieceEntries = 16_384
        let pieces = (count + pieceEntries - 1) / pieceEntries
        let area = stride * stride + stride
        var sums = [Float](repeating: 0, count: pieces * area)
        var targets = [Double](repeating: 0, count: pieces)
        withSystem(row, scratch: scratch[0]) { system, _ in
            sums.withUnsafeMutableBufferPointer { sums in
                targets.withUnsafeMutableBufferPointer { targets in
                    guard let sums = sums.baseAddress, let targets = targets.baseAddress else { return }
                    pool.run(WorkPlan(count: pieces, chunkSize: 1)) { chunk, worker in
                        var own = system
                        own.workspace = scratch[worker].workspace
                        for piece in chunk {
                            let first = start + piece * pieceEntries
                            let total = sums + piece * area
                            accumulate(
                                &own, entries: first..<min(first + pieceEntries, start + count), matrix: total,
                                right: total + stride * stride, targetSum: targets + piece)
                        }
                    }
                }
            }
        }
        return finishLong(row, sums: sums, targetSum: targets.reduce(0, +), scratch: scratch[0])
    }

    private func accumulate(
        _ system: inout ck_als_system, entries: Range<Int>, matrix sums: UnsafeMutablePointer<Float>,
        right: UnsafeMutablePointer<Float>, targetSum: UnsafeMutablePointer<Double>
    ) {
        matrix.columnIndices.withUnsafeBufferPointer { columns in
            matrix.values.withUnsafeBufferPointer { values in
                guard let columns = columns.baseAddress, let values = values.baseAddress else { return }
                ck_als_accumulate(
                    &system, columns + entries.lowerBound, values + entries.lowerBound, entries.count, sums, right,
                    targetSum)
            }
        }
    }

    private func finishLong(_ row: Int, sums: [Float], targetSum: Double, scratch: SolverScratch.Piece) -> Bool {
        let area = stride * stride + stride
        let total = scratch.sums
        total.update(repeating: 0, count: area)
        for index in 0..<stride { total[index * stride + index] = 1 }
        sums.withUnsafeBufferPointer { sums in
            for piece in 0..<sums.count / area {
                ck_axpy(1, sums.baseAddress.map { $0 + piece * area }, total, area)
            }
        }
        let solution = target + row * stride
        return withSystem(row, scratch: scratch) { system, scale in
            let status = ck_als_finish(
                &system, total, total + stride * stride, targetSum, solution, &losses[row])
            leave(solution, scale: scale)
            return status == 0
        }
    }

    /// The rows' former solutions in the coordinates of this half iteration.
    private func enter(_ rows: Range<Int>, scratch: SolverScratch.Piece) {
        entering.withUnsafeBufferPointer { entering in
            guard let matrix = entering.baseAddress else { return }
            ck_rows_times_matrix(
                target + rows.lowerBound * stride, rows.count, stride, stride, matrix, stride, scratch.rows, stride)
        }
    }

    private func solve(_ row: Int, into solution: UnsafeMutablePointer<Float>, scratch: SolverScratch.Piece) -> Bool {
        let first = matrix.offsets[row]
        let count = matrix.offsets[row + 1] - first
        return matrix.columnIndices.withUnsafeBufferPointer { columns in
            matrix.values.withUnsafeBufferPointer { values in
                guard count > 0, let columns = columns.baseAddress, let values = values.baseAddress else {
                    // Nothing is known of the row: the penalty alone is least at zero.
                    solution.update(repeating: 0, count: stride)
                    return true
                }
                return withSystem(row, scratch: scratch) { system, scale in
                    let status: Int32
                    switch options.solver {
                    case .exact:
                        status = ck_als_exact(&system, columns + first, values + first, count, solution, &losses[row])
                    case .conjugateGradient(let steps):
                        if let scale { for index in 0..<stride { solution[index] /= scale[index] } }
                        status = ck_als_conjugate(
                            &system, columns + first, values + first, count, steps, solution, &losses[row])
                    }
                    leave(solution, scale: scale)
                    return status == 0
                }
            }
        }
    }

    private func leave(_ solution: UnsafeMutablePointer<Float>, scale: UnsafePointer<Float>?) {
        guard let scale else { return }
        for index in 0..<stride { solution[index] *= scale[index] }
    }

    private func withSystem<Result>(
        _ row: Int, scratch: SolverScratch.Piece, _ body: (inout ck_als_system, UnsafePointer<Float>?) -> Result
    ) -> Result {
        var scale: UnsafePointer<Float>?
        if let rowRegularization, let eigenvalues {
            let regularization = rowRegularization[row]
            for index in 0..<stride { scratch.scale[index] = 1 / (eigenvalues[index] + regularization).squareRoot() }
            scale = UnsafePointer(scratch.scale)
        }
        var system = ck_als_system(
            rows: source, dims: stride, scale: scale, alpha: Float(options.alpha), columns_end: columnsEnd,
            workspace: scratch.workspace)
        return body(&system, scale)
    }
}
