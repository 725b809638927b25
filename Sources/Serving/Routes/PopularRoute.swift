import HTTPServer
import Storage

/// `GET /popular?window=&limit=`: the songs most gladly heard to the end (`CompletionCharts`), of the last seven days (`7d`) or of
/// all time (`all`). Without a window those of the last seven days; when nothing was played lately, of all time. `score` is the
/// Bayesian average of completions.
///
/// Where the lake is not at hand, or nothing of it was read yet, they are in order of their plays, and `score` is null.
enum PopularRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/popular") { request in
            let query = try request.query()
            let limit = try context.limit(query)
            let window = try query.choice("window", default: PopularityWindow.last7Days)
            let isAsked = try query.string("window") != nil
            let snapshot = context.current.value
            var songs = snapshot.charted(window, limit: limit)
            if songs.isEmpty, !isAsked { songs = snapshot.charted(.all, limit: limit) }
            if snapshot.parts.history?.charts.all.isEmpty ?? true {
                songs = snapshot.catalogue.popular(window, isAsked: isAsked, limit: limit)
                    .map { RankedSong(song: Int($0), item: nil, score: nil) }
            }
            return SongListAnswer(list: RankedList(strategy: .popular, songs: songs), snapshot: snapshot).response()
        }
    }
}

extension ServingSnapshot {
    /// The first songs of a chart that the catalogue has.
    ///
    /// - Complexity: O(`limit`)
    fileprivate func charted(_ window: PopularityWindow, limit: Int) -> [RankedSong] {
        guard let history = parts.history else { return [] }
        let chart = window == .all ? history.charts.all : history.charts.last7Days
        var songs: [RankedSong] = []
        for entry in chart where songs.count < limit {
            guard let song = catalogue.song(id: history.tracks[Int(entry.track)]) else { continue }
            songs.append(RankedSong(song: song, item: nil, score: entry.average))
        }
        return songs
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
