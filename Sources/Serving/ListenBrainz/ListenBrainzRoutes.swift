import Domain
import HTTPServer
import ServiceKit
import Storage

/// The part of ListenBrainz's API that scrobblers need (https://listenbrainz.readthedocs.io, "Core"): a scrobbler works here
/// when its server's address is changed.
///
/// A listen goes through the event log into the lake like any other, as a `listen` of source `real_user`. A scrobbler submits
/// once half of the song or four minutes were heard, so that is the duration it is taken to have; 0 where the length of the
/// song is not told.
enum ListenBrainzRoutes {
    /// ListenBrainz's own: listens in an answer that is told nothing, and at most.
    private static let defaultCount = 25
    private static let maximumCount = 1000
    /// What ListenBrainz takes for heard: half of the song, or this long.
    private static let longestProof: Int32 = 240_000

    static func add(to router: inout Router, _ context: ServingContext) {
        addSubmission(to: &router, context)
        let errors: [any Middleware] = [ListenBrainzErrors()]
        router.add(.get, "/1/validate-token", .blocking, middleware: errors) { request in
            guard let token = ListenerTokens.token(of: request) else {
                throw HTTPError.badRequest("You need to provide an Authorization token.")
            }
            return validation(userID: try context.listenerTokens.userID(of: token))
        }
        router.add(.get, "/1/user/{name}/listens", .blocking, middleware: errors) { request in
            let userID = request.capture("name")
            try context.listenerTokens.requireReader(request, of: userID)
            let span = try ListenSpan(request.query(), defaultCount: defaultCount, maximumCount: maximumCount)
            let listens = try context.archive.listens(
                of: userID, after: span.after, before: span.before, limit: span.count)
            if listens.isEmpty { try requireListener(userID, context) }
            return try answer(listens, of: userID, context)
        }
        router.add(.get, "/1/user/{name}/listen-count", .blocking, middleware: errors) { request in
            let userID = request.capture("name")
            try context.listenerTokens.requireReader(request, of: userID)
            let count = try context.archive.count(of: userID)
            if count == 0 { try requireListener(userID, context) }
            return HTTPResponse.json(capacity: 64) { writer in
                writer.beginObject()
                writer.key("payload")
                writer.beginObject()
                writer.member("count", count)
                writer.endObject()
                writer.endObject()
            }
        }
    }

    // MARK: - Submission

    private static func addSubmission(to router: inout Router, _ context: ServingContext) {
        let tracks = SubmittedTracks(documents: context.documents)
        let limit = ListenSubmission.listenCountLimit * ListenSubmission.listenByteLimit
        router.add(
            .post, "/1/submit-listens", .blocking, middleware: [ListenBrainzErrors()], bodyByteLimit: limit
        ) { request in
            guard let token = ListenerTokens.token(of: request) else {
                throw HTTPError(.unauthorized, "You need to provide an Authorization header.")
            }
            guard let userID = try context.listenerTokens.userID(of: token) else {
                throw HTTPError(.unauthorized, "Invalid authorization token.")
            }
            let submission = try ListenSubmission(request.body, now: context.clock.now)
            if submission.kind != .playingNow {
                let ids = try tracks.trackIDs(of: submission.listens, catalogue: context.current.value.catalogue)
                try append(submission.listens, ids, userID, context)
            }
            return HTTPResponse.json(capacity: 32) { writer in
                writer.beginObject()
                writer.member("status", "ok")
                writer.endObject()
            }
        }
    }

    private static func append(
        _ listens: [ScrobbledListen], _ trackIDs: [String], _ userID: String, _ context: ServingContext
    ) throws {
        if try context.documents.user(id: userID) == nil {
            try context.documents.upsertUsers([User(userID: userID, username: userID)])
        }
        // A scrobbler that heard no answer sends again: the intake knows a listen by listener, song and start.
        _ = try context.listens.submit(
            zip(listens, trackIDs).map { listen, trackID in
                let total = listen.durationMilliseconds ?? 0
                return SubmittedListen(
                    event: ListeningEvent(
                        userID: userID, trackID: trackID, timestamp: listen.listenedAt * 1000, action: .listen,
                        duration: min(total / 2, longestProof), totalDuration: total, source: .realUser))
            })
    }

    // MARK: - Answers

    private static func validation(userID: String?) -> HTTPResponse {
        var response = HTTPResponse.json(capacity: 128) { writer in
            writer.beginObject()
            writer.member("code", 200)
            writer.member("message", userID == nil ? "Token invalid." : "Token valid.")
            writer.member("valid", userID != nil)
            if let userID { writer.member("user_name", userID) }
            writer.endObject()
        }
        response.headers.add("Cache-Control", "no-store")
        return response
    }

    private static func requireListener(_ userID: String, _ context: ServingContext) throws {
        guard try context.documents.user(id: userID) != nil else {
            throw HTTPError.notFound("Cannot find user: \(userID)")
        }
    }

    private static func answer(
        _ listens: [ListenArchive.Listen], of userID: String, _ context: ServingContext
    ) throws -> HTTPResponse {
        let ids = Array(Set(listens.map(\.trackID)))
        let found = try context.documents.songs(ids: ids).map { ($0.trackID, $0) }
        let songs = Dictionary(found) { first, _ in first }
        return HTTPResponse.json(capacity: 128 + listens.count * 256) { writer in
            writer.beginObject()
            writer.key("payload")
            writer.beginObject()
            writer.member("count", listens.count)
            writer.member("user_id", userID)
            if let newest = listens.first, let oldest = listens.last {
                writer.member("latest_listen_ts", newest.timestamp / 1000)
                writer.member("oldest_listen_ts", oldest.timestamp / 1000)
            }
            writer.key("listens")
            writer.beginArray()
            for listen in listens { write(listen, songs[listen.trackID], of: userID, to: &writer) }
            writer.endArray()
            writer.endObject()
            writer.endObject()
        }
    }

    private static func write(
        _ listen: ListenArchive.Listen, _ song: Song?, of userID: String, to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("listened_at", listen.timestamp / 1000)
        writer.member("user_name", userID)
        writer.member("recording_msid", listen.trackID)
        writer.key("track_metadata")
        writer.beginObject()
        // ListenBrainz's clients need both names; a song nobody has described has its id only.
        writer.member("track_name", song?.title ?? listen.trackID)
        writer.member("artist_name", song?.artist ?? "")
        writer.key("additional_info")
        writer.beginObject()
        if listen.trackID.hasPrefix("mbid:") {
            writer.member("recording_mbid", String(listen.trackID.dropFirst("mbid:".count)))
        }
        if let duration = song?.durationMilliseconds { writer.member("duration_ms", Int64(duration)) }
        writer.endObject()
        writer.endObject()
        writer.endObject()
    }
}

/// Which listens are asked for: `max_ts` and `min_ts` in epoch seconds, both exclusive, and `count`.
private struct ListenSpan {
    let after: Int64?
    let before: Int64?
    let count: Int

    init(_ query: HTTPQuery, defaultCount: Int, maximumCount: Int) throws(HTTPError) {
        let least = try Self.seconds("min_ts", query)
        let most = try Self.seconds("max_ts", query)
        if let least, let most, least >= most {
            throw .badRequest("max_ts should be greater than min_ts", parameter: "max_ts")
        }
        // A listen at second n is one at millisecond n · 1000, and events of the API may lie after it within that second.
        after = least.map { $0 * 1000 + 999 }
        before = most.map { $0 * 1000 }
        count = min(try query.integer("count", in: 0...Int(Int32.max), default: defaultCount), maximumCount)
    }

    /// Seconds up to the year 9999: what more there is cannot be in milliseconds.
    private static func seconds(_ name: String, _ query: HTTPQuery) throws(HTTPError) -> Int64? {
        guard let text = try query.string(name), !text.isEmpty else { return nil }
        guard let seconds = Int64(text), (0...253_402_300_799).contains(seconds) else {
            throw .badRequest("Invalid \(name) argument: \(text)", parameter: name)
        }
        return seconds
    }
}
