/// A range of rows cut into chunks of about equal cost, for `WorkerPool` to deal out.
///
/// Rows of real data differ in cost by four orders of magnitude (a hit song against a song heard once), so equal row counts
/// would leave threads waiting for the one that got the hits.
public struct WorkPlan: Sendable {
    /// Chunk `i` is `boundaries[i]..<boundaries[i + 1]`.
    public let boundaries: [Int]

    /// Number of chunks.
    public var chunkCount: Int { boundaries.count - 1 }

    /// Cuts `0..<count` into chunks of `chunkSize` rows (the last may be shorter).
    public init(count: Int, chunkSize: Int) {
        precondition(count >= 0 && chunkSize > 0, "a plan needs a count of at least 0 and a chunk size of at least 1")
        var boundaries = Array(stride(from: 0, to: count, by: chunkSize))
        boundaries.append(count)
        self.boundaries = boundaries
    }

    /// Cuts the rows of a sparse matrix so that each chunk costs about `total / chunks`, a row's cost being
    /// `rowCost + its number of entries`.
    ///
    /// A row is never cut in two, so a chunk costs at most the goal plus one row.
    ///
    /// - Parameters:
    ///   - offsets: `rows + 1` ascending numbers; row `i` has the entries `offsets[i]..<offsets[i + 1]`.
    ///   - rowCost: what a row costs besides its entries, in entries.
    ///   - chunks: how many chunks to aim for.
    /// - Complexity: O(rows).
    public init(offsets: [Int], rowCost: Int, chunks: Int) {
        precondition(!offsets.isEmpty && chunks > 0 && rowCost >= 0)
        let rows = offsets.count - 1
        let total = offsets[rows] - offsets[0] + rows * rowCost
        let goal = max(1, (total + chunks - 1) / chunks)
        var boundaries = [0]
        var start = offsets[0]
        for row in 0..<rows
        where offsets[row + 1] - start + (row + 1 - boundaries[boundaries.count - 1]) * rowCost >= goal {
            boundaries.append(row + 1)
            start = offsets[row + 1]
        }
        if boundaries[boundaries.count - 1] != rows { boundaries.append(rows) }
        self.boundaries = rows == 0 ? [0] : boundaries
    }

    /// The rows of a chunk.
    public subscript(chunk: Int) -> Range<Int> { boundaries[chunk]..<boundaries[chunk + 1] }
}
