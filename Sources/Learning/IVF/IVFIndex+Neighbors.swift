import CKernels

extension IVFIndex {
    /// Finds about the `k` items whose vectors point most nearly where this item's does, by cosine; the answer is in
    /// `scratch.hits`, best first, with cosines as scores, and never the item itself. An item whose vector is zero has no
    /// neighbours.
    ///
    /// Lists are read whole here: by cosine, short vectors count as much as long ones.
    ///
    /// - Parameter parameters: nil for `defaultNeighborParameters(k:)`.
    /// - Complexity: O((lists + vectors read) · `dimension`)
    public func neighbors(
        of item: Int32, k: Int, parameters: IVFSearchParameters? = nil, filter: SearchFilter = .none,
        scratch: SearchScratch
    ) {
        precondition(item >= 0 && Int(item) < count, "item \(item) is not in 0..<\(count)")
        precondition(k >= 0, "k must not be negative")
        scratch.heap.reset(capacity: min(k, count - 1))
        scratch.vectorsRead = 0
        scratch.reserve(listSlots: tables.pointers.listBlockCount * IVFFormat.blockSize, dimension: dimension)
        withExtendedLifetime((file, tables)) {
            let view = IVFView(self)
            var scan = NeighborScan(
                view, item: item, memory: scratch.memory, heap: scratch.heap,
                filter: filter.passesEverything ? nil : filter)
            scan?.run(slack: (parameters ?? defaultNeighborParameters(k: k)).slack)
            guard let scan else { return scratch.heap.reset(capacity: 0) }
            scratch.heap = scan.heap
            scratch.vectorsRead = scan.vectorsRead
        }
        scratch.finish()
    }

    /// The same, for callers who may allocate.
    public func neighbors(of item: Int32, k: Int, parameters: IVFSearchParameters? = nil) -> [SearchHit] {
        let scratch = SearchScratch()
        neighbors(of: item, k: k, parameters: parameters, scratch: scratch)
        return scratch.hits
    }

    /// Exactly the `k` nearest neighbours of each of some items, on the pool's threads: what `neighbors` finds without a slack,
    /// several items a pass over the vectors, so that memory is read once for all of them.
    ///
    /// - Complexity: O(items · `count` · `dimension`)
    package func exactNeighbors(of items: [Int32], k: Int, pool: WorkerPool) -> [[SearchHit]] {
        var hits = [[SearchHit]](repeating: [], count: items.count)
        let itemsAtATime = max(1, min(32, (items.count + pool.threadCount - 1) / pool.threadCount))
        hits.withUnsafeMutableBufferPointer { hits in
            let hits = hits
            pool.run(WorkPlan(count: items.count, chunkSize: itemsAtATime)) { places, _ in
                let scratches = places.map { _ in SearchScratch() }
                withExtendedLifetime((file, tables)) {
                    exactNeighbors(of: items[places], k: k, scratches)
                }
                for (place, scratch) in zip(places, scratches) { hits[place] = scratch.hits }
            }
        }
        return hits
    }

    private func exactNeighbors(of items: ArraySlice<Int32>, k: Int, _ scratches: [SearchScratch]) {
        let view = IVFView(self)
        var scans = zip(items, scratches).map { item, scratch in
            scratch.heap.reset(capacity: min(k, count - 1))
            scratch.reserve(listSlots: tables.pointers.listBlockCount * IVFFormat.blockSize, dimension: dimension)
            return NeighborScan(view, item: item, memory: scratch.memory, heap: scratch.heap, filter: nil)
        }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: SearchMemory.rowsAtATime) { factors in
            guard let factors = factors.baseAddress else { return }
            for start in stride(from: 0, to: count, by: SearchMemory.rowsAtATime) {
                let rows = start..<min(start + SearchMemory.rowsAtATime, count)
                view.writeInverseLengths(of: rows, to: factors)
                for place in scans.indices { scans[place]?.read(rows: rows, inverseLengths: factors) }
            }
        }
        for (scan, scratch) in zip(scans, scratches) {
            if let scan { scratch.heap = scan.heap } else { scratch.heap.reset(capacity: 0) }
            scratch.finish()
        }
    }

    /// The neighbours of every item on the pool's threads: those of item `i` begin at place `i * k`, best first; where there
    /// are fewer the rest has item -1 and score -infinity.
    ///
    /// - Parameter progress: told how many items are done, on the calling thread; false ends with `LearningError.stopped`.
    /// - Complexity: O(`count` · (lists + vectors read) · `dimension`)
    public func allNeighbors(
        k: Int, parameters: IVFSearchParameters? = nil, pool: WorkerPool, progress: (Int) -> Bool = { _ in true }
    ) throws -> [SearchHit] {
        precondition(k >= 0, "k must not be negative")
        let parameters = parameters ?? defaultNeighborParameters(k: k)
        let scratches = (0..<pool.threadCount).map { _ in SearchScratch() }
        var table = [SearchHit](repeating: SearchHit(item: -1, score: -.infinity), count: count * k)
        // Items of one list have their neighbours in the same lists: in order, these stay in the cache.
        let itemsAtATime = 4096
        for start in stride(from: 0, to: count, by: itemsAtATime) {
            let items = min(itemsAtATime, count - start)
            table.withUnsafeMutableBufferPointer { table in
                guard let target = table.baseAddress else { return }
                pool.run(WorkPlan(count: items, chunkSize: 32)) { chunk, worker in
                    for item in chunk.lowerBound + start..<chunk.upperBound + start {
                        let scratch = scratches[worker]
                        neighbors(
                            of: Int32(truncatingIfNeeded: item), k: k, parameters: parameters, scratch: scratch)
                        for (place, hit) in scratch.hits.enumerated() { target[item * k + place] = hit }
                    }
                }
            }
            guard progress(start + items) else { throw LearningError.stopped() }
        }
        return table
    }
}

/// One search by cosine.
private struct NeighborScan {
    private let view: IVFView
    private let item: Int32
    private let memory: SearchMemory
    /// Nil lets all items pass without asking.
    private let filter: SearchFilter?
    private(set) var heap: HitHeap
    private(set) var vectorsRead = 0

    /// Nil when the item's vector has no direction.
    init?(_ view: IVFView, item: Int32, memory: SearchMemory, heap: HitHeap, filter: SearchFilter?) {
        self.view = view
        self.item = item
        self.memory = memory
        self.heap = heap
        self.filter = filter
        let dimension = view.sizes.dimension
        let vector = view.vectors + Int(item) * dimension
        view.kernels.pointee.scan(vector, vector, 1, dimension, memory.scores)
        let length = memory.scores[0].squareRoot()
        guard length > 0, length.isFinite else { return nil }
        for component in 0..<dimension { memory.vector[component] = vector[component] / length }
        guard view.kernels.pointee.quantize(memory.vector, dimension, memory.queryCodes, memory.query) == 0 else {
            return nil
        }
    }

    /// Reads list after list, nearest direction first, until the bound of the next is not above the worst kept cosine;
    /// all of them without a slack.
    mutating func run(slack: Float?) {
        guard let slack else { return read(rows: 0..<view.sizes.count) }
        let (tables, kernels) = (view.tables, view.kernels)
        kernels.pointee.bounds(
            memory.query, tables.centroidCodes, tables.centroidScales, tables.ones, tables.listBlockCount, slack,
            memory.bounds, memory.ceilings, memory.classCeilings, memory.classLists)
        while true {
            memory.sortClasses()
            guard memory.classCeilings[0] > heap.threshold else { return }
            for place in 0..<IVFFormat.blockSize where memory.classCeilings[place] > heap.threshold {
                let list = Int(memory.classLists[place])
                read(rows: Int(view.offsets[list])..<Int(view.offsets[list + 1]))
                memory.ceilings[list] = -.infinity
            }
            kernels.pointee.best_of_classes(
                memory.ceilings, tables.listBlockCount, memory.classCeilings, memory.classLists)
        }
    }

    /// Reads rows whose lengths are known; no more than `SearchMemory.rowsAtATime`.
    mutating func read(rows: Range<Int>, inverseLengths: UnsafePointer<Float>) {
        let dimension = view.sizes.dimension
        view.kernels.pointee.scan(
            memory.vector, view.vectors + rows.lowerBound * dimension, rows.count, dimension, memory.scores)
        for row in 0..<rows.count { memory.scores[row] *= inverseLengths[row] }
        for row in 0..<rows.count where memory.scores[row] > heap.threshold {
            let found = Int32(truncatingIfNeeded: rows.lowerBound + row)
            if found != item { heap.insert(SearchHit(item: found, score: memory.scores[row])) }
        }
    }

    private mutating func read(rows: Range<Int>) {
        vectorsRead += rows.count
        var start = rows.lowerBound
        while start < rows.upperBound {
            let count = min(SearchMemory.rowsAtATime, rows.upperBound - start)
            view.kernels.pointee.scan_cosines(
                memory.vector, view.vectors + start * view.sizes.dimension, count, view.sizes.dimension, memory.scores)
            for row in 0..<count where memory.scores[row] > heap.threshold {
                let found = Int32(truncatingIfNeeded: start + row)
                guard found != item, filter?.passes(found) ?? true else { continue }
                heap.insert(SearchHit(item: found, score: memory.scores[row]))
            }
            start += count
        }
    }
}

extension IVFView {
    /// One over the length of each vector; 0 for one without a direction, whose cosines are 0 then.
    fileprivate func writeInverseLengths(of rows: Range<Int>, to target: UnsafeMutablePointer<Float>) {
        let dimension = sizes.dimension
        for row in rows {
            let (vector, place) = (vectors + row * dimension, target + (row - rows.lowerBound))
            kernels.pointee.scan(vector, vector, 1, dimension, place)
            place.pointee = place.pointee > 0 ? 1 / place.pointee.squareRoot() : 0
        }
    }
}
