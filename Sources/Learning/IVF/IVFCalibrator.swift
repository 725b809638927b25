/// Measures recall against slack on an index that was just written.
struct IVFCalibrator {
    /// Row-major.
    let queries: [Float]
    let options: IVFIndexBuilder.Options
    let pool: WorkerPool

    /// Answers that are measured: a page, and a long list.
    private static let depths = [10, 100]
    /// At most half of `IVFFormat.calibrationRowCount`.
    private static let slacks: [Float] = [
        0, 0.03, 0.06, 0.09, 0.12, 0.16, 0.2, 0.25, 0.3, 0.36, 0.43, 0.52, 0.65, 0.8, 1, 1.5,
    ]
    /// Beyond this more slack is not worth measuring.
    private static let enough = 0.9995

    /// Searches exactly, then with more and more slack until nearly everything is found.
    func measure(_ index: IVFIndex, isStopped: () -> Bool) throws -> IVFCalibration {
        var rows: [IVFCalibration.Row] = []
        let queries = sample(dimension: index.dimension)
        guard !queries.isEmpty else { return IVFCalibration(rows: []) }
        for depth in Self.depths where depth <= index.count {
            // Long lists cost more and vary less.
            let part =
                depth > 10
                ? Array(queries.prefix(max(1, queries.count / index.dimension / 4) * index.dimension)) : queries
            let truth = search(index, part, depth, .exact).hits
            for slack in Self.slacks {
                guard !isStopped() else { throw LearningError.stopped() }
                let (hits, vectorsRead) = search(index, part, depth, IVFSearchParameters(slack: slack))
                let recall = Self.recall(hits, truth)
                rows.append(
                    IVFCalibration.Row(
                        k: depth, queryCount: truth.count, slack: slack, recall: Float(recall),
                        vectorsRead: Float(vectorsRead) / Float(truth.count)))
                if recall >= max(Self.enough, options.targetRecall) { break }
            }
        }
        return IVFCalibration(rows: rows)
    }

    /// Evenly spaced queries, so many as the options allow.
    private func sample(dimension: Int) -> [Float] {
        let count = queries.count / dimension
        let wanted = min(count, max(0, options.calibrationQueryLimit))
        guard wanted < count else { return queries }
        var sample: [Float] = []
        sample.reserveCapacity(wanted * dimension)
        for place in 0..<wanted {
            let row = place * count / wanted
            sample += queries[row * dimension..<(row + 1) * dimension]
        }
        return sample
    }

    private func search(
        _ index: IVFIndex, _ queries: [Float], _ k: Int, _ parameters: IVFSearchParameters
    ) -> (hits: [[SearchHit]], vectorsRead: Int) {
        let count = queries.count / index.dimension
        let scratches = (0..<pool.threadCount).map { _ in SearchScratch() }
        var read = [Int](repeating: 0, count: count)
        var hits = [[SearchHit]](repeating: [], count: count)
        queries.withUnsafeBufferPointer { queries in
            hits.withUnsafeMutableBufferPointer { hits in
                read.withUnsafeMutableBufferPointer { read in
                    let (hits, read) = (hits, read)
                    pool.run(WorkPlan(count: count, chunkSize: 16)) { rows, worker in
                        let scratch = scratches[worker]
                        for row in rows {
                            let start = row * index.dimension
                            index.search(
                                query: UnsafeBufferPointer(rebasing: queries[start..<start + index.dimension]), k: k,
                                parameters: parameters, scratch: scratch)
                            hits[row] = scratch.hits
                            read[row] = scratch.vectorsRead
                        }
                    }
                }
            }
        }
        return (hits, read.reduce(0, +))
    }

    /// Mean share of the exact hits that was found. An item that scores as much as the last exact hit is as good as it.
    private static func recall(_ found: [[SearchHit]], _ exact: [[SearchHit]]) -> Double {
        var sum = 0.0
        for (found, exact) in zip(found, exact) {
            guard let last = exact.last else {
                sum += 1
                continue
            }
            let good = found.reduce(0) { $1.score >= last.score ? $0 + 1 : $0 }
            sum += Double(min(good, exact.count)) / Double(exact.count)
        }
        return exact.isEmpty ? 1 : sum / Double(exact.count)
    }
}
