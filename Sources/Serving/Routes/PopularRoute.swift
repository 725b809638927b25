import HTTPServer

/// `GET /popular?limit=`: the most played songs of the last seven days; when nothing was played lately, of all time.
enum PopularRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/popular") { request in
            let query = try request.query()
            let wish = Recommender.Wish(userID: nil, trackID: nil, limit: try context.limit(query))
            let snapshot = context.current.value
            return try context.recommender.recommend(wish, from: snapshot, mayBlock: request.mayBlock) {
                strategy, songs in
                SongListAnswer(strategy: strategy, snapshot: snapshot, songs: songs).response()
            }
        }
    }
}
