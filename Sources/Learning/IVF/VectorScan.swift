import CKernels

/// Search over full vectors: rows one after the other, or chosen ones.
struct VectorScan {
    private let kernels: UnsafePointer<ck_ivf_kernels>
    private let vectors: UnsafePointer<Float>
    private let dimension: Int
    private let scores: UnsafeMutablePointer<Float>
    /// Nil lets all items pass without asking.
    private let filter: SearchFilter?
    private(set) var heap: HitHeap
    private(set) var vectorsRead = 0

    init(
        vectors: UnsafePointer<Float>, dimension: Int, kernels: UnsafePointer<ck_ivf_kernels>, memory: SearchMemory,
        heap: HitHeap, filter: SearchFilter?
    ) {
        self.kernels = kernels
        self.vectors = vectors
        self.dimension = dimension
        scores = memory.scores
        self.heap = heap
        self.filter = filter
    }

    /// Scores a range of rows.
    mutating func run(query: UnsafePointer<Float>, rows: Range<Int>) {
        var start = rows.lowerBound
        while start < rows.upperBound {
            let count = min(SearchMemory.rowsAtATime, rows.upperBound - start)
            kernels.pointee.scan(query, vectors + start * dimension, count, dimension, scores)
            for row in 0..<count where scores[row] > heap.threshold {
                keep(Int32(truncatingIfNeeded: start + row), scores[row])
            }
            start += count
        }
        vectorsRead += rows.count
    }

    /// Scores the items of a set one by one.
    mutating func run(query: UnsafePointer<Float>, items: ItemSet) {
        items.forEach { item in
            kernels.pointee.scan(query, vectors + Int(item) * dimension, 1, dimension, scores)
            if scores[0] > heap.threshold { keep(item, scores[0]) }
        }
        vectorsRead += items.count
    }

    private mutating func keep(_ item: Int32, _ score: Float) {
        if filter?.passes(item) ?? true { heap.insert(SearchHit(item: item, score: score)) }
    }
}
