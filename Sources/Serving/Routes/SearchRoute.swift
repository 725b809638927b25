import Foundation
import HTTPServer

/// `GET /search?q=&limit=`: songs by words of title and artist, best first.
///
/// Case and diacritics make no difference (`đ` is `d`), the beginning of a word is enough, and a word of four letters may
/// have one error, one of eight two. `q` has 1 to 200 characters.
enum SearchRoute {
    private static let queryLimit = 200

    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/search", .blocking) { request in
            let query = try request.query()
            let text = try query.required("q")
            guard text.unicodeScalars.count <= queryLimit else {
                throw HTTPError.badRequest("q is longer than \(queryLimit) characters", parameter: "q")
            }
            let limit = try context.limit(query)
            let catalogue = context.current.value.catalogue
            let matches = catalogue.bestMatches(text, limit: limit)
            var response = HTTPResponse.json(capacity: 64 + matches.count * 320) { writer in
                writer.beginObject()
                writer.member("query", text)
                writer.key("songs")
                writer.beginArray()
                for match in matches {
                    writer.beginObject()
                    catalogue.writeMembers(of: match.song, to: &writer)
                    writer.member("score", match.score)
                    writer.endObject()
                }
                writer.endArray()
                writer.endObject()
            }
            response.headers.add("Cache-Control", "public, max-age=5")
            return response
        }
    }
}

extension SongCatalogue {
    /// The songs whose title and artist fit a text best; of those that fit alike the most played first.
    func bestMatches(_ text: String, limit: Int) -> [SongSearchIndex.Match] {
        let most = log1p(Double(byPopularity.first.map { allPlays(of: Int($0)) } ?? 0))
        return search.search(text, limit: limit) { song in
            most > 0 ? Float(min(1, log1p(Double(allPlays(of: song))) / most)) : 0
        }
    }
}
