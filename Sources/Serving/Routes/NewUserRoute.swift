import Domain
import HTTPServer
import ServiceKit
import Storage

/// `POST /recommend` `{"songs": [{"track_id": …, "rating": …}, …], …}`: songs for somebody who is no user yet.
///
/// A new user is made whose history are the songs, and their id is part of the answer: with it they are known from then on. The
/// songs become listens of the event log, just now, the last one newest, so that ingest counts them and the next model learns
/// them; ratings that are given are kept. The rest of the body is what `RecommendOptions` says.
enum NewUserRoute {
    private static let songLimit = 100

    /// A song of the history.
    private struct Heard {
        var trackID: String
        var rating: RatingValue?

        /// What a listener does with a song they would rate like that.
        var action: EventAction {
            guard let rating else { return .complete }
            return rating.isLike ? .complete : rating.stars == 3 ? .listen : .skip
        }
    }

    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.post, "/recommend", .blocking) { request in
            let body = try request.json()
            try body.requireObject()
            let heard = try songs(body)
            var options = try RecommendOptions(.body(body), context)
            let known = try context.documents.songs(ids: heard.map(\.trackID))
            for song in heard where !known.contains(where: { $0.trackID == song.trackID }) {
                throw HTTPError(.notFound, "there is no song \(song.trackID)", parameter: "songs")
            }
            options.excluded += heard.map(\.trackID)
            let userID = newUserID()
            let events = events(heard, known, userID, now: context.clock.now)
            try keep(heard, events, userID, context)
            let snapshot = context.current.value
            let vector = try snapshot.model?.folding.vector(
                of: events.map { RecentListen($0) }, prior: nil, since: 0, fewestPlays: 1)
            let wish = Recommender.Wish(userID: userID, trackID: nil, options: options, vector: vector)
            return try context.recommender.recommend(wish, from: snapshot, mayBlock: true) { list in
                SongListAnswer(list: list, snapshot: snapshot, userID: userID).response()
            }
        }
    }

    private static func songs(_ body: JSONValue) throws(HTTPError) -> [Heard] {
        guard case .array(let elements) = body["songs"], (1...songLimit).contains(elements.count) else {
            throw .badRequest("member songs must be an array of 1 to \(songLimit) objects", parameter: "songs")
        }
        var heard: [Heard] = []
        var seen = Set<String>()
        for element in elements {
            guard case .object = element else {
                throw .badRequest("member songs must hold objects only, not \(element.kind)", parameter: "songs")
            }
            let trackID = try element.requiredString("track_id")
            guard seen.insert(trackID).inserted else {
                throw .badRequest("song \(trackID) is named twice", parameter: "songs")
            }
            let rating = element["rating"].flatMap { $0 == .null ? nil : $0 }
            heard.append(
                Heard(
                    trackID: trackID, rating: try rating.map { json throws(HTTPError) in try RatingsRoute.value(json) })
            )
        }
        return heard
    }

    /// 128 random bits (on Linux of `getrandom`), so that nobody guesses another's id.
    private static func newUserID() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = String(generator.next() as UInt64, radix: 16)
        let more = String(generator.next() as UInt64, radix: 16)
        func padded(_ text: String) -> String { String(repeating: "0", count: 16 - text.count) + text }
        return padded(digits) + padded(more)
    }

    private static func events(
        _ heard: [Heard], _ known: [Song], _ userID: String, now: Int64
    ) -> [ListeningEvent] {
        let lengths = Dictionary(known.map { ($0.trackID, $0.durationMilliseconds ?? 0) }) { first, _ in first }
        return heard.enumerated().map { place, song in
            let length = lengths[song.trackID] ?? 0
            let duration: Int32 =
                switch song.action {
                case .complete: length
                case .listen: length / 2
                case .skip: 0
                }
            return ListeningEvent(
                userID: userID, trackID: song.trackID, timestamp: now - Int64(heard.count - 1 - place) * 1000,
                action: song.action, duration: duration, totalDuration: length, source: .realUser)
        }
    }

    /// The listens first: they may fail, and a user without them is of no use.
    private static func keep(
        _ heard: [Heard], _ events: [ListeningEvent], _ userID: String, _ context: ServingContext
    ) throws {
        _ = try context.listens.submit(events.map { SubmittedListen(event: $0) })
        try context.documents.upsertUsers([User(userID: userID)])
        let ratings = heard.compactMap { song in
            song.rating.map { Rating(trackID: song.trackID, value: $0, ratedAt: context.clock.now) }
        }
        guard !ratings.isEmpty else { return }
        try context.documents.setRatings(ratings, userID: userID)
        context.speed.takeRatings(of: try context.ratings.follow(context.documents))
    }
}
