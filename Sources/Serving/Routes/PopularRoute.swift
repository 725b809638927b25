import HTTPServer
import Storage

/// `GET /popular?window=&limit=`: the most played songs, of the last seven days (`7d`) or of all time (`all`). Without a
/// window those of the last seven days; when nothing was played lately, of all time.
enum PopularRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/popular") { request in
            let query = try request.query()
            let limit = try context.limit(query)
            let window = try query.choice("window", default: PopularityWindow.last7Days)
            let snapshot = context.current.value
            let isAsked = try query.string("window") != nil
            let songs = snapshot.catalogue.popular(window, isAsked: isAsked, limit: limit)
            return SongListAnswer(
                strategy: .popular, snapshot: snapshot,
                songs: songs.map { RankedSong(song: Int($0), item: nil, score: nil) }
            ).response()
        }
    }
}

extension SongCatalogue {
    /// The first songs by a window's plays. Asked for by name, the seven days hold only what was played in them.
    fileprivate func popular(_ window: PopularityWindow, isAsked: Bool, limit: Int) -> ArraySlice<UInt32> {
        switch window {
        case .all: byAllPlays.prefix(limit)
        case .last7Days: byPopularity.prefix(limit).prefix { !isAsked || recentPlays(of: Int($0)) > 0 }
        }
    }
}
