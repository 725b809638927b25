import HTTPServer

/// `POST /recommend/next` `{"user_id": …, "track_id": …, …}`: what to play after a song.
///
/// The session vector mixes the listener's taste with the song (`SessionVector`). A listener the model does not know is
/// answered by the song alone (`"strategy": "song"`), a song it does not know by taste alone (`"personal"`), and neither
/// by popularity. The song that plays and those in `exclude` are never answered. `user_id` may be left out;
/// the rest is what `RecommendOptions` says.
enum NextRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.post, "/recommend/next") { request in
            let body = try request.json()
            try body.requireObject()
            let userID = try body.optionalString("user_id")
            if let userID { try context.check(identifier: userID, "user_id") }
            let trackID = try body.requiredString("track_id")
            try context.check(identifier: trackID, "track_id")
            let wish = Recommender.Wish(
                userID: userID, trackID: trackID, options: try RecommendOptions(.body(body), context))
            let snapshot = context.current.value
            return try context.recommender.recommend(wish, from: snapshot, mayBlock: request.mayBlock) {
                list in
                SongListAnswer(list: list, snapshot: snapshot, userID: userID, trackID: trackID).response()
            }
        }
    }
}
