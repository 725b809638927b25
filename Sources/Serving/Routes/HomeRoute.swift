import HTTPServer

/// `GET /recommend/home?user_id=&limit=`: songs for a listener, best first.
///
/// A listener the model does not know gets popular songs, and `"strategy": "popular"` says so. `user_id` is required;
/// `limit` is 1 to the configured maximum.
enum HomeRoute {
    /// Most ids a query may exclude: a target has bounded length. `POST /recommend/next` takes more.
    private static let maximumExcludeCount = 50

    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/recommend/home") { request in
            let query = try request.query()
            let userID = try query.required("user_id")
            try context.check(identifier: userID, "user_id")
            let wish = Recommender.Wish(
                userID: userID, trackID: nil, limit: try context.limit(query), excluded: query.strings("exclude"))
            let maximum = min(maximumExcludeCount, context.options.maximumExcludeCount)
            guard wish.excluded.count <= maximum else {
                throw HTTPError.badRequest("exclude is given more than \(maximum) times", parameter: "exclude")
            }
            let snapshot = context.current.value
            return try context.recommender.recommend(wish, from: snapshot, mayBlock: request.mayBlock) {
                strategy, songs in
                SongListAnswer(strategy: strategy, snapshot: snapshot, userID: userID, songs: songs).response()
            }
        }
    }
}
