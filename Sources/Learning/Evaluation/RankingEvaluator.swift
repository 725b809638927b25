import Synchronization

/// Measures lists against what was held out: every item is ranked, none sampled, since sampled metrics order models wrongly
/// (Krichene and Rendle, "On Sampled Metrics for Item Recommendation", KDD 2020, doi:10.1145/3394486.3403226).
public struct RankingEvaluator: Sendable {
    /// Items a user has heard in training: they are left out of the list, unless the matrix is empty there.
    private let excluded: SparseMatrix?
    private let test: SparseMatrix
    /// Users to measure.
    public let users: [Int32]
    private let popularity: [Float]
    private let knownUsers: Double
    private let isHead: [Bool]

    /// Prepares an evaluation.
    ///
    /// - Parameters:
    ///   - train: what the models were trained on, users × items; for popularity, novelty and exclusion.
    ///   - test: what was held out, of the same shape; positive entries are relevant.
    ///   - excludesTrained: leave what a user has heard in training out of the list (discovery). False lets it stand
    ///     (replay): in music a song heard before is often the right answer.
    ///   - users: whom to measure; nil for all that have a relevant item. Those without one are passed over.
    public init(train: SparseMatrix, test: SparseMatrix, excludesTrained: Bool = true, users: [Int32]? = nil) throws {
        guard train.rows == test.rows, train.columns == test.columns else {
            throw LearningError.invalid(
                "training and test matrix differ in shape: \(train.rows) × \(train.columns) and \(test.rows) × \(test.columns)"
            )
        }
        self.test = test
        excluded = excludesTrained ? train : nil
        self.users = (users ?? (0..<Int32(test.rows)).map { $0 }).filter { user in
            test.values(ofRow: Int(user)).contains { $0 > 0 }
        }
        var popularity = [Float](repeating: 0, count: train.columns)
        for column in train.columnIndices { popularity[Int(column)] += 1 }
        self.popularity = popularity
        knownUsers = Double((0..<train.rows).count { train.count(ofRow: $0) > 0 })
        var isHead = [Bool](repeating: false, count: train.columns)
        let ranked = (0..<train.columns).sorted { (popularity[$0], $1) > (popularity[$1], $0) }
        for item in ranked.prefix(train.columns / 10) { isHead[item] = true }
        self.isHead = isHead
    }

    /// Ranks all items for every user and sums up, for each cutoff.
    ///
    /// - Complexity: O(users · items), and what the model takes to score.
    public func evaluate(_ model: some RankingModel, cutoffs: [Int], pool: WorkerPool) -> [RankingMetrics] {
        precondition(model.itemCount == test.columns, "the model scores other items than were held out")
        precondition(!cutoffs.isEmpty && cutoffs.allSatisfy { $0 > 0 }, "a cutoff is at least 1")
        let batch = 16
        let partialCount = (users.count + batch - 1) / batch
        let partials = Mutex([[RankingSums]](repeating: [], count: partialCount))
        let listed = Mutex(cutoffs.map { _ in [Bool](repeating: false, count: test.columns) })
        let depth = cutoffs.max() ?? 0
        pool.run(WorkPlan(count: partialCount, chunkSize: 1)) { chunk, _ in
            var scores = [Float](repeating: 0, count: batch * test.columns)
            for partial in chunk {
                let group = users[partial * batch..<min(users.count, (partial + 1) * batch)]
                let lists = scores.withUnsafeMutableBufferPointer { scores in
                    model.score(users: group, into: scores)
                    return group.enumerated().map { row, user in
                        topItems(
                            UnsafeMutableBufferPointer(rebasing: scores[row * test.columns..<(row + 1) * test.columns]),
                            of: Int(user), count: depth)
                    }
                }
                let sums = cutoffs.map { cutoff in
                    zip(group, lists).reduce(into: RankingSums()) {
                        measure($1.1.prefix(cutoff), of: Int($1.0), cutoff, &$0)
                    }
                }
                partials.withLock { $0[partial] = sums }
                listed.withLock { listed in
                    for (index, cutoff) in cutoffs.enumerated() {
                        for list in lists { for item in list.prefix(cutoff) { listed[index][Int(item)] = true } }
                    }
                }
            }
        }
        // Added in order of the users, so that the result does not depend on the number of threads.
        let ordered = partials.withLock { $0 }
        return cutoffs.indices.map { index in
            let total = ordered.reduce(into: RankingSums()) { $0.add($1[index]) }
            return metrics(total, cutoff: cutoffs[index], covered: listed.withLock { $0[index].count { $0 } })
        }
    }

    /// The best `count` items, best first, ties by lower number. The scores of excluded items are overwritten.
    private func topItems(_ scores: UnsafeMutableBufferPointer<Float>, of user: Int, count: Int) -> [Int32] {
        if let excluded { for item in excluded.columns(ofRow: user) { scores[Int(item)] = -.infinity } }
        var best: [(score: Float, item: Int32)] = []
        best.reserveCapacity(count + 1)
        var bar = -Float.infinity
        for item in 0..<scores.count {
            let score = scores[item]
            guard score > bar else { continue }
            var place = best.count
            while place > 0, best[place - 1].score < score { place -= 1 }
            best.insert((score, Int32(truncatingIfNeeded: item)), at: place)
            if best.count > count { best.removeLast() }
            if best.count == count, let last = best.last { bar = last.score }
        }
        return best.map(\.item)
    }

    private func measure(_ list: ArraySlice<Int32>, of user: Int, _ cutoff: Int, _ sums: inout RankingSums) {
        let relevant = zip(test.columns(ofRow: user), test.values(ofRow: user)).filter { $0.1 > 0 }.map(\.0)
        let wanted = Set(relevant)
        let reachable = Double(min(cutoff, relevant.count))
        var hits = 0.0, gain = 0.0, precisions = 0.0, firstHit = 0.0
        for (place, item) in list.enumerated() {
            let known = popularity[Int(item)]
            sums.places += 1
            sums.information -= Numerics.log2(Double(max(known, 1)) / max(knownUsers, 1))
            sums.popularity += Double(known)
            if isHead[Int(item)] { sums.headPlaces += 1 }
            guard wanted.contains(item) else { continue }
            hits += 1
            gain += Self.discount(place)
            precisions += hits / Double(place + 1)
            if firstHit == 0 { firstHit = 1 / Double(place + 1) }
        }
        for item in relevant { sums.heldOutPopularity += Double(popularity[Int(item)]) }
        sums.heldOut += relevant.count
        let ideal = (0..<Int(reachable)).reduce(0.0) { $0 + Self.discount($1) }
        sums.add([
            hits / Double(relevant.count), hits / reachable, hits / Double(cutoff), gain / ideal,
            precisions / reachable,
            firstHit, hits > 0 ? 1 : 0,
        ])
    }

    /// What a hit at a place (from 0) counts.
    private static func discount(_ place: Int) -> Double { 1 / Numerics.log2(Double(place + 2)) }

    private func metrics(_ sums: RankingSums, cutoff: Int, covered: Int) -> RankingMetrics {
        let places = Double(max(1, sums.places))
        let heldOut = sums.heldOutPopularity / Double(max(1, sums.heldOut))
        return RankingMetrics(
            cutoff: cutoff, users: sums.users, recall: sums.estimate(0), cappedRecall: sums.estimate(1),
            precision: sums.estimate(2), ndcg: sums.estimate(3), map: sums.estimate(4), mrr: sums.estimate(5),
            hitRate: sums.estimate(6), coverage: Double(covered) / Double(max(1, test.columns)),
            novelty: sums.information / places,
            popularityBias: heldOut > 0 ? sums.popularity / places / heldOut : 0,
            headShare: Double(sums.headPlaces) / places)
    }
}
