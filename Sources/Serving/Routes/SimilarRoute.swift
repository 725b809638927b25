import HTTPServer
import Learning

/// `GET /songs/{id}/similar?limit=`: songs that are heard by the same listeners, by cosine of the model's vectors.
///
/// A song the model does not know yet is answered with popular songs; one that nobody knows is a 404.
enum SimilarRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/songs/{id}/similar", .blocking) { request in
            let id = request.capture("id")
            let limit = try context.limit(try request.query())
            let snapshot = context.current.value
            if let model = snapshot.model, let item = model.index.item(forID: id) {
                return context.recommender.similar(to: item, of: model, in: snapshot, limit: limit) { songs in
                    SongListAnswer(strategy: .song, snapshot: snapshot, trackID: id, songs: songs).response()
                }
            }
            guard snapshot.catalogue.song(id: id) != nil else { throw HTTPError.notFound("there is no song \(id)") }
            let wish = Recommender.Wish(userID: nil, trackID: id, options: RecommendOptions(limit: limit))
            return try context.recommender.recommend(wish, from: snapshot, mayBlock: true) { strategy, songs in
                SongListAnswer(strategy: strategy, snapshot: snapshot, trackID: id, songs: songs).response()
            }
        }
    }
}
