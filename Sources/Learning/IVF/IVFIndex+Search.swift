import CKernels

extension IVFIndex {
    /// Finds about the best `k` items for the query; the answer is in `scratch.hits`, best first. Fewer than `k` are found
    /// only when the filter leaves fewer in the whole index. A query with a component that is not a number finds nothing.
    ///
    /// Nothing is allocated once `scratch` has served a search of this size.
    ///
    /// - Complexity: O((lists + items of the lists read) · `dimension`)
    public func search(
        query: UnsafeBufferPointer<Float>, k: Int, parameters: IVFSearchParameters? = nil,
        filter: SearchFilter = .none, scratch: SearchScratch
    ) {
        precondition(query.count == dimension, "the query has \(query.count) floats, the index \(dimension)")
        precondition(k >= 0, "k must not be negative")
        scratch.heap.reset(capacity: min(k, count))
        guard k > 0, let query = query.baseAddress else { return scratch.finish() }
        withExtendedLifetime(file) {
            let rows = sections.values(.vectors, as: Float.self)
            let scan = Scan(
                rows: rows.baseAddress.unsafelyUnwrapped, dimension: dimension,
                filter: filter.passesEverything ? nil : filter)
            if let allowed = filter.allowed, allowed.count <= SearchScratch.blockSize {
                scan.run(query: query, items: allowed, scratch: scratch)
            } else {
                readLists(query, scan, probeCount: (parameters ?? defaultParameters).probeCount, scratch: scratch)
            }
        }
        scratch.finish()
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

    /// Searches many row-major queries on several threads; answer `i` belongs to query `i`.
    public func search(
        queries: UnsafeBufferPointer<Float>, k: Int, parameters: IVFSearchParameters? = nil, pool: WorkerPool
    ) -> [[SearchHit]] {
        precondition(queries.count % dimension == 0, "queries must be whole rows of \(dimension)")
        let queryCount = queries.count / dimension
        let scratches = (0..<pool.threadCount).map { _ in SearchScratch() }
        return [[SearchHit]](unsafeUninitializedCapacity: queryCount) { answers, count in
            count = queryCount
            guard let target = answers.baseAddress else { return }
            pool.run(WorkPlan(count: queryCount, chunkSize: 32)) { rows, worker in
                for row in rows {
                    let query = UnsafeBufferPointer(rebasing: queries[row * dimension..<(row + 1) * dimension])
                    search(query: query, k: k, parameters: parameters, scratch: scratches[worker])
                    (target + row).initialize(to: scratches[worker].hits)
                }
            }
        }
    }

    private func readLists(_ query: UnsafePointer<Float>, _ scan: Scan, probeCount: Int, scratch: SearchScratch) {
        scratch.reserveScores(listCount)
        let centroids = sections.values(.centroids, as: Float.self)
        let offsets = sections.values(.offsets, as: UInt32.self)
        ck_ivf_scan(query, centroids.baseAddress, listCount, dimension, scratch.scores.baseAddress)
        scratch.lists.fill(UnsafeBufferPointer(rebasing: scratch.scores[..<listCount]))
        var read = 0
        while read < probeCount || !scratch.heap.isFull, let list = scratch.lists.next() {
            scan.run(query: query, rows: Int(offsets[list])..<Int(offsets[list + 1]), scratch: scratch)
            read += 1
        }
    }
}
