import Learning
import ServiceKit

/// Ranking by one song, and scores of songs that are named.
extension Recommender {
    /// Ranks songs by the angle between their vectors and the given item's.
    ///
    /// The index searches by inner product, which favours long vectors, that is popular songs; so ten times as many
    /// candidates are searched and ordered by cosine.
    func similar<Result>(
        to item: Int32, _ wish: Wish, of model: ServingModel, in snapshot: ServingSnapshot,
        render: (RankedList) throws -> Result
    ) rethrows -> Result {
        let refinement = wish.options.refinement ?? Refinement()
        let filter = SongFilter(refinement, snapshot)
        var searchFilter = SearchFilter(
            excludedItems: (namedItems(wish, model) + [item]).sorted(), allowed: filter.allowedItems)
        if filter.looksAtItems { searchFilter.predicate = { filter.permits(item: $0) } }
        return try pool.withScratch { scratch in
            scratch.prepare(dimension: model.index.dimension)
            var candidates = model.index.withVector(of: item) { vector -> [RankedSong] in
                model.index.search(
                    query: vector, k: max(200, wish.limit * 10), filter: searchFilter, scratch: scratch.search)
                let length = Self.length(vector)
                return scratch.search.hits.map { hit in
                    let other = model.index.withVector(of: hit.item) { Self.length($0) }
                    let cosine = length * other > 0 ? hit.score / (length * other) : 0
                    return RankedSong(song: snapshot.song(ofItem: hit.item), item: hit.item, score: cosine)
                }
            }
            candidates.sort { ($0.score ?? 0) > ($1.score ?? 0) }
            let quota = ArtistQuota(maximum: refinement.maximumPerArtist, snapshot)
            var songs = candidates.filter { quota.take(song: $0.song) }
            if refinement.diversity > 0 {
                songs = Array(songs.prefix(DiverseOrder.candidateCount(limit: wish.limit)))
                songs = DiverseOrder.choose(
                    songs, limit: wish.limit, diversity: refinement.diversity, index: model.index)
            }
            var list = RankedList(strategy: .song, songs: Array(songs.prefix(wish.limit)))
            if refinement.explains { list.reasons = list.songs.map { _ in [Reason(item: item, weight: 1)] } }
            return try render(list)
        }
    }

    private static func length(_ vector: UnsafeBufferPointer<Float>) -> Float {
        var square: Float = 0
        for value in vector { square += value * value }
        return square.squareRoot()
    }

    /// The inner products of a listener's vector with those of songs: nil for a song the model does not know, and for all when
    /// nothing is known of the listener.
    ///
    /// - Throws: `HTTPRetryOnWorker` when the listener's vector is not in memory and `mayBlock` is false.
    func estimate(
        _ userID: String, _ trackIDs: [String], from snapshot: ServingSnapshot, mayBlock: Bool
    ) throws -> [Float?] {
        try pool.withScratch { scratch in
            scratch.prepare(dimension: snapshot.model?.index.dimension ?? 0)
            let wish = Wish(userID: userID, trackID: nil, options: RecommendOptions(limit: 1))
            let strategy = try query(wish, snapshot, mayBlock: mayBlock, scratch)
            guard strategy != .popular, let model = snapshot.model else { return trackIDs.map { _ in nil } }
            return trackIDs.map { id in
                model.index.item(forID: id).map { item in
                    model.index.withVector(of: item) { vector in
                        zip(vector, scratch.query).reduce(0) { $0 + $1.0 * $1.1 }
                    }
                }
            }
        }
    }
}
