import Domain
import HTTPServer
import ServiceKit

/// `GET /newest?limit=`: songs by day of release, newest first; ties by plays of the last seven days. Songs without a day, or
/// with one to come, are not among them.
enum NewestRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/newest") { request in
            let limit = try context.limit(try request.query())
            let snapshot = context.current.value
            let songs = snapshot.catalogue.newest(
                today: EventDay(epochMilliseconds: context.clock.now), limit: limit)
            let ranked = songs.map { RankedSong(song: Int($0), item: nil, score: nil) }
            return SongListAnswer(list: RankedList(strategy: .newest, songs: ranked), snapshot: snapshot).response()
        }
    }
}
