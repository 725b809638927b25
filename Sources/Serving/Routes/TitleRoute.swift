import HTTPServer

/// `GET /recommend?title=&limit=`: songs similar to the one whose title, or title and artist, fits best; `song` is the one that
/// was taken. The rest is what `RecommendOptions` says. 404 when nothing fits.
enum TitleRoute {
    private static let titleLimit = 200

    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/recommend", .blocking) { request in
            let query = try request.query()
            let title = try query.required("title")
            guard title.unicodeScalars.count <= titleLimit else {
                throw HTTPError.badRequest("title is longer than \(titleLimit) characters", parameter: "title")
            }
            let options = try RecommendOptions(.query(query), context)
            let snapshot = context.current.value
            guard let song = snapshot.catalogue.song(bestTitled: title) else {
                throw HTTPError.notFound("no song fits the title \(title)")
            }
            return try SimilarRoute.answer(
                snapshot.catalogue.id(of: song), song: song, options, snapshot, context)
        }
    }
}

extension SongCatalogue {
    /// Songs looked at for one that is titled just so.
    private static let titleCandidateCount = 50

    /// The song with that title, case and diacritics aside; else the one whose title and artist fit best.
    fileprivate func song(bestTitled text: String) -> Int? {
        let words = TextFolding.words(in: text)
        let matches = bestMatches(text, limit: Self.titleCandidateCount)
        let namesake = matches.first { TextFolding.words(in: title(of: $0.song) ?? "") == words }
        return (namesake ?? matches.first)?.song
    }
}
