import Domain
import HTTPServer
import Storage

/// `GET /songs?cursor=&limit=`: the catalogue in order of id, a page at a time; `next_cursor` leads to the next page and is
/// null on the last.
enum SongsRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/songs", .blocking) { request in
            let query = try request.query()
            let limit = try context.limit(query)
            let cursor = try PageCursor.decode(query)
            // One more than asked for tells whether there is another page.
            let songs = try context.documents.songs(after: cursor, limit: limit + 1)
            let page = songs.prefix(limit)
            return HTTPResponse.json(capacity: 64 + page.count * 320) { writer in
                writer.beginObject()
                writer.key("songs")
                writer.beginArray()
                for song in page { song.write(to: &writer) }
                writer.endArray()
                writer.member(
                    "next_cursor", songs.count > limit ? page.last.map { PageCursor.encode($0.trackID) } : nil)
                writer.endObject()
            }
        }
    }
}
