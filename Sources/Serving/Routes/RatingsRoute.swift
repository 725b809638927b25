import Domain
import HTTPServer
import ServiceKit
import Storage

/// What listeners say of songs.
///
/// - `PUT /users/{id}/ratings/{track_id}` `{"rating": 1…5 | "like" | "dislike"}`: keeps it, in place of an earlier one. A song
///   that is disliked, or has one star, is never recommended to that listener again.
/// - `DELETE /users/{id}/ratings/{track_id}`: takes it back; 204 also when there is none.
/// - `GET /users/{id}/ratings?limit=&cursor=`: a listener's ratings, newest first.
enum RatingsRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.put, "/users/{id}/ratings/{track_id}", .blocking) { try put($0, context) }
        router.add(.delete, "/users/{id}/ratings/{track_id}", .blocking) { request in
            let (userID, trackID) = try identifiers(request, context)
            let documents = context.documents
            if try documents.removeRating(userID: userID, trackID: trackID, now: context.clock.now) {
                context.speed.takeRatings(of: try context.ratings.follow(documents))
            }
            return HTTPResponse(status: .noContent)
        }
        router.add(.get, "/users/{id}/ratings", .blocking) { try list($0, context) }
    }

    private static func put(_ request: HTTPRequest, _ context: ServingContext) throws -> HTTPResponse {
        let (userID, trackID) = try identifiers(request, context)
        let body = try request.json()
        try body.requireObject()
        let value = try value(body["rating"])
        guard try !context.documents.songs(ids: [trackID]).isEmpty else {
            throw HTTPError.notFound("there is no song \(trackID)")
        }
        let rating = Rating(trackID: trackID, value: value, ratedAt: context.clock.now)
        try context.documents.setRating(rating, userID: userID)
        // Read back from the store, not added here: changes must be applied in the store's order.
        context.speed.takeRatings(of: try context.ratings.follow(context.documents))
        return HTTPResponse.json { writer in
            writer.beginObject()
            writer.member("user_id", userID)
            writer.member("track_id", trackID)
            write(rating, to: &writer)
            writer.endObject()
        }
    }

    private static func list(_ request: HTTPRequest, _ context: ServingContext) throws -> HTTPResponse {
        let userID = request.capture("id")
        try context.check(identifier: userID, "id")
        let query = try request.query()
        let limit = try context.limit(query)
        let ratings = try context.documents.ratings(
            userID: userID,
            after: try TimeCursor.decode(query).map { RatingPosition(ratedAt: $0.time, trackID: $0.id) },
            limit: limit + 1)
        let page = ratings.prefix(limit)
        let songs = context.current.value.catalogue
        return HTTPResponse.json(capacity: 96 + page.count * 360) { writer in
            writer.beginObject()
            writer.member("user_id", userID)
            writer.key("ratings")
            writer.beginArray()
            for rating in page {
                writer.beginObject()
                writer.key("song")
                songs.write(id: rating.trackID, to: &writer)
                write(rating, to: &writer)
                writer.endObject()
            }
            writer.endArray()
            writer.member(
                "next_cursor",
                ratings.count > limit ? page.last.map { TimeCursor(time: $0.ratedAt, id: $0.trackID).text } : nil)
            writer.endObject()
        }
    }

    private static func identifiers(
        _ request: HTTPRequest, _ context: ServingContext
    ) throws(HTTPError) -> (userID: String, trackID: String) {
        let (userID, trackID) = (request.capture("id"), request.capture("track_id"))
        try context.check(identifier: userID, "id")
        try context.check(identifier: trackID, "track_id")
        return (userID, trackID)
    }

    /// The value of a `rating` member.
    static func value(_ json: JSONValue?) throws(HTTPError) -> RatingValue {
        switch json {
        case .integer(let stars) where (1...5).contains(stars): return .stars(Int(stars))
        // 5.0 and 5 are the same number to JSON.
        case .number(let stars) where (1...5).contains(Int(exactly: stars) ?? 0): return .stars(Int(stars))
        case .string("like"): return .like
        case .string("dislike"): return .dislike
        default:
            throw .badRequest("rating must be a whole number from 1 to 5, \"like\" or \"dislike\"", parameter: "rating")
        }
    }

    private static func write(_ rating: Rating, to writer: inout JSONWriter) {
        if case .stars(let stars) = rating.value {
            writer.member("rating", stars)
        } else {
            writer.member("rating", rating.value.name)
        }
        writer.member("rated_at", ISOTime.text(rating.ratedAt))
    }
}

extension SongCatalogue {
    /// Writes a song as an object; only its id when the catalogue does not have it.
    func write(id: String, to writer: inout JSONWriter) {
        writer.beginObject()
        if let song = song(id: id) {
            writeMembers(of: song, to: &writer)
        } else {
            writer.member("id", id)
            writer.member("title", String?.none)
            writer.member("artist", String?.none)
        }
        writer.endObject()
    }
}
