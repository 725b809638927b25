import Domain
import HTTPServer
import Storage

/// `GET /songs/{id}`: one song with its play counts as the store has them now; 404 for an unknown id.
enum SongRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/songs/{id}", .blocking) { request in
            let id = request.capture("id")
            guard let song = try context.documents.songs(ids: [id]).first else {
                throw HTTPError.notFound("there is no song \(id)")
            }
            return HTTPResponse.json { song.write(to: &$0) }
        }
    }
}
