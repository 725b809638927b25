import HTTPServer

/// `GET /recommend/home?user_id=&limit=`: songs for a listener, best first.
///
/// A listener the model does not know gets popular songs, and `"strategy": "popular"` says so. `user_id` is required,
/// the rest is what `RecommendOptions` says.
enum HomeRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/recommend/home") { request in
            let query = try request.query()
            let userID = try query.required("user_id")
            try context.check(identifier: userID, "user_id")
            let wish = Recommender.Wish(
                userID: userID, trackID: nil, options: try RecommendOptions(.query(query), context))
            let snapshot = context.current.value
            return try context.recommender.recommend(wish, from: snapshot, mayBlock: request.mayBlock) {
                list in
                SongListAnswer(list: list, snapshot: snapshot, userID: userID).response()
            }
        }
    }
}
