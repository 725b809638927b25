import HTTPServer

/// `GET /estimate?user_id=&track_id=` (repeated): how well songs fit a listener, by the model: the inner product of their vectors,
/// as in a list of songs for them. `null` when the model does not know the song, or nothing is known of the listener.
enum EstimateRoute {
    private static let trackLimit = 100

    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/estimate") { request in
            let query = try request.query()
            let userID = try query.required("user_id")
            try context.check(identifier: userID, "user_id")
            let trackIDs = query.strings("track_id")
            guard (1...trackLimit).contains(trackIDs.count) else {
                throw HTTPError.badRequest("track_id must be given 1 to \(trackLimit) times", parameter: "track_id")
            }
            let snapshot = context.current.value
            let scores = try context.recommender.estimate(
                userID, trackIDs, from: snapshot, mayBlock: request.mayBlock)
            var response = HTTPResponse.json(capacity: 128 + trackIDs.count * 64) { writer in
                writer.beginObject()
                writer.member("user_id", userID)
                writer.member("model_version", snapshot.model?.version)
                writer.key("estimates")
                writer.beginArray()
                for (trackID, score) in zip(trackIDs, scores) {
                    writer.beginObject()
                    writer.member("track_id", trackID)
                    writer.member("score", score)
                    writer.endObject()
                }
                writer.endArray()
                writer.endObject()
            }
            response.headers.add("Cache-Control", "private, no-store")
            return response
        }
    }
}
