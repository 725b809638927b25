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
        let depth = cutoffs.max() ?? 0
        // Kept a user, so that the sums do not depend on the number of threads.
        let tallies = Mutex(cutoffs.map { _ in RankingTally(users: users.count, items: test.columns) })
        pool.run(WorkPlan(count: (users.count + batch - 1) / batch, chunkSize: 1)) { chunk, _ in
            var scores = [Float](repeating: 0, count: batch * test.columns)
            for part in chunk {
                let group = users[part * batch..<min(users.count, (part + 1) * batch)]
                let lists = scores.withUnsafeMutableBufferPointer { scores in
                    model.score(users: group, into: scores)
                    return group.enumerated().map { row, user in
                        topItems(
                            UnsafeMutableBufferPointer(rebasing: scores[row * test.columns..<(row + 1) * test.columns]),
                            of: Int(user), count: depth)
                    }
                }
                let rows = cutoffs.map { cutoff in
                    zip(group, lists).map { measure($1.prefix(cutoff), of: Int($0), cutoff) }
                }
                tallies.withLock { tallies in
                    for (index, cutoff) in cutoffs.enumerated() {
                        for (place, list) in lists.enumerated() {
                            tallies[index].set(
                                group.startIndex + place, rows[index][place], list: list.prefix(cutoff))
                        }
                    }
                }
            }
        }
        return tallies.withLock { tallies in
            zip(cutoffs, tallies).map { $1.metrics(cutoff: $0, items: test.columns) }
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

    private func measure(_ list: ArraySlice<Int32>, of user: Int, _ cutoff: Int) -> RankingRow {
        let relevant = zip(test.columns(ofRow: user), test.values(ofRow: user)).filter { $0.1 > 0 }.map(\.0)
        let wanted = Set(relevant)
        let reachable = Double(min(cutoff, relevant.count))
        var row = RankingRow()
        var hits = 0.0, gain = 0.0, precisions = 0.0
        for (place, item) in list.enumerated() {
            let known = popularity[Int(item)]
            row.places += 1
            row.information -= Numerics.log2(Double(max(known, 1)) / max(knownUsers, 1))
            row.popularity += Double(known)
            if isHead[Int(item)] { row.headPlaces += 1 }
            guard wanted.contains(item) else { continue }
            hits += 1
            gain += Self.discount(place)
            precisions += hits / Double(place + 1)
            if row.reciprocalRank == 0 { row.reciprocalRank = 1 / Double(place + 1) }
        }
        for item in relevant { row.heldOutPopularity += Double(popularity[Int(item)]) }
        row.heldOut = Double(relevant.count)
        let ideal = (0..<Int(reachable)).reduce(0.0) { $0 + Self.discount($1) }
        row.recall = hits / Double(relevant.count)
        row.cappedRecall = hits / reachable
        row.precision = hits / Double(cutoff)
        row.ndcg = gain / ideal
        row.averagePrecision = precisions / reachable
        row.hit = hits > 0 ? 1 : 0
        return row
    }

    /// What a hit at a place (from 0) counts.
    private static func discount(_ place: Int) -> Double { 1 / Numerics.log2(Double(place + 2)) }
}
