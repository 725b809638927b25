import CKernels

/// The symmetric matrix `RᵀR` of a factor matrix `R`: what the objective says of all the pairs nobody listened to, and what a
/// user is folded in with.
public struct GramMatrix: Sendable {
    /// Rows and columns.
    public let factors: Int
    /// Row-major `factors × factors`, symmetric.
    public let values: [Double]

    /// Takes a matrix that is there already.
    public init(factors: Int, values: [Double]) {
        precondition(values.count == factors * factors, "a Gram matrix is factors × factors")
        self.factors = factors
        self.values = values
    }

    /// `RᵀR`, summed in float over blocks of rows and in double over the blocks, in order of the blocks, so that it does not
    /// depend on the number of threads.
    ///
    /// - Complexity: O(rows · factors²)
    public init(of matrix: FactorMatrix, pool: WorkerPool) {
        let factors = matrix.factors
        let stride = matrix.stride
        let blockRows = 512
        let blocks = max(1, (matrix.rows + blockRows - 1) / blockRows)
        // A fixed number of partial sums, whatever the number of threads: the order of the additions is part of the result.
        let partialCount = min(blocks, 16)
        let blocksAPartial = (blocks + partialCount - 1) / partialCount
        let area = stride * stride
        var partials = [Double](repeating: 0, count: partialCount * area)
        var scratch = [Float](repeating: 0, count: pool.threadCount * area)
        matrix.withUnsafeRows { rows in
            guard let base = rows.baseAddress else { return }
            partials.withUnsafeMutableBufferPointer { partials in
                scratch.withUnsafeMutableBufferPointer { scratch in
                    pool.run(WorkPlan(count: partialCount, chunkSize: 1)) { chunk, worker in
                        guard let block = scratch.baseAddress.map({ $0 + worker * area }) else { return }
                        for partial in chunk {
                            let first = partial * blocksAPartial * blockRows
                            let end = min(matrix.rows, first + blocksAPartial * blockRows)
                            for start in Swift.stride(from: first, to: end, by: blockRows) {
                                block.update(repeating: 0, count: area)
                                ck_gram_upper(
                                    base + start * stride, min(blockRows, end - start), stride, stride, block, stride)
                                for index in 0..<area { partials[partial * area + index] += Double(block[index]) }
                            }
                        }
                    }
                }
            }
        }
        var values = [Double](repeating: 0, count: factors * factors)
        for row in 0..<factors {
            for column in row..<factors {
                var sum = 0.0
                for partial in 0..<partialCount { sum += partials[partial * area + row * stride + column] }
                values[row * factors + column] = sum
                values[column * factors + row] = sum
            }
        }
        self.init(factors: factors, values: values)
    }
}
