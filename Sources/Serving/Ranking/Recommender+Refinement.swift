import Learning

/// Ranking for requests that say more than how many songs they want. Filters act inside the search, so the answer is short
/// only when not enough songs may be answered.
extension Recommender {
    /// Ranks songs for the query in `scratch.query` into `scratch.ranked`. Milliseconds of work: not for the event thread.
    func rank(
        _ wish: Wish, _ refinement: Refinement, _ strategy: Strategy, _ snapshot: ServingSnapshot,
        _ scratch: RankingScratch
    ) {
        let filter = SongFilter(refinement, snapshot)
        let quota = ArtistQuota(maximum: refinement.maximumPerArtist, snapshot)
        let isDiverse = refinement.diversity > 0 && strategy != .popular
        let count = isDiverse ? DiverseOrder.candidateCount(limit: wish.limit) : wish.limit
        if strategy != .popular, let model = snapshot.model {
            var named = namedItems(wish, model)
            var heard: [Int32] = []
            if let userID = wish.userID {
                if let days = refinement.fatigueDays {
                    named += itemsHeard(by: userID, inLast: days, model, snapshot)
                } else {
                    snapshot.forEachItemHeard(by: userID, inLast: options.avoidedDays) { heard.append($0) }
                    heard += scratch.restingItems
                }
            }
            appendHits(count, excluding: named + heard, filter, quota, model, snapshot, scratch)
            if !heard.isEmpty, scratch.ranked.count < wish.limit {
                let taken = scratch.ranked.compactMap(\.item)
                appendHits(wish.limit, excluding: named + taken, filter, quota, model, snapshot, scratch)
            }
            if isDiverse {
                scratch.ranked = DiverseOrder.choose(
                    scratch.ranked, limit: wish.limit, diversity: refinement.diversity, index: model.index)
            }
        }
        var (tired, heard) = (Set<Int>(), Set<Int>())
        if let userID = wish.userID, scratch.ranked.count < wish.limit {
            if let days = refinement.fatigueDays {
                tired = songsHeard(by: userID, inLast: days, snapshot)
            } else {
                heard = snapshot.songsHeard(by: userID, inLast: options.avoidedDays)
            }
        }
        fillWithPopular(wish, heard: heard, snapshot, scratch) { [tired] song in
            !tired.contains(song) && filter.permits(song: song) && quota.take(song: song)
        }
    }

    /// Items the wish says are never answered.
    func namedItems(_ wish: Wish, _ model: ServingModel) -> [Int32] {
        var items = (wish.excluded + disliked(by: wish)).compactMap { model.index.item(forID: $0) }
        if let item = wish.trackID.flatMap({ model.index.item(forID: $0) }) { items.append(item) }
        return items
    }

    /// Appends the best items until `scratch.ranked` holds `count`.
    ///
    /// With a bound on the songs of one artist the search is made again while it gives anything, without the artists whose
    /// share is full. What is searched for next is worse than everything found before, so the list is the one that a walk
    /// over all items, best first, would make.
    private func appendHits(
        _ count: Int, excluding excluded: [Int32], _ filter: SongFilter, _ quota: ArtistQuota, _ model: ServingModel,
        _ snapshot: ServingSnapshot, _ scratch: RankingScratch
    ) {
        var searchFilter = SearchFilter(excludedItems: excluded.sorted(), allowed: filter.allowedItems)
        if filter.looksAtItems || quota.isBounded {
            searchFilter.predicate = { filter.permits(item: $0) && quota.permits(song: snapshot.song(ofItem: $0)) }
        }
        while scratch.ranked.count < count {
            scratch.query.withUnsafeBufferPointer { query in
                model.index.search(
                    query: query, k: count - scratch.ranked.count, filter: searchFilter, scratch: scratch.search)
            }
            for hit in scratch.search.hits {
                let song = snapshot.song(ofItem: hit.item)
                guard quota.take(song: song) else { continue }
                scratch.ranked.append(RankedSong(song: song, item: hit.item, score: hit.score))
            }
            guard quota.isBounded, !scratch.search.hits.isEmpty else { return }
            searchFilter.excludedItems = (searchFilter.excludedItems + scratch.search.hits.map(\.item)).sorted()
        }
    }
}
