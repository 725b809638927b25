import CKernels

/// Working memory of one thread's searches, and the last answer. Make one a thread and hand it to every search: once it
/// has grown to the size a search needs, nothing is allocated any more.
public final class SearchScratch {
    /// The answer of the last search, best first; valid until the next one.
    public private(set) var hits: [SearchHit] = []
    /// Vectors whose scores the last search looked at, codes included.
    public internal(set) var vectorsRead = 0
    var heap = HitHeap()
    private(set) var memory = SearchMemory(listSlots: 256, dimension: 128)

    /// Empty working memory.
    public init() {}

    deinit {
        heap.deallocate()
        memory.deallocate()
    }

    /// Sorts what the heap holds into `hits`, at most `limit` of them.
    func finish(limit: Int = .max) {
        hits.removeAll(keepingCapacity: true)
        heap.drain(into: &hits)
        if hits.count > limit { hits.removeLast(hits.count - limit) }
    }

    /// Room for an index of this size.
    func reserve(listSlots: Int, dimension: Int) {
        guard listSlots > memory.listSlots || dimension > memory.dimension else { return }
        memory.deallocate()
        memory = SearchMemory(
            listSlots: max(listSlots, memory.listSlots), dimension: max(dimension, memory.dimension))
    }
}

/// The buffers of a search; whoever made it frees it.
struct SearchMemory {
    /// Rows scored at a time: their scores stay in the first-level cache.
    static let rowsAtATime = 256
    /// Blocks of codes read between two looks at the threshold.
    static let blocksAtATime = 8

    let listSlots: Int
    let dimension: Int
    let scores: UnsafeMutablePointer<Float>
    let query: UnsafeMutablePointer<ck_ivf_query>
    let queryCodes: UnsafeMutablePointer<Int8>
    /// A query made from an item.
    let vector: UnsafeMutablePointer<Float>
    let bounds: UnsafeMutablePointer<Float>
    let ceilings: UnsafeMutablePointer<Float>
    let lists: UnsafeMutablePointer<Int32>
    let pending: UnsafeMutablePointer<Int32>
    let classCeilings: UnsafeMutablePointer<Float>
    let classLists: UnsafeMutablePointer<Int32>
    let hits: UnsafeMutablePointer<ck_ivf_hit>
    let hitCount: UnsafeMutablePointer<Int>

    init(listSlots: Int, dimension: Int) {
        self.listSlots = listSlots
        self.dimension = dimension
        scores = .allocate(capacity: Self.rowsAtATime)
        query = .allocate(capacity: 1)
        query.initialize(to: ck_ivf_query())
        queryCodes = .allocate(capacity: dimension + 4)
        vector = .allocate(capacity: dimension)
        bounds = .allocate(capacity: listSlots)
        ceilings = .allocate(capacity: listSlots)
        lists = .allocate(capacity: listSlots + IVFFormat.blockSize)
        pending = .allocate(capacity: listSlots)
        classCeilings = .allocate(capacity: IVFFormat.blockSize)
        classLists = .allocate(capacity: IVFFormat.blockSize)
        hitCount = .allocate(capacity: 1)
        hitCount.initialize(to: 0)
        hits = .allocate(capacity: Self.blocksAtATime * IVFFormat.blockSize)
    }

    func deallocate() {
        scores.deallocate()
        query.deallocate()
        queryCodes.deallocate()
        vector.deallocate()
        bounds.deallocate()
        ceilings.deallocate()
        lists.deallocate()
        pending.deallocate()
        classCeilings.deallocate()
        classLists.deallocate()
        hits.deallocate()
        hitCount.deallocate()
    }

    /// Orders the classes, the one with the best list first.
    func sortClasses() {
        for place in 1..<IVFFormat.blockSize {
            let (ceiling, list) = (classCeilings[place], classLists[place])
            var hole = place
            while hole > 0, classCeilings[hole - 1] < ceiling {
                classCeilings[hole] = classCeilings[hole - 1]
                classLists[hole] = classLists[hole - 1]
                hole -= 1
            }
            classCeilings[hole] = ceiling
            classLists[hole] = list
        }
    }
}
