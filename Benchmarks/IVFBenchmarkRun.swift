import Learning

/// Measures one opened index.
struct IVFBenchmarkRun {
    let index: IVFIndex
    let data: IVFBenchmarkData
    let repeats: Int
    let singles: Int
    private let rowOfItem: [Int32]

    init(index: IVFIndex, data: IVFBenchmarkData, repeats: Int, singles: Int) {
        self.index = index
        self.data = data
        self.repeats = repeats
        self.singles = min(singles, data.queryCount)
        rowOfItem = (0..<Int32(index.count)).map { Int32(index.id(of: $0)) ?? -1 }
    }

    /// What the file promises for a recall, and what fresh queries get.
    func estimate(recall: Double) -> JSONLine {
        let parameters = index.calibration.parameters(recall: recall, k: data.k)
        let fresh = self.recall(parameters, queries: data.calibrationOverlap..<data.queryCount)
        var line = JSONLine()
        let promised = parameters.slack.flatMap { index.calibration.recall(slack: $0, k: data.k) } ?? 1
        line.set("wanted", recall)
        line.set("slack", parameters.slack.map { .number(Double($0), digits: 4) } ?? .text("exact"))
        line.set("estimate", promised)
        line.set("fresh_recall", fresh)
        line.set("error", promised - fresh)
        return line
    }

    /// One point of the sweep, in the peers' field names.
    func point(_ parameters: IVFSearchParameters) -> JSONLine {
        var line = JSONLine()
        line.set("param", parameters.slack.map { .number(Double($0), digits: 4) } ?? .text("exact"))
        line.set("recall", recall(parameters, queries: 0..<data.queryCount))
        single(parameters, into: &line)
        for threads in [1, 2] {
            line.set("batch\(threads)_qps", batch(parameters, threads: threads), digits: 1)
        }
        return line
    }

    private func recall(_ parameters: IVFSearchParameters, queries: Range<Int>) -> Double {
        let scratch = SearchScratch()
        var found = 0
        for query in queries {
            withQuery(query) { index.search(query: $0, k: data.k, parameters: parameters, scratch: scratch) }
            found += scratch.hits.reduce(0) { data.truth[query].contains(rowOfItem[Int($1.item)]) ? $0 + 1 : $0 }
        }
        return Double(found) / Double(data.k * queries.count)
    }

    private func withQuery(_ query: Int, _ body: (UnsafeBufferPointer<Float>) -> Void) {
        data.queries.withUnsafeBufferPointer {
            body(UnsafeBufferPointer(rebasing: $0[query * data.dimension..<(query + 1) * data.dimension]))
        }
    }

    /// One query a call on one thread, each call timed.
    private func single(_ parameters: IVFSearchParameters, into line: inout JSONLine) {
        let scratch = SearchScratch()
        let clock = ContinuousClock()
        var rates: [Double] = []
        var medians: [Double] = []
        var tails: [Double] = []
        var read = 0
        for pass in 0...repeats {
            var latencies: [Double] = []
            latencies.reserveCapacity(singles)
            read = 0
            let (seconds, _) = Stopwatch.seconds {
                for query in 0..<singles {
                    let start = clock.now
                    withQuery(query) { index.search(query: $0, k: data.k, parameters: parameters, scratch: scratch) }
                    latencies.append(Double(start.duration(to: clock.now).components.attoseconds) * 1e-12)
                    read += scratch.vectorsRead
                }
            }
            // The first pass warms caches and scratch.
            guard pass > 0 else { continue }
            latencies.sort()
            rates.append(Double(singles) / seconds)
            medians.append(latencies[singles / 2])
            tails.append(latencies[singles * 99 / 100])
        }
        line.set("qps1", Stopwatch.median(rates), digits: 1)
        line.set("p50_us", Stopwatch.median(medians), digits: 2)
        line.set("p99_us", Stopwatch.median(tails), digits: 2)
        line.set("vectors_read", Double(read) / Double(singles), digits: 1)
    }

    /// All queries in one call.
    private func batch(_ parameters: IVFSearchParameters, threads: Int) -> Double {
        let pool = WorkerPool(threadCount: threads)
        var hits = [SearchHit](repeating: SearchHit(item: -1, score: 0), count: data.queryCount * data.k)
        let rates = (0...repeats).map { _ in
            let (seconds, _) = Stopwatch.seconds {
                data.queries.withUnsafeBufferPointer { queries in
                    hits.withUnsafeMutableBufferPointer { hits in
                        index.search(queries: queries, k: data.k, parameters: parameters, pool: pool, into: hits)
                    }
                }
            }
            return Double(data.queryCount) / seconds
        }
        return Stopwatch.median(Array(rates.dropFirst()))
    }
}
