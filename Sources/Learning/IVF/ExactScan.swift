import CKernels

/// Search that is certain: reads every block that Cauchy and Schwarz do not rule out, by its codes, and scores each vector whose
/// code comes near enough that rounding may hide a better score.
struct ExactScan {
    private let view: IVFView
    private let memory: SearchMemory
    private let vector: UnsafePointer<Float>
    /// Nil lets all items pass without asking.
    private let filter: SearchFilter?
    /// Only scores above it are of interest, whatever the heap holds.
    private let floor: Float
    private let length: Float
    /// Sum of the sizes of the query's components, as its codes say.
    private let sum: Float
    private(set) var heap: HitHeap
    private(set) var vectorsRead = 0

    init(
        _ view: IVFView, vector: UnsafePointer<Float>, memory: SearchMemory, heap: HitHeap, filter: SearchFilter?,
        floor: Float
    ) {
        self.view = view
        self.vector = vector
        self.memory = memory
        self.heap = heap
        self.filter = filter
        self.floor = floor
        let query = memory.query.pointee
        // Lengths and scores are rounded floats; nothing is skipped for that.
        length = query.square.squareRoot() * 1.00001
        var sum: Int32 = 0
        for code in 0..<query.group_count * 4 { sum += Int32(memory.queryCodes[code].magnitude) }
        self.sum = Float(sum) * query.scale
    }

    /// Fills the heap with the best items.
    mutating func run() {
        for list in 0..<view.sizes.listCount { read(list) }
    }

    private mutating func read(_ list: Int) {
        let firstItem = Int(view.offsets[list])
        let itemCount = Int(view.offsets[list + 1]) - firstItem
        let firstBlock = Int(view.tables.blockOffsets[list])
        let blockCount = Int(view.tables.blockOffsets[list + 1]) - firstBlock
        var block = 0
        while block < blockCount {
            let chunk = min(SearchMemory.blocksAtATime, blockCount - block)
            let facts = view.facts + 2 * (firstBlock + block)
            let skipped = block * IVFFormat.blockSize
            let read = view.kernels.pointee.scan_codes(
                memory.query, view.codes + (firstBlock + block) * view.sizes.blockByteCount, facts, chunk,
                itemCount - skipped, Int32(truncatingIfNeeded: firstItem + skipped), length,
                max(heap.threshold, floor) - error(facts, blocks: chunk), memory.hits, memory.hitCount)
            keep(memory.hitCount.pointee)
            vectorsRead += read * IVFFormat.blockSize
            guard read == chunk else { return }
            block += read
        }
    }

    /// How far the score of a code may be from that of its vector, for blocks whose first holds the longest vector:
    /// half a step of each vector component times the query, and half a step of each query component times the vector.
    private func error(_ facts: UnsafePointer<Float>, blocks: Int) -> Float {
        var scale: Float = 0
        for block in 0..<blocks { scale = max(scale, facts[2 * block]) }
        let longest = facts[1]
        let vectorPart = 0.5 * scale * sum
        let queryPart = 0.5 * memory.query.pointee.scale * Float(view.sizes.dimension).squareRoot() * longest
        return vectorPart + queryPart + 2e-5 * length * longest
    }

    private mutating func keep(_ count: Int) {
        guard count > 0 else { return }
        view.kernels.pointee.rescore(vector, view.vectors, view.sizes.dimension, memory.hits, count)
        for place in 0..<count {
            let hit = memory.hits[place]
            guard hit.score > max(heap.threshold, floor), filter?.passes(hit.item) ?? true else { continue }
            heap.insert(SearchHit(item: hit.item, score: hit.score))
        }
    }
}
