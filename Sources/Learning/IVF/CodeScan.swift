import CKernels

/// One search over the codes of an index: which lists to read, how far, and what to keep.
///
/// 1. Score the direction of every list; from it and the list's longest vector comes a ceiling for what the list can hold.
/// 2. Read the first block of the best list of each of sixteen classes, so that the worst kept score is near its final
///    value; again with the next best lists while the answer is not full.
/// 3. Read on in those lists, then in all others whose ceiling is above the worst kept score; a list is left as soon
///    as its next block, whose vectors are shorter, cannot reach that score.
///
/// Alternatives that lost are in docs/index.md.
struct CodeScan {
    private let kernels: UnsafePointer<ck_ivf_kernels>
    private let tables: IVFTables.Pointers
    private let offsets: UnsafePointer<UInt32>
    private let codes: UnsafePointer<UInt8>
    private let facts: UnsafePointer<Float>
    private let blockByteCount: Int
    private let memory: SearchMemory
    /// Nil lets all items pass without asking.
    private let filter: SearchFilter?
    private(set) var heap: HitHeap
    private(set) var blocksRead = 0

    /// Makes ready to search for the vector whose codes are in `memory.query`.
    init(_ view: IVFView, memory: SearchMemory, heap: HitHeap, filter: SearchFilter?) {
        kernels = view.kernels
        tables = view.tables
        offsets = view.offsets
        codes = view.codes
        facts = view.facts
        blockByteCount = view.sizes.blockByteCount
        self.memory = memory
        self.heap = heap
        self.filter = filter
    }

    /// Fills the heap with about the best items, by the scores of their codes.
    mutating func run(slack: Float) {
        kernels.pointee.bounds(
            memory.query, tables.centroidCodes, tables.centroidScales, tables.lengths, tables.listBlockCount, slack,
            memory.bounds, memory.ceilings, memory.classCeilings, memory.classLists)
        var pendingCount = readFirstBlocks(pendingCount: 0)
        while !heap.isFull {
            kernels.pointee.best_of_classes(
                memory.ceilings, tables.listBlockCount, memory.classCeilings, memory.classLists)
            let count = readFirstBlocks(pendingCount: pendingCount)
            guard count > pendingCount else { break }
            pendingCount = count
        }
        for place in 0..<pendingCount { read(Int(memory.pending[place]), from: 1, atMost: .max) }
        readOthers()
    }

    /// Reads one block of the best list of each class, best class first, and takes the lists out of the choice.
    ///
    /// - Returns: the number of lists that wait to be read on in `memory.pending`.
    private mutating func readFirstBlocks(pendingCount: Int) -> Int {
        memory.sortClasses()
        for place in 0..<IVFFormat.blockSize where memory.classCeilings[place] > heap.threshold {
            prefetch(Int(memory.classLists[place]))
        }
        var count = pendingCount
        for place in 0..<IVFFormat.blockSize {
            guard memory.classCeilings[place] > heap.threshold else { break }
            let list = Int(memory.classLists[place])
            read(list, from: 0, atMost: 1)
            memory.ceilings[list] = -.infinity
            memory.pending[count] = Int32(truncatingIfNeeded: list)
            count += 1
        }
        return count
    }

    private mutating func readOthers() {
        let slots = tables.listBlockCount * IVFFormat.blockSize
        let count = kernels.pointee.select(memory.ceilings, slots, heap.threshold, memory.lists)
        let lookahead = 4
        for place in 0..<min(lookahead, count) { prefetch(Int(memory.lists[place])) }
        for place in 0..<count {
            if place + lookahead < count { prefetch(Int(memory.lists[place + lookahead])) }
            let list = Int(memory.lists[place])
            guard memory.ceilings[list] > heap.threshold else { continue }
            read(list, from: 0, atMost: .max)
        }
    }

    private func prefetch(_ list: Int) {
        ck_ivf_prefetch(codes + Int(tables.blockOffsets[list]) * blockByteCount, blockByteCount)
    }

    /// Reads blocks of a list until they cannot hold anything better, or `limit` of them.
    private mutating func read(_ list: Int, from start: Int, atMost limit: Int) {
        let firstItem = Int(offsets[list])
        let itemCount = Int(offsets[list + 1]) - firstItem
        let firstBlock = Int(tables.blockOffsets[list])
        let blockCount = Int(tables.blockOffsets[list + 1]) - firstBlock
        let end = min(blockCount, limit)
        var block = start
        while block < end {
            let chunk = min(SearchMemory.blocksAtATime, end - block)
            let skipped = block * IVFFormat.blockSize
            let read = kernels.pointee.scan_codes(
                memory.query, codes + (firstBlock + block) * blockByteCount, facts + 2 * (firstBlock + block), chunk,
                itemCount - skipped, Int32(truncatingIfNeeded: firstItem + skipped), memory.bounds[list],
                heap.threshold, memory.hits, memory.hitCount)
            keep(memory.hitCount.pointee)
            blocksRead += read
            guard read == chunk else { return }
            block += read
        }
    }

    private mutating func keep(_ count: Int) {
        for place in 0..<count {
            let hit = memory.hits[place]
            guard hit.score > heap.threshold, filter?.passes(hit.item) ?? true else { continue }
            heap.insert(SearchHit(item: hit.item, score: hit.score))
        }
    }
}
