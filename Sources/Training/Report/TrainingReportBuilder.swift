import Domain
import Learning
import Storage

/// Gathers what a report shows from a model and its matrix.
struct TrainingReportBuilder {
    private static let listLength = 20
    private static let sampledUsers = 500
    private static let bins = 40

    let matrix: ListenMatrix
    let model: ALSModel
    let documents: any DocumentStore

    /// Everything, for a manifest whose metrics are known.
    ///
    /// - Parameter reason: why the run is not published; nil for one that is.
    func report(
        _ manifest: ModelManifest, _ courses: RunCourses, lookInterval: Int, reason: String?,
        seconds: [TrainingStage: Double]
    ) throws -> TrainingReport {
        let lists = lists()
        return TrainingReport(
            version: manifest.version, status: reason == nil ? .published : .rejected, reason: reason,
            createdAt: manifest.createdAt, windowFrom: manifest.windowFrom, windowThrough: manifest.windowThrough,
            lakeVersion: manifest.lakeVersion, events: manifest.events, users: matrix.userIDs.count,
            items: matrix.trackIDs.count, entries: matrix.all.count,
            heldOutFrom: matrix.heldOutDays.map { "\($0.lowerBound)" },
            heldOutThrough: matrix.heldOutDays.map { "\($0.upperBound)" }, parameters: manifest.parameters,
            metrics: manifest.metrics, objective: courses.objective, metric: courses.metric(every: lookInterval),
            scores: lists.scores,
            norms: [
                Self.histogram("listeners", norms(of: model.userFactors)),
                Self.histogram("songs", norms(of: model.itemFactors)),
            ],
            listedUsers: lists.users, deciles: deciles(lists.places), runs: try formerRuns(before: manifest.version),
            neighborhoods: try neighborhoods(of: 6, nearest: 5),
            seconds: Dictionary(uniqueKeysWithValues: seconds.map { ($0.key.rawValue, $0.value) }))
    }

    // MARK: - Lists of some listeners

    private struct Lists {
        var users = 0
        /// How many of the lists each song is in.
        var places: [Int]
        var scores: [TrainingReport.Histogram] = []
    }

    /// The first places of listeners spread over all, heard songs left out, and how scores of heard and other songs lie.
    private func lists() -> Lists {
        let ranking = FactorRankingModel(model)
        let count = min(matrix.all.rows, Self.sampledUsers)
        let users = (0..<count).map { Int32($0 * matrix.all.rows / count) }
        var lists = Lists(users: count, places: [Int](repeating: 0, count: matrix.all.columns))
        var scores = [Float](repeating: 0, count: matrix.all.columns)
        var heardScores: [Double] = [], otherScores: [Double] = []
        for (place, user) in users.enumerated() {
            scores.withUnsafeMutableBufferPointer { ranking.score(users: users[place...place], into: $0) }
            for song in matrix.all.columns(ofRow: Int(user)) {
                heardScores.append(Double(scores[Int(song)]))
                scores[Int(song)] = -.infinity
            }
            let step = max(1, scores.count / 200)
            for song in stride(from: place % step, to: scores.count, by: step) where scores[song].isFinite {
                otherScores.append(Double(scores[song]))
            }
            for song in Self.best(scores, count: Self.listLength) { lists.places[song] += 1 }
        }
        let bounds = Self.bounds(heardScores + otherScores)
        lists.scores = [
            Self.histogram("heard", heardScores, bounds), Self.histogram("not heard", otherScores, bounds),
        ]
        return lists
    }

    private static func best(_ scores: [Float], count: Int) -> [Int] {
        var best: [(score: Float, song: Int)] = []
        for (song, score) in scores.enumerated() where score.isFinite {
            if best.count == count, let last = best.last, score <= last.score { continue }
            let place = best.firstIndex { $0.score < score } ?? best.count
            best.insert((score, song), at: place)
            if best.count > count { best.removeLast() }
        }
        return best.map(\.song)
    }

    private func deciles(_ places: [Int]) -> [TrainingReport.Decile] {
        var listeners = [Int](repeating: 0, count: matrix.all.columns)
        for song in matrix.all.columnIndices { listeners[Int(song)] += 1 }
        let ranked = (0..<listeners.count).sorted { (listeners[$0], $1) > (listeners[$1], $0) }
        let (allPlaces, allListens) = (max(1, places.reduce(0, +)), max(1, matrix.all.count))
        return (0..<10).map { decile in
            let songs = ranked[decile * ranked.count / 10..<(decile + 1) * ranked.count / 10]
            return .init(
                coverage: Double(songs.count { places[$0] > 0 }) / Double(max(1, songs.count)),
                places: Double(songs.reduce(0) { $0 + places[$1] }) / Double(allPlaces),
                listens: Double(songs.reduce(0) { $0 + listeners[$1] }) / Double(allListens))
        }
    }

    // MARK: - Distributions

    private func norms(of factors: FactorMatrix) -> [Double] {
        (0..<factors.rows).map { row in
            factors[row].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        }
    }

    /// From the 0.1 % to the 99.9 % quantile: a few far away would leave the rest in one bin.
    private static func bounds(_ values: [Double]) -> (low: Double, high: Double) {
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last, first < last else { return (0, 1) }
        let (low, high) = (sorted[sorted.count / 1000], sorted[sorted.count - 1 - sorted.count / 1000])
        return low < high ? (low, high) : (first, last)
    }

    private static func histogram(
        _ name: String, _ values: [Double], _ bounds: (low: Double, high: Double)? = nil
    ) -> TrainingReport.Histogram {
        let (low, high) = bounds ?? Self.bounds(values)
        var shares = [Double](repeating: 0, count: bins)
        for value in values {
            let bin = Int((value - low) / (high - low) * Double(bins))
            shares[min(bins - 1, max(0, bin))] += 1 / Double(values.count)
        }
        let mean = values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
        return .init(name: name, low: low, high: high, shares: shares, mean: mean)
    }

    // MARK: - Runs and songs

    private func formerRuns(before version: String) throws -> [TrainingReport.Run] {
        let records = try documents.models().filter { $0.manifest.version < version }
        return records.prefix(24).reversed().compactMap { record in
            record.manifest.metrics[HeldOutEvaluation.gateMetric].map {
                .init(version: record.manifest.version, status: record.status.rawValue, metric: $0)
            }
        }
    }

    /// The songs with most listeners (columns are numbered by them) and what lies nearest by cosine.
    private func neighborhoods(of count: Int, nearest: Int) throws -> [TrainingReport.Neighborhood] {
        let norms = norms(of: model.itemFactors)
        let songs = (0..<min(count, matrix.trackIDs.count)).map { song in
            (song, nearestSongs(to: song, count: nearest, norms))
        }
        let ids = Set(songs.flatMap { [$0.0] + $0.1.map(\.song) }.map { matrix.trackIDs[$0] })
        let known = try documents.songs(ids: ids.sorted())
        let titles = Dictionary(known.map { ($0.trackID, Self.title($0)) }) { first, _ in first }
        func title(_ song: Int) -> String { titles[matrix.trackIDs[song]] ?? matrix.trackIDs[song] }
        return songs.map { song, near in
            .init(song: title(song), neighbors: near.map { .init(song: title($0.song), cosine: $0.cosine) })
        }
    }

    private func nearestSongs(to song: Int, count: Int, _ norms: [Double]) -> [(song: Int, cosine: Double)] {
        let own = model.itemFactors[song]
        var best: [(song: Int, cosine: Double)] = []
        for other in 0..<model.itemFactors.rows where other != song && norms[other] > 0 && norms[song] > 0 {
            let dot = zip(own, model.itemFactors[other]).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            let cosine = dot / (norms[song] * norms[other])
            if best.count == count, let last = best.last, cosine <= last.cosine { continue }
            best.insert((other, cosine), at: best.firstIndex { $0.cosine < cosine } ?? best.count)
            if best.count > count { best.removeLast() }
        }
        return best
    }

    private static func title(_ song: Song) -> String {
        let title = song.title ?? song.trackID
        return song.artist.map { "\(title) — \($0)" } ?? title
    }
}
