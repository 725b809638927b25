import CKernels

extension IVFIndex {
    /// Finds about the best `k` items for the query; the answer is in `scratch.hits`, best first, with exact scores. Fewer
    /// than `k` are found only when the filter leaves fewer in the whole index. A query with a component that is not a
    /// number, or too long for its square to be one, finds nothing.
    ///
    /// Nothing is allocated once `scratch` has served a search of this size.
    ///
    /// - Parameter parameters: nil for `defaultParameters(k:)`.
    /// - Complexity: O((lists + vectors read) · `dimension`)
    public func search(
        query: UnsafeBufferPointer<Float>, k: Int, parameters: IVFSearchParameters? = nil,
        filter: SearchFilter = .none, scratch: SearchScratch
    ) {
        precondition(query.count == dimension, "the query has \(query.count) floats, the index \(dimension)")
        precondition(k >= 0, "k must not be negative")
        let k = min(k, count)
        scratch.heap.reset(capacity: 0)
        scratch.reserve(listSlots: tables.pointers.listBlockCount * IVFFormat.blockSize, dimension: dimension)
        let memory = scratch.memory
        if k > 0, let vector = query.baseAddress,
            ck_ivf_current().pointee.quantize(vector, dimension, memory.queryCodes, memory.query) == 0
        {
            withExtendedLifetime((file, tables)) {
                let search = IVFSearch(
                    view: IVFView(self), vector: vector, k: k, filter: filter.passesEverything ? nil : filter)
                search.run((parameters ?? defaultParameters(k: k)).slack, scratch: scratch)
            }
        }
        scratch.finish(limit: k)
    }

    /// The same, for callers who may allocate.
    public func search(
        query: [Float], k: Int, parameters: IVFSearchParameters? = nil, filter: SearchFilter = .none
    ) -> [SearchHit] {
        let scratch = SearchScratch()
        query.withUnsafeBufferPointer {
            search(query: $0, k: k, parameters: parameters, filter: filter, scratch: scratch)
        }
        return scratch.hits
    }

    /// Searches many row-major queries on the pool's threads. The `k` answers of query `i` begin at `hits[i * k]`, best
    /// first; where fewer are found the rest has item -1 and score -infinity.
    public func search(
        queries: UnsafeBufferPointer<Float>, k: Int, parameters: IVFSearchParameters? = nil, pool: WorkerPool,
        into hits: UnsafeMutableBufferPointer<SearchHit>
    ) {
        precondition(queries.count % dimension == 0, "queries must be whole rows of \(dimension)")
        let queryCount = queries.count / dimension
        precondition(hits.count == queryCount * k, "\(queryCount) answers of \(k) do not fit \(hits.count) hits")
        guard let target = hits.baseAddress else { return }
        let scratches = (0..<pool.threadCount).map { _ in SearchScratch() }
        pool.run(WorkPlan(count: queryCount, chunkSize: 64)) { rows, worker in
            let scratch = scratches[worker]
            for row in rows {
                let query = UnsafeBufferPointer(rebasing: queries[row * dimension..<(row + 1) * dimension])
                search(query: query, k: k, parameters: parameters, scratch: scratch)
                for place in 0..<k {
                    let hit = place < scratch.hits.count ? scratch.hits[place] : SearchHit(item: -1, score: -.infinity)
                    (target + row * k + place).initialize(to: hit)
                }
            }
        }
    }

    /// The same, for callers who may allocate: answer `i` belongs to query `i`.
    public func search(
        queries: [Float], k: Int, parameters: IVFSearchParameters? = nil, pool: WorkerPool
    ) -> [[SearchHit]] {
        let queryCount = queries.count / dimension
        let hits = [SearchHit](unsafeUninitializedCapacity: queryCount * k) { hits, count in
            queries.withUnsafeBufferPointer {
                search(
                    queries: $0, k: k, parameters: parameters, pool: pool,
                    into: UnsafeMutableBufferPointer(rebasing: hits[..<(queryCount * k)]))
            }
            count = queryCount * k
        }
        return (0..<queryCount).map { query in hits[query * k..<(query + 1) * k].filter { $0.item >= 0 } }
    }
}

/// One search, with everything looked up that it needs.
private struct IVFSearch {
    let view: IVFView
    let vector: UnsafePointer<Float>
    let k: Int
    /// Nil lets all items pass without asking.
    let filter: SearchFilter?

    /// Leaves the answer in `scratch.heap`.
    func run(_ slack: Float?, scratch: SearchScratch) {
        if let allowed = filter?.allowed, allowed.count <= max(512, view.sizes.count / 256) {
            runOver(allowed, scratch)
        } else if let slack {
            runOverCodes(slack, scratch)
        } else {
            runExactly(scratch)
        }
    }

    /// Codes are rounded, so a few more than `k` are kept and their vectors looked at before the best `k` are taken.
    private func runOverCodes(_ slack: Float, _ scratch: SearchScratch) {
        scratch.heap.reset(capacity: min(view.sizes.count, k + 4 + k / 8))
        var scan = CodeScan(view, memory: scratch.memory, heap: scratch.heap, filter: filter)
        scan.run(slack: slack)
        scratch.heap = scan.heap
        scratch.vectorsRead = scan.blocksRead * IVFFormat.blockSize
        scratch.heap.rescore { hits, count in
            view.kernels.pointee.rescore(vector, view.vectors, view.sizes.dimension, hits, count)
        }
    }

    /// A quick search first: its worst hit is a floor that rules most of the index out.
    private func runExactly(_ scratch: SearchScratch) {
        runOverCodes(0.25, scratch)
        let quickly = scratch.vectorsRead
        scratch.finish(limit: k)
        let floor = scratch.hits.count == k ? scratch.hits[k - 1].score.nextDown : -.infinity
        scratch.heap.reset(capacity: k)
        var scan = ExactScan(
            view, vector: vector, memory: scratch.memory, heap: scratch.heap, filter: filter, floor: floor)
        scan.run()
        scratch.heap = scan.heap
        scratch.vectorsRead = quickly + scan.vectorsRead
    }

    private func runOver(_ allowed: ItemSet, _ scratch: SearchScratch) {
        scratch.heap.reset(capacity: k)
        var scan = VectorScan(
            vectors: view.vectors, dimension: view.sizes.dimension, kernels: view.kernels, memory: scratch.memory,
            heap: scratch.heap, filter: filter)
        scan.run(query: vector, items: allowed)
        scratch.heap = scan.heap
        scratch.vectorsRead = scan.vectorsRead
    }
}
