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
        vectors.withUnsafeBufferPointer { vectors in
            guard let rows = vectors.baseAddress, let query = query.baseAddress else { return }
            var scan = VectorScan(
                vectors: rows, dimension: dimension, kernels: ck_ivf_current(), memory: scratch.memory,
                heap: scratch.heap, filter: filter.passesEverything ? nil : filter)
            scan.run(query: query, rows: 0..<count)
            scratch.heap = scan.heap
            scratch.vectorsRead = scan.vectorsRead
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
