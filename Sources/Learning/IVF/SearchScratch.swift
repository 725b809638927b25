/// Working memory of one thread's searches, and the last answer. Make one a thread and hand it to every search: once it
/// has grown to the size a search needs, nothing is allocated any more.
public final class SearchScratch {
    /// The answer of the last search, best first; valid until the next one.
    public private(set) var hits: [SearchHit] = []
    var heap = HitHeap()
    /// Lists in a heap, nearest on top.
    var lists = ListQueue()
    private(set) var scores: UnsafeMutableBufferPointer<Float>

    /// Empty working memory.
    public init() {
        scores = .allocate(capacity: SearchScratch.blockSize)
    }

    deinit {
        heap.deallocate()
        lists.deallocate()
        scores.deallocate()
    }

    /// Rows scored at a time: their scores stay in the first-level cache.
    static let blockSize = 512

    /// Sorts what the heap holds into `hits`.
    func finish() {
        hits.removeAll(keepingCapacity: true)
        heap.drain(into: &hits)
    }

    /// Room for at least `count` scores.
    func reserveScores(_ count: Int) {
        guard count > scores.count else { return }
        scores.deallocate()
        scores = .allocate(capacity: count)
    }
}
