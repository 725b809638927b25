/// Measures recall against slack on an index that was just written.
struct IVFCalibrator {
    /// Row-major.
    let queries: [Float]
    let options: IVFIndexBuilder.Options
    let pool: WorkerPool

    /// One search: fills the scratch with the answer to a question by its number.
    private typealias Search = (_ question: Int, _ parameters: IVFSearchParameters, _ scratch: SearchScratch) -> Void

    /// At most a third of `IVFFormat.calibrationRowCount`.
    private static let slacks: [Float] = [
        0, 0.04, 0.08, 0.12, 0.16, 0.2, 0.25, 0.3, 0.37, 0.46, 0.6, 0.8, 1, 1.5,
    ]
    /// By cosine whole lists are read, so that each measurement costs more.
    private static let neighborSlacks: [Float] = [0, 0.06, 0.12, 0.2, 0.3, 0.43, 0.65, 1]
    /// Beyond this more slack is not worth measuring.
    private static let enough = 0.9995

    /// Measures a page of recommendations, a long list of them, and an item's neighbours.
    func measure(_ index: IVFIndex, isStopped: () -> Bool) throws -> IVFCalibration {
        let dimension = index.dimension
        let count = queries.count / dimension
        let limit = min(count, max(0, options.calibrationQueryLimit))
        var rows: [IVFCalibration.Row] = []
        // Long lists cost more and vary less.
        for (depth, questions) in [(10, limit), (100, (limit + 3) / 4)] where depth <= index.count && limit > 0 {
            rows += try queries.withUnsafeBufferPointer { queries in
                let search: Search = {
                    let start = $0 * count / questions * dimension
                    index.search(
                        query: UnsafeBufferPointer(rebasing: queries[start..<start + dimension]), k: depth,
                        parameters: $1, scratch: $2)
                }
                let truth = answers(questions, .exact, search).hits
                return try measure(
                    .innerProduct, k: depth, truth, slacks: Self.slacks, isStopped: isStopped, search)
            }
        }
        let items = min(limit, 64, index.count)
        if items > 1 {
            let k = min(50, index.count - 1)
            let chosen = (0..<items).map { Int32(truncatingIfNeeded: $0 * index.count / items) }
            let truth = index.exactNeighbors(of: chosen, k: k, pool: pool)
            rows += try measure(.cosine, k: k, truth, slacks: Self.neighborSlacks, isStopped: isStopped) {
                index.neighbors(of: chosen[$0], k: k, parameters: $1, scratch: $2)
            }
        }
        return IVFCalibration(rows: rows)
    }

    /// Searches with more and more slack until nearly everything is found that is in the exact answers.
    private func measure(
        _ measure: IVFCalibration.Measure, k: Int, _ truth: [[SearchHit]], slacks: [Float], isStopped: () -> Bool,
        _ search: Search
    ) throws -> [IVFCalibration.Row] {
        let questions = truth.count
        var rows: [IVFCalibration.Row] = []
        for slack in slacks {
            guard !isStopped() else { throw LearningError.stopped() }
            let parameters = IVFSearchParameters(slack: slack)
            let (hits, vectorsRead) = answers(questions, parameters, search)
            let recall = Self.recall(hits, truth)
            rows.append(
                IVFCalibration.Row(
                    measure: measure, k: k, queryCount: questions, slack: slack, recall: Float(recall),
                    vectorsRead: Float(vectorsRead) / Float(questions)))
            if recall >= max(Self.enough, options.targetRecall) { break }
        }
        return rows
    }

    private func answers(
        _ questions: Int, _ parameters: IVFSearchParameters, _ search: Search
    ) -> (hits: [[SearchHit]], vectorsRead: Int) {
        let scratches = (0..<pool.threadCount).map { _ in SearchScratch() }
        var read = [Int](repeating: 0, count: questions)
        var hits = [[SearchHit]](repeating: [], count: questions)
        hits.withUnsafeMutableBufferPointer { hits in
            read.withUnsafeMutableBufferPointer { read in
                let (hits, read) = (hits, read)
                pool.run(WorkPlan(count: questions, chunkSize: 16)) { questions, worker in
                    for question in questions {
                        search(question, parameters, scratches[worker])
                        hits[question] = scratches[worker].hits
                        read[question] = scratches[worker].vectorsRead
                    }
                }
            }
        }
        return (hits, read.reduce(0, +))
    }

    /// Mean share of the exact hits that was found. An item that scores as much as the last exact hit is as good as it; two
    /// kernels may round a score differently.
    private static func recall(_ found: [[SearchHit]], _ exact: [[SearchHit]]) -> Double {
        var sum = 0.0
        for (found, exact) in zip(found, exact) {
            guard let last = exact.last else {
                sum += 1
                continue
            }
            let enough = last.score - 1e-6 * abs(last.score)
            let good = found.reduce(0) { $1.score >= enough ? $0 + 1 : $0 }
            sum += Double(min(good, exact.count)) / Double(exact.count)
        }
        return exact.isEmpty ? 1 : sum / Double(exact.count)
    }
}
