import HTTPServer

/// `GET /recommend/home?user_id=&limit=`: songs for a listener, best first.
///
/// A listener the model does not know gets popular songs, and `"strategy": "popular"` says so. `user_id` is required;
/// `limit` is 1 to the configured maximum.
enum HomeRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/recommend/home") { request in
            let query = try request.query()
            let userID = try query.required("user_id")
            try context.check(identifier: userID, "user_id")
            let wish = Recommender.Wish(
                userID: userID, trackID: nil, limit: try context.limit(query), excluded: query.strings("exclude"))
            guard wish.excluded.count <= context.options.maximumExcludeCount else {
                throw HTTPError.badRequest(
                    "exclude is given more than \(context.options.maximumExcludeCount) times", parameter: "exclude")
            }
            let snapshot = context.current.value
            return try context.recommender.recommend(wish, from: snapshot, mayBlock: request.mayBlock) {
                strategy, songs in
                SongListAnswer(strategy: strategy, snapshot: snapshot, userID: userID, songs: songs).response()
            }
        }
    }
}
