import Domain
import HTTPServer
import ServiceKit
import Serving
import Storage
import TestSupport
import Testing

/// `DELETE /users/{id}`.
@Suite(.timeLimit(.minutes(2))) struct ForgettingTests {
    private func delete(_ service: ServingService, _ user: String) -> HTTPStatus {
        service.respond(to: HTTPRequest(method: .delete, target: "/users/\(user)")).status
    }

    private func strategy(_ service: ServingService, _ user: String) throws -> String? {
        try service.get("/recommend/home?user_id=\(user)").json["strategy"]?.text
    }

    private func event(_ user: String, _ song: Int, _ timestamp: Int64) -> ListeningEvent {
        ListeningEvent(
            userID: user, trackID: "s\(song)", timestamp: timestamp, action: .complete, duration: 1, totalDuration: 1,
            source: .realUser)
    }

    @Test func withoutALakeTasteAndRecentListensAreGoneAtOnce() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        for song in [1, 5, 9] {
            _ = try service.post("/events", String(decoding: event("ann", song, fixture.clock.now).json, as: UTF8.self))
        }
        try fixture.store.appendRecentListens(
            [RecentListens(userID: "ann", listens: [RecentListen(event("ann", 1, fixture.clock.now))])], keeping: 9,
            now: fixture.clock.now)
        #expect(try strategy(service, "ann") == "recent")
        #expect(try strategy(service, "u1") == "personal")
        #expect(delete(service, "ann") == .noContent)
        #expect(delete(service, "u1") == .noContent)
        #expect(delete(service, "nobody") == .noContent)
        #expect(try strategy(service, "ann") == "popular")
        #expect(try strategy(service, "u1") == "popular")
        #expect(try strategy(service, "u2") == "personal")
        #expect(try fixture.store.recentListens(userID: "ann") == [])
        #expect(try fixture.store.user(id: "u1") == nil)
        #expect(delete(service, "%00") == .badRequest)
    }

    @Test func theLakeIsRewrittenInTheBackgroundAndARequestOutlivesTheProcess() throws {
        let fixture = try ServingFixture()
        fixture.options.longestTraining = .seconds(60)
        let lake = try EventLakes.open(uri: "file:\(fixture.directory.path("lake"))")
        func append(_ events: [ListeningEvent], from: Int64) throws {
            var batch = EventBatch()
            for event in events { batch.append(event) }
            let day = events[0].day
            _ = try lake.append(
                [day: batch], topic: "music_log", from: [0: from], to: [0: from + Int64(events.count)]
            ) {}
        }
        func listeners() throws -> Set<String> {
            var found = Set<String>()
            let day = EventDay(epochMilliseconds: fixture.clock.now)
            try lake.read(days: day...day, columns: [.userID], version: nil) { found.formUnion($1.users.values) }
            return found
        }
        let now = fixture.clock.now
        try append([event("ann", 1, now), event("bob", 1, now), event("ann", 2, now)], from: 0)
        try fixture.addSongs(40)
        try fixture.publish(version: "m1", items: 40)
        var service = try fixture.makeService(lake: lake)
        try service.refresh()
        // Two events of ann are in the log and not in the lake yet.
        for song in 3..<8 {
            _ = try service.post("/events", String(decoding: event("ann", song, now).json, as: UTF8.self))
        }
        #expect(delete(service, "ann") == .accepted)
        #expect(try listeners() == ["ann", "bob"])
        // The process dies; another carries it out.
        service = try fixture.makeService(lake: lake)
        try service.forget()
        #expect(try listeners() == ["bob"])
        #expect(try fixture.store.forgettings().count == 1)
        // What was in the log arrives, and goes.
        try append([event("ann", 3, now), event("ann", 4, now)], from: 3)
        #expect(try listeners() == ["ann", "bob"])
        try service.forget()
        #expect(try listeners() == ["bob"])
        // A training that read the lake before publishes ann after all.
        try fixture.store.upsertUserVectors([("ann", ServingFixture.userVector(0))], modelVersion: "m1", at: now)
        try service.forget()
        #expect(try fixture.store.user(id: "ann") == nil)
        #expect(try fixture.store.forgettings().count == 1)
        fixture.clock.advance(milliseconds: 61_000)
        try service.forget()
        #expect(try fixture.store.forgettings() == [])
        // From now on ann is a new listener.
        try append([event("ann", 5, now)], from: 5)
        try service.forget()
        #expect(try listeners() == ["ann", "bob"])
    }

    @Test func theRunningDaemonCarriesRequestsOutByItself() throws {
        let fixture = try ServingFixture()
        let lake = try EventLakes.open(uri: "file:\(fixture.directory.path("lake"))")
        let now = fixture.clock.now
        var batch = EventBatch()
        for user in ["ann", "bob", "ann"] { batch.append(event(user, 1, now)) }
        let day = EventDay(epochMilliseconds: now)
        _ = try lake.append([day: batch], topic: "music_log", from: [:], to: [0: 3]) {}
        let service = try fixture.makeService(lake: lake)
        let stop = StopSignal()
        let thread = try WorkerThread(name: "serve") { try service.run(until: stop) }
        #expect(eventually { service.port != nil })
        #expect(delete(service, "ann") == .accepted)
        #expect(
            try eventually {
                var found = Set<String>()
                try lake.read(days: day...day, columns: [.userID], version: nil) { found.formUnion($1.users.values) }
                return found == ["bob"]
            })
        stop.stop()
        try thread.join()
    }
}
