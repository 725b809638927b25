import CKernels

/// Anything that can say how much each user would like each item: what `RankingEvaluator` measures.
public protocol RankingModel: Sendable {
    /// Items it scores.
    var itemCount: Int { get }

    /// Writes the scores of all items for each of `users`, one row of `itemCount` floats a user. Higher is better. Called by
    /// several threads at once.
    func score(users: ArraySlice<Int32>, into scores: UnsafeMutableBufferPointer<Float>)
}

/// What everybody listens to, the same for all: the bar a recommender has to clear.
public struct PopularityModel: RankingModel {
    private let popularity: [Float]

    /// Takes how many users each item has.
    public init(_ matrix: SparseMatrix) {
        var popularity = [Float](repeating: 0, count: matrix.columns)
        for (column, value) in zip(matrix.columnIndices, matrix.values) where value > 0 { popularity[Int(column)] += 1 }
        self.popularity = popularity
    }

    /// Takes a popularity of one's own.
    public init(popularity: [Float]) { self.popularity = popularity }

    /// Items it scores.
    public var itemCount: Int { popularity.count }

    /// The same scores for everyone.
    public func score(users: ArraySlice<Int32>, into scores: UnsafeMutableBufferPointer<Float>) {
        for row in 0..<users.count {
            for item in 0..<popularity.count { scores[row * popularity.count + item] = popularity[item] }
        }
    }
}

/// Chance, by a seed: what is left when nothing is known.
public struct RandomModel: RankingModel {
    /// Items it scores.
    public let itemCount: Int
    private let seed: UInt64

    /// Takes the number of items and a seed.
    public init(itemCount: Int, seed: UInt64) {
        self.itemCount = itemCount
        self.seed = seed
    }

    /// Numbers by user and seed.
    public func score(users: ArraySlice<Int32>, into scores: UnsafeMutableBufferPointer<Float>) {
        for (row, user) in users.enumerated() {
            var random = SplitMix64(seed: seed ^ (UInt64(bitPattern: Int64(user)) &* 0x9E37_79B9_7F4A_7C15))
            for item in 0..<itemCount { scores[row * itemCount + item] = Float(random.unit()) }
        }
    }
}

/// Inner products of an `ALSModel`.
public final class FactorRankingModel: RankingModel {
    /// Items it scores.
    public let itemCount: Int
    private let model: ALSModel
    /// Item vectors turned over, one row a factor, so that a row of users times this is a row of scores.
    private let turned: [Float]
    private let paddedItems: Int
    private let userRows: [Int32]?

    /// Takes a model as it is now: later changes of its item factors are not seen.
    ///
    /// - Parameter userRows: row of the model for each user of the evaluation (-1: unknown, scores zero); nil when they are
    ///   the same.
    public init(_ model: ALSModel, userRows: [Int32]? = nil) {
        self.model = model
        self.userRows = userRows
        let items = model.itemFactors
        itemCount = items.rows
        let padded = (items.rows + 15) / 16 * 16
        paddedItems = padded
        turned = [Float](unsafeUninitializedCapacity: padded * items.stride) { turned, count in
            turned.initialize(repeating: 0)
            items.withUnsafeRows { rows in
                for item in 0..<items.rows {
                    for factor in 0..<items.stride {
                        turned[factor * padded + item] = rows[item * items.stride + factor]
                    }
                }
            }
            count = padded * items.stride
        }
    }

    /// Inner products, sixteen users at a time.
    public func score(users: ArraySlice<Int32>, into scores: UnsafeMutableBufferPointer<Float>) {
        let stride = model.userFactors.stride
        let batch = 16
        var vectors = [Float](repeating: 0, count: batch * stride)
        var products = [Float](repeating: 0, count: batch * paddedItems)
        var start = users.startIndex
        while start < users.endIndex {
            let end = min(start + batch, users.endIndex)
            for (row, user) in users[start..<end].enumerated() { copyVector(of: user, to: &vectors, row: row) }
            ck_rows_times_matrix(
                vectors, end - start, stride, stride, turned, paddedItems, &products, paddedItems)
            for row in 0..<end - start {
                let target = (start - users.startIndex + row) * itemCount
                products.withUnsafeBufferPointer { products in
                    let source = products[row * paddedItems..<row * paddedItems + itemCount]
                    _ = UnsafeMutableBufferPointer(rebasing: scores[target..<target + itemCount])
                        .update(fromContentsOf: source)
                }
            }
            start = end
        }
    }

    private func copyVector(of user: Int32, to vectors: inout [Float], row: Int) {
        let stride = model.userFactors.stride
        let source = userRows.map { Int($0[Int(user)]) } ?? Int(user)
        model.userFactors.withUnsafeRows { rows in
            for factor in 0..<stride {
                vectors[row * stride + factor] = source < 0 ? 0 : rows[source * stride + factor]
            }
        }
    }
}
