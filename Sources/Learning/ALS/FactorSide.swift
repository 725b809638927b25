import CKernels

/// One side of the model while it is being learned: the users or the items.
///
/// What is stored are vectors in the coordinates of the last half iteration; a true vector is `stored · pending`. Leaving the
/// change of coordinates pending makes two changes in a row one matrix product.
final class FactorSide {
    let stored: FactorMatrix
    private(set) var pending: SquareMatrix

    init(_ matrix: FactorMatrix) {
        stored = matrix
        pending = .identity(size: matrix.factors)
    }

    /// `XᵀX` of the true vectors.
    func gram(pool: WorkerPool) -> SquareMatrix {
        var inner = SquareMatrix(size: stored.factors)
        inner.values = GramMatrix(of: stored, pool: pool).values
        return pending.transposed * (inner * pending)
    }

    /// Replaces every stored vector by what it is after `pending · change`.
    ///
    /// - Parameter leavingPending: what turns the new stored vectors into true ones.
    func apply(_ change: SquareMatrix, leavingPending: SquareMatrix, pool: WorkerPool) {
        let matrix = (pending * change).padded(to: stored.stride)
        Self.multiply(stored, by: matrix, pool: pool)
        pending = leavingPending
    }

    /// Prepares vectors that are about to be solved anew: the former values, in the new coordinates, are where an iterative solver
    /// starts. Returns the matrix that `rows` are to be multiplied with before they are solved.
    func entering(_ whitening: Whitening) -> [Float] {
        let matrix = (pending * whitening.enter).padded(to: stored.stride)
        pending = whitening.leave
        return matrix
    }

    /// Makes the stored vectors the true ones.
    func settle(pool: WorkerPool) {
        apply(.identity(size: stored.factors), leavingPending: .identity(size: stored.factors), pool: pool)
    }

    private static func multiply(_ target: FactorMatrix, by matrix: [Float], pool: WorkerPool) {
        let stride = target.stride
        let batch = 64
        var scratch = [Float](repeating: 0, count: pool.threadCount * batch * stride)
        target.withUnsafeMutableRows { rows in
            guard let base = rows.baseAddress else { return }
            matrix.withUnsafeBufferPointer { matrix in
                scratch.withUnsafeMutableBufferPointer { scratch in
                    guard let factors = matrix.baseAddress, let room = scratch.baseAddress else { return }
                    pool.run(WorkPlan(count: target.rows, chunkSize: batch * 16)) { chunk, worker in
                        let out = room + worker * batch * stride
                        for start in Swift.stride(from: chunk.lowerBound, to: chunk.upperBound, by: batch) {
                            let count = min(batch, chunk.upperBound - start)
                            let first = base + start * stride
                            ck_rows_times_matrix(first, count, stride, stride, factors, stride, out, stride)
                            first.update(from: out, count: count * stride)
                        }
                    }
                }
            }
        }
    }
}
