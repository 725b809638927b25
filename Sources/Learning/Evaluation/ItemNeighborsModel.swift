import Synchronization

/// Item-kNN: a user's score of an item is the sum of the cosines between it and what the user has heard, over each item's
/// nearest neighbours (Sarwar, Karypis, Konstan, Riedl 2001, doi:10.1145/371920.372071). A strong, simple bar to clear.
public struct ItemNeighborsModel: RankingModel {
    /// Items it scores.
    public var itemCount: Int { neighbors.count }
    private let history: SparseMatrix
    private let neighbors: [[(item: Int32, cosine: Float)]]

    /// Finds every item's `count` nearest by cosine of their columns' positive values.
    ///
    /// - Complexity: O(Σ entries of a user²) time, O(items · count) memory and O(items) a thread.
    public init(_ matrix: SparseMatrix, neighbors count: Int = 100, pool: WorkerPool) {
        let users = matrix.filtered { $0 > 0 }
        let items = users.transposed()
        var inverseNorms = [Float](repeating: 0, count: items.rows)
        for item in 0..<items.rows {
            let squares = items.values(ofRow: item).reduce(Float(0)) { $0 + $1 * $1 }
            if squares > 0 { inverseNorms[item] = 1 / squares.squareRoot() }
        }
        let found = Mutex([[(item: Int32, cosine: Float)]](repeating: [], count: items.rows))
        let norms = inverseNorms
        pool.run(WorkPlan(count: items.rows, chunkSize: 64)) { chunk, _ in
            var dots = [Float](repeating: 0, count: items.rows)
            for item in chunk {
                var touched: [Int32] = []
                for (user, value) in zip(items.columns(ofRow: item), items.values(ofRow: item)) {
                    for entry in users.offsets[Int(user)]..<users.offsets[Int(user) + 1] {
                        let other = users.columnIndices[entry]
                        if dots[Int(other)] == 0 { touched.append(other) }
                        dots[Int(other)] += value * users.values[entry]
                    }
                }
                var list: [(item: Int32, cosine: Float)] = []
                for other in touched {
                    if Int(other) != item {
                        list.append((other, dots[Int(other)] * norms[item] * norms[Int(other)]))
                    }
                    dots[Int(other)] = 0
                }
                list.sort { ($0.cosine, $1.item) > ($1.cosine, $0.item) }
                let nearest = Array(list.prefix(count))
                found.withLock { $0[item] = nearest }
            }
        }
        history = users
        neighbors = found.withLock { $0 }
    }

    /// Sums of cosines to what the user has heard.
    public func score(users: ArraySlice<Int32>, into scores: UnsafeMutableBufferPointer<Float>) {
        for (row, user) in users.enumerated() {
            let own = UnsafeMutableBufferPointer(rebasing: scores[row * itemCount..<(row + 1) * itemCount])
            own.update(repeating: 0)
            for heard in history.columns(ofRow: Int(user)) {
                for neighbor in neighbors[Int(heard)] { own[Int(neighbor.item)] += neighbor.cosine }
            }
        }
    }
}
