import HTTPServer
import Learning

/// `GET /songs/{id}/similar?limit=`: songs that are heard by the same listeners, by cosine of the model's vectors.
///
/// A song the model does not know yet is answered with popular songs; one that nobody knows is a 404. The rest is what
/// `RecommendOptions` says.
enum SimilarRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/songs/{id}/similar", .blocking) { request in
            let id = request.capture("id")
            let options = try RecommendOptions(.query(try request.query()), context)
            return try answer(id, song: nil, options, context.current.value, context)
        }
    }

    /// Songs similar to one.
    ///
    /// - Parameter song: named in the answer, when it was not the client who named it.
    static func answer(
        _ id: String, song: Int?, _ options: RecommendOptions, _ snapshot: ServingSnapshot, _ context: ServingContext
    ) throws -> HTTPResponse {
        func render(_ list: RankedList) -> HTTPResponse {
            SongListAnswer(list: list, snapshot: snapshot, trackID: id, song: song).response()
        }
        let wish = Recommender.Wish(userID: nil, trackID: id, options: options)
        if let model = snapshot.model, let item = model.index.item(forID: id) {
            return context.recommender.similar(to: item, wish, of: model, in: snapshot, render: render)
        }
        guard snapshot.catalogue.song(id: id) != nil else { throw HTTPError.notFound("there is no song \(id)") }
        return try context.recommender.recommend(wish, from: snapshot, mayBlock: true, render: render)
    }
}
