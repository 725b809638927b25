import Domain
import Foundation
import HTTPServer
import ServiceKit
import Serving
import Storage
import Synchronization
import TestSupport
import Testing

@Suite struct RouteTests {
    // MARK: - Songs and users

    @Test func songsComeInPages() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService(songs: 23)
        var ids: [String] = []
        var target = "/songs?limit=10"
        for _ in 0..<3 {
            let (_, json) = try service.get(target)
            ids += json.songIDs
            guard let cursor = json["next_cursor"]?.text else { break }
            target = "/songs?limit=10&cursor=\(cursor)"
        }
        #expect(ids == (0..<23).map { "s\($0)" }.sorted())
        #expect(try service.get("/songs?limit=23").json["next_cursor"] == .null)
        #expect(try service.get("/songs?limit=0").response.status == .badRequest)
        #expect(try service.get("/songs?cursor=zzz").json.songIDs == [])
    }

    @Test func aSongIsAsTheStoreHasItNow() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService(songs: 3)
        let special = Song(
            trackID: "a/b ü", title: "\"Nhạc\"\n", artist: nil, imageURL: "https://x/y",
            releaseDate: EventDay("1999-12-31"))
        try fixture.store.upsertSongs([special])
        let (_, json) = try service.get("/songs/a%2Fb%20%C3%BC")
        #expect(json["id"] == .string("a/b ü"))
        #expect(json["title"] == .string("\"Nhạc\"\n"))
        #expect(json["artist"] == .null)
        #expect(json["release_date"] == .string("1999-12-31"))
        #expect(json["plays_7d"] == .integer(0))
        #expect(try service.get("/songs/none").response.status == .notFound)
    }

    @Test func usersComeInPages() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService(songs: 3)
        try fixture.store.upsertUsers([User(userID: "z", username: "Zoë")])
        let (_, first) = try service.get("/users?limit=4")
        #expect(first["users"]?.elements.compactMap { $0["id"]?.text } == ["u0", "u1", "u2", "u3"])
        #expect(first["users"]?.elements.first?["model_version"] == .string("m1"))
        let (_, second) = try service.get("/users?limit=4&cursor=u3")
        #expect(second["users"]?.elements.first?["username"] == .string("Zoë"))
        #expect(second["next_cursor"] == .null)
    }

    @Test func aStoreThatIsDownIsA503WithRetryAfter() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService(songs: 3)
        fixture.documents.fail(with: StorageError(.unavailable, "secret host name"))
        let (response, json) = try service.get("/songs")
        #expect(response.status == .serviceUnavailable)
        #expect(response.headers["Retry-After"] == "2")
        #expect(json["detail"]?.text?.contains("secret") == false)
        fixture.documents.fail(with: StorageError(.corrupt, "secret path"))
        #expect(try service.get("/songs").response.status == .internalServerError)
        #expect(fixture.lines.all.contains { $0.metadata["error"] == "secret path" })
    }

    // MARK: - Events

    private func event(_ user: String, track: String = "s1", action: String = "complete") -> String {
        #"{"user_id":"\#(user)","track_id":"\#(track)","timestamp":1699999999000,"action":"\#(action)","#
            + #""duration":180000,"total_duration":180000,"source":"real_user"}"#
    }

    @Test func anEventIsDurableWhenItIsAnswered() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeService()
        let (response, json) = try service.post("/events", event("ann"))
        #expect(response.status == .accepted)
        #expect(json["accepted"] == .integer(1))
        #expect(json["rejected"] == .integer(0))
        #expect(fixture.log.durable.map(\.key) == ["ann"])
        let decoded = try ListeningEventDecoder().decode(
            Array(fixture.log.durable[0].value.utf8), now: fixture.clock.now)
        #expect(decoded.trackID == "s1" && decoded.action == .complete && decoded.source == .realUser)
    }

    @Test func goodEventsOfAnArrayAreTakenAndBadOnesNamed() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeService()
        let body = "[\(event("a")), \(event("b", action: "dance")), 7, \(event("c")), {\"user_id\": \"d\"}]"
        let (response, json) = try service.post("/events", body)
        #expect(response.status == .accepted)
        #expect(json["accepted"] == .integer(2))
        #expect(json["rejected"] == .integer(3))
        let errors = json["errors"]?.elements ?? []
        #expect(errors.compactMap { $0["index"]?.number } == [1, 2, 4])
        #expect(errors.compactMap { $0["reason"]?.text } == ["unknown_action", "not_an_object", "missing_field"])
        #expect(fixture.log.durable.map(\.key) == ["a", "c"])
        #expect(fixture.metrics.text.contains(#"segue_events_rejected_total{reason="unknown_action"} 1"#))
        #expect(fixture.metrics.text.contains("segue_events_accepted_total 2"))
    }

    @Test func onlyBadEventsAreA422() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeService()
        let (response, json) = try service.post("/events", "{}")
        #expect(response.status == .unprocessableContent)
        #expect(response.contentType == "application/problem+json")
        #expect(json["errors"]?.elements.count == 1)
        #expect(fixture.log.flushCount == 0)
    }

    @Test(arguments: ["", "[", "nonsense", "[1,]"])
    func whatIsNoJSONIsA400(body: String) throws {
        let fixture = try ServingFixture()
        #expect(try fixture.makeService().post("/events", body).response.status == .badRequest)
    }

    @Test func anEmptyArrayIsNothingToDo() throws {
        let fixture = try ServingFixture()
        let (response, json) = try fixture.makeService().post("/events", "[]")
        #expect(response.status == .accepted)
        #expect(json["accepted"] == .integer(0))
    }

    @Test func tooManyEventsAreA413() throws {
        let fixture = try ServingFixture()
        fixture.options.maximumEventCount = 2
        let body = "[\((0..<3).map { event("u\($0)") }.joined(separator: ","))]"
        #expect(try fixture.makeService().post("/events", body).response.status == .contentTooLarge)
        #expect(fixture.log.durable.isEmpty)
    }

    @Test func aLogThatIsDownIsA503AndWorksAgainLater() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeService()
        fixture.log.fail(with: StorageError(.unavailable, "no broker"))
        #expect(try service.post("/events", event("a")).response.status == .serviceUnavailable)
        fixture.log.fail(with: nil)
        #expect(try service.post("/events", event("b")).response.status == .accepted)
        fixture.log.fail(with: StorageError(.full, "disk"))
        #expect(try service.post("/events", event("c")).response.status == .serviceUnavailable)
        fixture.log.fail(with: nil)
        #expect(try service.post("/events", event("d")).response.status == .accepted)
        #expect(fixture.log.durable.map(\.key) == ["b", "d"])
    }

    @Test func manyPostsShareAFlush() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeService()
        let gate = DispatchSemaphore(value: 0)
        fixture.log.gate.withLock { $0 = gate }
        let group = DispatchGroup()
        let statuses = Mutex<[Int]>([])
        let body = (0..<20).map { event("u\($0)") }
        for index in 0..<20 {
            group.enter()
            Thread {
                let status = (try? service.post("/events", body[index]).response.status.rawValue) ?? 0
                statuses.withLock { $0.append(status) }
                group.leave()
            }.start()
        }
        #expect(eventually { fixture.log.state.withLock { $0.pending.count } == 20 })
        for _ in 0..<20 { gate.signal() }
        #expect(group.wait(timeout: .now() + 20) == .success)
        #expect(statuses.withLock { $0 } == Array(repeating: 202, count: 20))
        #expect(Set(fixture.log.durable.map(\.key)).count == 20)
        // The first flush began with the first event, the second takes all that came meanwhile; a straggler makes a third.
        #expect(fixture.log.flushCount <= 3)
    }

    // MARK: - Facts, files, options

    @Test func statsAndMetricsTellWhatIsServed() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        _ = try service.get("/recommend/home?user_id=u1")
        let (_, json) = try service.get("/stats")
        #expect(json["model"]?["version"] == .string("m1"))
        #expect(json["model"]?["items"] == .integer(40))
        #expect(json["model"]?["metrics"]?["ndcg@10"] == .number(0.25))
        #expect(json["catalogue"]?["songs"] == .integer(40))
        let text = String(decoding: service.respond(to: HTTPRequest(target: "/metrics")).body, as: UTF8.self)
        #expect(text.contains(#"segue_recommendations_total{strategy="personal"} 1"#))
        #expect(text.contains("segue_catalogue_songs 40"))
    }

    @Test(arguments: [
        "/", "/styles/base.css", "/app/main.js", "/app/player.js", "/admin", "/admin/main.js", "/icon.svg",
        "/openapi.json",
    ])
    func theWebPageIsPartOfTheProgram(path: String) throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeService()
        let response = service.respond(to: HTTPRequest(target: path))
        #expect(response.status == .ok)
        #expect(!response.body.isEmpty)
        #expect(response.headers["Content-Security-Policy"]?.contains("default-src 'self'") == true)
        let tag = try #require(response.headers["ETag"])
        let again = service.respond(to: HTTPRequest(target: path, headers: HTTPHeaders([("If-None-Match", tag)])))
        #expect(again.status == .notModified)
    }

    @Test func optionsThatMakeNoSenseAreNamed() throws {
        let fixture = try ServingFixture()
        for change in [
            { (options: inout ServingOptions) in options.userWeight = -1 },
            {
                $0.userWeight = 0; $0.songWeight = 0
            },
            { $0.defaultLimit = 0 }, { $0.maximumLimit = 5 }, { $0.userVectorLimit = 0 },
            { $0.modelPollInterval = .zero }, { $0.heardSongs = .avoid(days: 0) },
        ] {
            fixture.options = ServingOptions()
            change(&fixture.options)
            let error = #expect(throws: ServingError.self) { try fixture.makeService() }
            #expect(error?.code == .badOption)
        }
    }

    @Test func aRunningDaemonAnswersOverASocketAndStops() throws {
        let fixture = try ServingFixture()
        try fixture.addSongs(5)
        let service = try fixture.makeService()
        var answered = ""
        try withRunning(service) { port in
            #expect(try eventually { try service.get("/ready").response.status == .ok })
            let curl = Process()
            curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            curl.arguments = ["curl", "-sS", "http://127.0.0.1:\(port)/popular?limit=1"]
            let output = Pipe()
            curl.standardOutput = output
            try curl.run()
            answered = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            curl.waitUntilExit()
        }
        #expect(try JSONValue(parsing: Array(answered.utf8)).songIDs == ["s4"])
        #expect(service.port == nil)
    }
}
