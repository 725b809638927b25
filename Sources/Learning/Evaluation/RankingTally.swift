/// What one user's list is worth.
struct RankingRow {
    var recall = 0.0
    var cappedRecall = 0.0
    var precision = 0.0
    var ndcg = 0.0
    var averagePrecision = 0.0
    var reciprocalRank = 0.0
    var hit = 0.0
    var places = 0.0
    var information = 0.0
    var popularity = 0.0
    var headPlaces = 0.0
    var heldOut = 0.0
    var heldOutPopularity = 0.0
}

/// Collects the users' rows and what was listed, and makes means and standard errors of them.
struct RankingTally {
    private var rows: [RankingRow]
    /// How many lists each item is in, and one user whose list it is in.
    private var listed: [(lists: Int32, user: Int32)]

    init(users: Int, items: Int) {
        rows = [RankingRow](repeating: RankingRow(), count: users)
        listed = [(Int32, Int32)](repeating: (0, -1), count: items)
    }

    mutating func set(_ user: Int, _ row: RankingRow, list: ArraySlice<Int32>) {
        rows[user] = row
        for item in list {
            listed[Int(item)].lists += 1
            listed[Int(item)].user = Int32(truncatingIfNeeded: user)
        }
    }

    func metrics(cutoff: Int, items: Int) -> RankingMetrics {
        RankingMetrics(
            cutoff: cutoff, users: rows.count, recall: mean(\.recall), cappedRecall: mean(\.cappedRecall),
            precision: mean(\.precision), ndcg: mean(\.ndcg), map: mean(\.averagePrecision),
            mrr: mean(\.reciprocalRank), hitRate: mean(\.hit), coverage: coverage(of: items),
            novelty: ratio(\.information), popularityBias: popularityBias(), headShare: ratio(\.headPlaces))
    }

    private func sum(_ value: KeyPath<RankingRow, Double>) -> Double { rows.reduce(0) { $0 + $1[keyPath: value] } }

    private func mean(_ value: KeyPath<RankingRow, Double>) -> MetricEstimate {
        guard !rows.isEmpty else { return MetricEstimate(mean: 0, standardError: 0) }
        let count = Double(rows.count)
        let mean = sum(value) / count
        return MetricEstimate(mean: mean, standardError: error { ($0[keyPath: value] - mean) / count })
    }

    /// Σ value ÷ Σ places.
    private func ratio(_ value: KeyPath<RankingRow, Double>) -> MetricEstimate {
        let places = max(1, sum(\.places))
        let ratio = sum(value) / places
        return MetricEstimate(
            mean: ratio, standardError: error { ($0[keyPath: value] - ratio * $0.places) / places })
    }

    private func popularityBias() -> MetricEstimate {
        let (listed, places) = (sum(\.popularity), sum(\.places))
        let (chosen, heldOut) = (sum(\.heldOutPopularity), sum(\.heldOut))
        guard listed > 0, places > 0, chosen > 0, heldOut > 0 else { return MetricEstimate(mean: 0, standardError: 0) }
        let bias = (listed / places) / (chosen / heldOut)
        return MetricEstimate(
            mean: bias,
            standardError: error {
                bias
                    * ($0.popularity / listed - $0.places / places - $0.heldOutPopularity / chosen
                        + $0.heldOut / heldOut)
            })
    }

    /// Without a user the items would be gone that are in no other list.
    private func coverage(of items: Int) -> MetricEstimate {
        let all = Double(max(1, items))
        let covered = Double(listed.count { $0.lists > 0 }) / all
        guard rows.count > 1 else { return MetricEstimate(mean: covered, standardError: 0) }
        var alone = [Double](repeating: 0, count: rows.count)
        for item in listed where item.lists == 1 { alone[Int(item.user)] += 1 / all }
        let count = Double(rows.count)
        let mean = alone.reduce(0, +) / count
        let squares = alone.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return MetricEstimate(mean: covered, standardError: (squares * (count - 1) / count).squareRoot())
    }

    /// Root of n ÷ (n − 1) times the sum of the users' squared influences.
    private func error(_ influence: (RankingRow) -> Double) -> Double {
        guard rows.count > 1 else { return 0 }
        let squares = rows.reduce(0.0) { sum, row in
            let part = influence(row)
            return sum + part * part
        }
        return (squares * Double(rows.count) / Double(rows.count - 1)).squareRoot()
    }
}
