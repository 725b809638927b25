import HTTPServer

/// `POST /recommend/batch` `{"requests": [{"user_id": …, "track_id": …, …}, …]}`: many lists at once, of one model.
///
/// Each request is what `POST /recommend/next` takes, but for `track_id`, which may be left out: then the list is the one of
/// `GET /recommend/home`. One that is wrong is a 400 for all, which names its place.
enum BatchRoute {
    private static let requestLimit = 100

    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.post, "/recommend/batch", .blocking) { request in
            let body = try request.json()
            try body.requireObject()
            guard case .array(let elements) = body["requests"], (1...requestLimit).contains(elements.count) else {
                throw HTTPError.badRequest(
                    "member requests must be an array of 1 to \(requestLimit) objects", parameter: "requests")
            }
            var wishes: [Recommender.Wish] = []
            for (place, element) in elements.enumerated() {
                do throws(HTTPError) {
                    wishes.append(try wish(element, context))
                } catch {
                    throw HTTPError(error.status, "requests[\(place)]: \(error.reason)", parameter: error.parameter)
                }
            }
            let snapshot = context.current.value
            var response = try HTTPResponse.json(capacity: wishes.reduce(64) { $0 + 192 + $1.limit * 320 }) { writer in
                writer.beginObject()
                writer.key("answers")
                writer.beginArray()
                for wish in wishes {
                    let answer = try context.recommender.recommend(wish, from: snapshot, mayBlock: true) { list in
                        SongListAnswer(list: list, snapshot: snapshot, userID: wish.userID, trackID: wish.trackID)
                    }
                    answer.write(to: &writer)
                }
                writer.endArray()
                writer.endObject()
            }
            response.headers.add("Cache-Control", "private, no-store")
            return response
        }
    }

    private static func wish(_ element: JSONValue, _ context: ServingContext) throws(HTTPError) -> Recommender.Wish {
        guard case .object = element else { throw .badRequest("it must be an object, not \(element.kind)") }
        let userID = try element.requiredString("user_id")
        try context.check(identifier: userID, "user_id")
        let trackID = try element.optionalString("track_id")
        if let trackID { try context.check(identifier: trackID, "track_id") }
        return Recommender.Wish(
            userID: userID, trackID: trackID, options: try RecommendOptions(.body(element), context))
    }
}
