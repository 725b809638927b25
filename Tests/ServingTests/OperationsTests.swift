import Domain
import Foundation
import HTTPServer
import ServiceKit
import Serving
import Storage
import Synchronization
import TestSupport
import Testing

/// The operations page's figures, going back to a model, and the newest songs.
@Suite struct OperationsTests {
    private func makeService(
        _ fixture: ServingFixture, lake: (any EventLake)? = nil, activateModel: ModelActivation? = nil
    ) throws -> ServingService {
        try fixture.addSongs(12)
        try fixture.publish(version: "m1", items: 12)
        let service = try ServingService(
            options: fixture.options, documents: fixture.documents, models: fixture.models, lake: lake,
            eventLog: fixture.log, activateModel: activateModel, clock: fixture.clock, metrics: fixture.metrics,
            logger: Logger(label: "serve", output: fixture.lines))
        try service.refresh()
        return service
    }

    /// A lake that covers the first `count` events of the log's one partition.
    private func makeLake(_ fixture: ServingFixture, covering count: Int64) throws -> any EventLake {
        let lake = try EventLakes.open(uri: "file:" + fixture.directory.path("lake/raw/logs"))
        let day = EventDay(epochMilliseconds: fixture.clock.now)
        var batch = EventBatch()
        for index in 0..<count {
            batch.append(
                ListeningEvent(
                    userID: "u1", trackID: "s\(index)", timestamp: fixture.clock.now, action: .complete,
                    duration: 180_000, totalDuration: 180_000, source: .simulation))
        }
        _ = try lake.append(
            [day: batch], topic: "music_log", from: [0: 0], to: [0: count], beforeCommit: {})
        return lake
    }

    private func event(_ track: Int) -> String {
        """
        {"user_id":"u1","track_id":"s\(track)","timestamp":1700000000000,"action":"complete","duration":180000,\
        "total_duration":180000,"source":"real_user"}
        """
    }

    // MARK: - Overview

    @Test func theOverviewTellsLogLagLakeModelsAndIndex() throws {
        let fixture = try ServingFixture()
        let service = try makeService(fixture, lake: try makeLake(fixture, covering: 3))
        _ = try service.post("/events", "[" + (0..<5).map(event).joined(separator: ",") + "]")
        let (response, json) = try service.get("/admin/api/overview")
        #expect(response.status == .ok)
        #expect(json["events"]?["appended"] == .integer(5))
        #expect(json["lag"]?["events"] == .integer(2))
        #expect(json["lag"]?["commits_behind"] == .integer(1))
        #expect(json["lake"]?["rows"] == .integer(3))
        #expect(json["lake"]?["days"]?.elements.first?["day"] == .string("2023-11-14"))
        #expect(json["models"]?["serving"] == .string("m1"))
        #expect(json["models"]?["runs"]?.elements.first?["metrics"]?["ndcg@10"] == .number(0.25))
        #expect(json["models"]?["runs"]?.elements.first?["is_current"] == .boolean(true))
        #expect(json["index"]?["items"] == .integer(12))
        #expect(json["top"]?.elements.first?["id"] == .string("s11"))
    }

    @Test func whatCannotBeReadIsSaidToBeUnknown() throws {
        let fixture = try ServingFixture()
        let service = try makeService(fixture)
        fixture.documents.fail(with: StorageError(.unavailable, "the store sleeps"))
        let (response, json) = try service.get("/admin/api/overview")
        #expect(response.status == .ok)
        #expect(json["models"]?["error"]?.text?.contains("the store sleeps") == true)
        #expect(json["lag"]?["error"]?.text?.contains("no lake") == true)
        #expect(json["lake"]?["error"]?.text?.contains("no lake") == true)
        #expect(json["index"]?["items"] == .integer(12))
    }

    @Test func manyWhoLookCostOneReading() throws {
        let fixture = try ServingFixture()
        let service = try makeService(fixture)
        let first = try service.get("/admin/api/overview").response.body
        _ = try service.post("/events", event(1))
        #expect(try service.get("/admin/api/overview").response.body == first)
    }

    @Test func theRateIsThatOfTheLastTenSecondsWithoutGaps() {
        var samples = ThroughputSamples()
        func add(_ at: Int64, _ appended: Int64?) {
            samples.append(ThroughputSample(at: at, appended: appended, lag: nil, requests: 0))
        }
        add(1_000, 0)
        #expect(samples.eventsPerSecond == nil)
        add(3_000, 10)
        #expect(samples.eventsPerSecond == 5)
        // What is older than ten seconds does not count, nor a moment at which the log was away.
        add(14_000, 120)
        add(16_000, nil)
        add(18_000, 200)
        #expect(samples.eventsPerSecond == 20)
        // After a minute in which nobody looked, the curve begins anew.
        add(90_000, 500)
        #expect(samples.all.count == 1)
        #expect(samples.eventsPerSecond == nil)
    }

    // MARK: - Activating a model

    @Test func aModelIsActivatedByItsVersion() throws {
        let fixture = try ServingFixture()
        let asked = Mutex<[String]>([])
        let service = try makeService(fixture) { version in asked.withLock { $0.append(version) } }
        let (response, json) = try service.post("/admin/api/models/m1/activate", "")
        #expect(response.status == .ok)
        #expect(json["version"] == .string("m1"))
        #expect(asked.withLock { $0 } == ["m1"])
    }

    @Test(arguments: [(StorageError.Code.notFound, 404), (.invalid, 409), (.corrupt, 409), (.unavailable, 503)])
    func aModelThatCannotServeIsRefusedWithTheReason(code: StorageError.Code, status: Int) throws {
        let fixture = try ServingFixture()
        let service = try makeService(fixture) { _ in throw StorageError(code, "it is broken") }
        let (response, json) = try service.post("/admin/api/models/m0/activate", "")
        #expect(response.status.rawValue == status)
        #expect(status == 503 || json["detail"]?.text == "it is broken")
    }

    @Test func aDaemonThatCannotActivateSaysSo() throws {
        let service = try makeService(try ServingFixture())
        #expect(try service.post("/admin/api/models/m1/activate", "").response.status == .notImplemented)
    }

    @Test func pagesOfOtherSitesCannotActivate() throws {
        let service = try makeService(try ServingFixture()) { _ in Issue.record("was activated") }
        let request = HTTPRequest(
            method: .post, target: "/admin/api/models/m1/activate",
            headers: HTTPHeaders([("Origin", "https://evil.example"), ("Host", "127.0.0.1:8080")]))
        #expect(service.respond(to: request).status == .forbidden)
    }

    // MARK: - Newest songs

    @Test func newestSongsComeByDayOfReleaseWithoutThoseToCome() throws {
        let fixture = try ServingFixture()
        let days = ["2023-11-01", nil, "2023-11-14", "2023-11-15", "2020-01-01", "2023-11-14"]
        try fixture.store.upsertSongs(
            days.enumerated().map { index, day in
                Song(trackID: "n\(index)", title: "New \(index)", releaseDate: day.flatMap { EventDay($0) })
            })
        let service = try fixture.makeService()
        try service.refresh()
        // The fixture's today is 2023-11-14; ties go by id.
        #expect(try service.get("/newest").json.songIDs == ["n2", "n5", "n0", "n4"])
        #expect(try service.get("/newest?limit=1").json.songIDs == ["n2"])
        #expect(try service.get("/newest?limit=0").response.status == .badRequest)
    }
}
