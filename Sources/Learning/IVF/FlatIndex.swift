import CKernels

/// Exact search: every vector is scored. The oracle of the approximate index, and enough for a small catalogue.
public struct FlatIndex: Sendable {
    /// Vectors held.
    public let count: Int
    /// Floats a vector.
    public let dimension: Int
    private let vectors: [Float]

    /// Holds row-major `vectors` of `dimension` floats each; item numbers are row numbers.
    public init(vectors: [Float], dimension: Int) {
        precondition(dimension > 0 && vectors.count % dimension == 0, "vectors must be whole rows of \(dimension)")
        precondition(vectors.count / dimension <= Int(Int32.max), "an index holds at most \(Int32.max) items")
        self.vectors = vectors
        self.dimension = dimension
        count = vectors.count / dimension
    }

    /// Finds the `k` items with the highest inner product; the answer is in `scratch.hits`, best first. Fewer than `k` are
    /// found only when the filter leaves fewer. A query with a component that is not a number finds nothing.
    ///
    /// - Complexity: O(`count` · `dimension`)
    public func search(
        query: UnsafeBufferPointer<Float>, k: Int, filter: SearchFilter = .none, scratch: SearchScratch
    ) {
        precondition(query.count == dimension, "the query has \(query.count) floats, the index \(dimension)")
        precondition(k >= 0, "k must not be negative")
        scratch.heap.reset(capacity: min(k, count))
        let filter = filter.passesEverything ? nil : filter
        vectors.withUnsafeBufferPointer { vectors in
            guard let rows = vectors.baseAddress, let query = query.baseAddress else { return }
            Scan(rows: rows, dimension: dimension, filter: filter).run(
                query: query, rows: 0..<count, scratch: scratch)
        }
        scratch.finish()
    }

    /// The same, for callers who may allocate.
    public func search(query: [Float], k: Int, filter: SearchFilter = .none) -> [SearchHit] {
        let scratch = SearchScratch()
        query.withUnsafeBufferPointer { search(query: $0, k: k, filter: filter, scratch: scratch) }
        return scratch.hits
    }
}

/// The inner loop of a search over full vectors: score a block of rows, keep what beats the worst kept hit.
struct Scan {
    let rows: UnsafePointer<Float>
    let dimension: Int
    /// Nil lets all items pass without asking.
    let filter: SearchFilter?

    /// Scores `rows` and puts the good ones into `scratch.heap`.
    func run(query: UnsafePointer<Float>, rows range: Range<Int>, scratch: SearchScratch) {
        let scores = scratch.scores
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(start + SearchScratch.blockSize, range.upperBound)
            ck_ivf_scan(query, rows + start * dimension, end - start, dimension, scores.baseAddress)
            for row in start..<end where scores[row - start] > scratch.heap.threshold {
                let item = Int32(truncatingIfNeeded: row)
                if let filter, !filter.passes(item) { continue }
                scratch.heap.insert(SearchHit(item: item, score: scores[row - start]))
            }
            start = end
        }
    }

    /// Scores the items of a set one by one.
    func run(query: UnsafePointer<Float>, items: ItemSet, scratch: SearchScratch) {
        items.forEach { item in
            let score = ck_dot(query, rows + Int(item) * dimension, dimension)
            guard score > scratch.heap.threshold, filter?.passes(item) ?? true else { return }
            scratch.heap.insert(SearchHit(item: item, score: score))
        }
    }
}
