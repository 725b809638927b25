import HTTPServer
import Learning
import ServiceKit

/// Chooses the songs of an answer. Never waits but where a request says it may.
final class Recommender: Sendable {
    /// What is wanted.
    struct Wish {
        var userID: String?
        /// The song that plays: mixed into the query and never answered.
        var trackID: String?
        /// What the request says besides.
        var options: RecommendOptions
        /// Searched with in place of the listener's own vector.
        var vector: [Float]?

        /// Songs in the answer.
        var limit: Int { options.limit }
        /// Ids never answered.
        var excluded: [String] { options.excluded }
    }

    let options: ServingOptions
    let ratings: RatingBook
    private let loader: UserVectorLoader
    let speed: SpeedLayer
    let clock: any WallClock
    private let restMilliseconds: Int64
    let pool = RankingScratchPool()
    private let answers: [Strategy: Counter]
    private let hits: Counter
    private let misses: Counter

    init(
        options: ServingOptions, loader: UserVectorLoader, speed: SpeedLayer, ratings: RatingBook, clock: any WallClock,
        metrics: MetricsRegistry
    ) {
        self.options = options
        self.ratings = ratings
        self.loader = loader
        self.speed = speed
        self.clock = clock
        restMilliseconds = Int64(options.recentRest.secondCount * 1000)
        answers = Dictionary(
            uniqueKeysWithValues: Strategy.allCases.map { strategy in
                let counter = metrics.counter(
                    "segue_recommendations_total", "Lists recommended.", labels: ["strategy": strategy.rawValue])
                return (strategy, counter)
            })
        hits = metrics.counter("segue_user_vector_cache_hits_total", "User vectors found in memory.")
        misses = metrics.counter("segue_user_vector_cache_misses_total", "User vectors not found in memory.")
    }

    // MARK: - Wishes

    /// Ranks songs for a wish and hands them to `render`.
    ///
    /// - Throws: `HTTPRetryOnWorker` when `mayBlock` is false and the listener's vector is not in memory, or the wish takes
    ///   more than microseconds.
    func recommend<Result>(
        _ wish: Wish, from snapshot: ServingSnapshot, mayBlock: Bool,
        render: (RankedList) throws -> Result
    ) throws -> Result {
        guard mayBlock || wish.options.refinement == nil else { throw HTTPRetryOnWorker() }
        return try pool.withScratch { scratch in
            scratch.prepare(dimension: snapshot.model?.index.dimension ?? 0)
            let strategy = try query(wish, snapshot, mayBlock: mayBlock, scratch)
            if let refinement = wish.options.refinement {
                rank(wish, refinement, strategy, snapshot, scratch)
            } else {
                if strategy != .popular, let model = snapshot.model { search(wish, model, snapshot, scratch) }
                let heard =
                    scratch.ranked.count < wish.limit
                    ? wish.userID.map { snapshot.songsHeard(by: $0, inLast: options.avoidedDays) } ?? [] : []
                fillWithPopular(wish, heard: heard, snapshot, scratch) { _ in true }
            }
            answers[strategy]?.increment()
            var list = RankedList(strategy: strategy, songs: scratch.ranked)
            if wish.options.refinement?.explains ?? false {
                list.reasons = try reasons(wish, strategy, snapshot, list.songs)
            }
            return try render(list)
        }
    }

    /// Writes the query vector the wish leads to into `scratch.query`.
    func query(
        _ wish: Wish, _ snapshot: ServingSnapshot, mayBlock: Bool, _ scratch: RankingScratch
    ) throws -> Strategy {
        guard let model = snapshot.model else { return .popular }
        if let vector = wish.vector, vector.count == scratch.query.count {
            scratch.query = vector
            return .recent
        }
        let session = wish.userID.flatMap { copySession($0, model, scratch) }
        let hasUser =
            try wish.userID.map {
                try session != nil || findUser($0, model, mayBlock: mayBlock, scratch)
            } ?? false
        let item = wish.trackID.flatMap { model.index.item(forID: $0) }
        switch (hasUser, item) {
        case (true, let item?):
            model.index.withVector(of: item) { song in
                scratch.user.withUnsafeBufferPointer { user in
                    scratch.query.withUnsafeMutableBufferPointer { query in
                        SessionVector.mix(
                            user: user, userWeight: options.userWeight, song: song, songWeight: options.songWeight,
                            into: query)
                    }
                }
            }
            return .session
        case (true, nil):
            swap(&scratch.user, &scratch.query)
            return session == .recentListens ? .recent : .personal
        case (false, let item?):
            model.index.withVector(of: item) { song in
                for index in song.indices { scratch.query[index] = song[index] }
            }
            return .song
        case (false, nil):
            return .popular
        }
    }

    /// Copies the vector that recent listens have made, and what rests of them.
    private func copySession(
        _ userID: String, _ model: ServingModel, _ scratch: RankingScratch
    ) -> SessionVectors.Origin? {
        guard model.sessions.count > 0 else { return nil }
        let since = clock.now - restMilliseconds
        return scratch.user.withUnsafeMutableBufferPointer { user in
            model.sessions.copyVector(of: userID, into: user, since: since, heard: &scratch.restingItems)
        }
    }

    /// Copies the listener's vector into `scratch.user`.
    private func findUser(
        _ userID: String, _ model: ServingModel, mayBlock: Bool, _ scratch: RankingScratch
    ) throws -> Bool {
        switch copyVector(userID, model, scratch) {
        case .found:
            hits.increment()
            return true
        case .absent:
            hits.increment()
            return false
        case .unknown:
            guard mayBlock else { throw HTTPRetryOnWorker() }
            misses.increment()
            loader.load(userID, for: model)
            return copyVector(userID, model, scratch) == .found
        }
    }

    private func copyVector(
        _ userID: String, _ model: ServingModel, _ scratch: RankingScratch
    ) -> UserVectorCache.Answer {
        scratch.user.withUnsafeMutableBufferPointer { user in
            guard let target = user.baseAddress else { return .absent }
            return model.users.copyVector(of: userID, into: target, now: MonotonicTime.now.nanoseconds)
        }
    }

    // MARK: - Search

    /// Searches what the listener has not heard lately; only when that is too little, what they have.
    private func search(
        _ wish: Wish, _ model: ServingModel, _ snapshot: ServingSnapshot, _ scratch: RankingScratch
    ) {
        for id in wish.excluded { if let item = model.index.item(forID: id) { scratch.excludedItems.append(item) } }
        if let trackID = wish.trackID, let item = model.index.item(forID: trackID) {
            scratch.excludedItems.append(item)
        }
        for id in disliked(by: wish) {
            if let item = model.index.item(forID: id) { scratch.excludedItems.append(item) }
        }
        let namedCount = scratch.excludedItems.count
        if let userID = wish.userID {
            snapshot.forEachItemHeard(by: userID, inLast: options.avoidedDays) { scratch.excludedItems.append($0) }
        }
        scratch.excludedItems += scratch.restingItems
        let avoidsHeard = scratch.excludedItems.count > namedCount
        let named = avoidsHeard ? Array(scratch.excludedItems[..<namedCount]) : []
        appendHits(wish.limit, model, snapshot, scratch)
        guard avoidsHeard, scratch.ranked.count < wish.limit else { return }
        scratch.excludedItems = named + scratch.ranked.compactMap(\.item)
        appendHits(wish.limit - scratch.ranked.count, model, snapshot, scratch)
    }

    /// Ids of the songs the listener wants never to hear again.
    func disliked(by wish: Wish) -> [String] { wish.userID.map { ratings.taste(of: $0).disliked } ?? [] }

    private func appendHits(
        _ count: Int, _ model: ServingModel, _ snapshot: ServingSnapshot, _ scratch: RankingScratch
    ) {
        scratch.excludedItems.sort()
        scratch.query.withUnsafeBufferPointer { query in
            model.index.search(
                query: query, k: count, filter: SearchFilter(excludedItems: scratch.excludedItems),
                scratch: scratch.search)
        }
        for hit in scratch.search.hits {
            scratch.ranked.append(
                RankedSong(song: snapshot.song(ofItem: hit.item), item: hit.item, score: hit.score))
        }
    }

    /// Appends popular songs until the limit is reached or there are no more; those heard lately come last.
    ///
    /// - Parameters:
    ///   - heard: songs heard lately.
    ///   - permits: asked once for a song that would otherwise be appended.
    func fillWithPopular(
        _ wish: Wish, heard: Set<Int>, _ snapshot: ServingSnapshot, _ scratch: RankingScratch,
        where permits: (Int) -> Bool
    ) {
        guard scratch.ranked.count < wish.limit else { return }
        let catalogue = snapshot.catalogue
        var taken = Set(scratch.ranked.compactMap(\.song))
        for id in wish.excluded { if let song = catalogue.song(id: id) { taken.insert(song) } }
        if let trackID = wish.trackID, let song = catalogue.song(id: trackID) { taken.insert(song) }
        for id in disliked(by: wish) { if let song = catalogue.song(id: id) { taken.insert(song) } }
        for isHeardTurn in heard.isEmpty ? [false] : [false, true] {
            for song in catalogue.byPopularity
            where heard.contains(Int(song)) == isHeardTurn && !taken.contains(Int(song)) {
                guard scratch.ranked.count < wish.limit else { return }
                guard permits(Int(song)) else { continue }
                scratch.ranked.append(RankedSong(song: Int(song), item: nil, score: nil))
            }
        }
    }
}
