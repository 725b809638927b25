import CKernels

/// Chooses the first centroids among evenly spaced rows of the sample, by k-means++.
struct KMeansSeeding {
    let values: [Float]
    /// Candidate `i` is row `Int(i * rowStep)`.
    let rowStep: Double
    let rows: Int
    let dimension: Int

    private func row(_ candidate: Int) -> Int { Int(Double(candidate) * rowStep) }

    /// - Complexity: O(`count` · `rows` · `dimension`)
    func choose(
        _ count: Int, pool: WorkerPool, using generator: inout SplitMix64, isStopped: () -> Bool
    ) throws -> [Float] {
        var state = gather()
        var centroids: [Float] = []
        centroids.reserveCapacity(count * dimension)
        var chosen = Int(generator.next() % UInt64(rows))
        for index in 0..<count {
            guard index % 64 != 0 || !isStopped() else { throw LearningError.stopped() }
            let seed = Array(state.candidates[chosen * dimension..<(chosen + 1) * dimension])
            centroids += seed
            state.bringNearer(seed, chosen: chosen, dimension: dimension, pool: pool)
            chosen = state.pick(using: &generator)
        }
        return centroids
    }

    private func gather() -> State {
        var candidates: [Float] = []
        candidates.reserveCapacity(rows * dimension)
        for candidate in 0..<rows {
            let start = row(candidate) * dimension
            candidates += values[start..<start + dimension]
        }
        let squares = (0..<rows).map { row in
            candidates[row * dimension..<(row + 1) * dimension].reduce(Float(0)) { $0 + $1 * $1 }
        }
        return State(
            candidates: candidates, squares: squares, distances: [Float](repeating: .infinity, count: rows),
            products: [Float](repeating: 0, count: rows))
    }

    private struct State {
        let candidates: [Float]
        /// |x|² of each candidate.
        let squares: [Float]
        /// Squared distance to the nearest seed so far.
        var distances: [Float]
        var products: [Float]

        mutating func bringNearer(_ seed: [Float], chosen: Int, dimension: Int, pool: WorkerPool) {
            let square = squares[chosen]
            distances.withUnsafeMutableBufferPointer { distances in
                products.withUnsafeMutableBufferPointer { products in
                    guard let products = products.baseAddress, let distances = distances.baseAddress else { return }
                    candidates.withUnsafeBufferPointer { candidates in
                        guard let candidates = candidates.baseAddress else { return }
                        pool.run(WorkPlan(count: squares.count, chunkSize: 4096)) { rows, _ in
                            ck_ivf_current().pointee.scan(
                                seed, candidates + rows.lowerBound * dimension, rows.count, dimension,
                                products + rows.lowerBound)
                            for row in rows {
                                let distance = squares[row] + square - 2 * products[row]
                                distances[row] = min(distances[row], max(0, distance))
                            }
                        }
                    }
                }
            }
            distances[chosen] = 0
        }

        /// A candidate with a probability proportional to its distance; any, when all are at a seed.
        func pick(using generator: inout SplitMix64) -> Int {
            let total = distances.reduce(0.0) { $0 + Double($1) }
            var rest = generator.unit() * total
            guard total > 0 else { return Int(generator.next() % UInt64(distances.count)) }
            for (row, distance) in distances.enumerated() where distance > 0 {
                rest -= Double(distance)
                if rest < 0 { return row }
            }
            return distances.lastIndex { $0 > 0 } ?? 0
        }
    }
}
