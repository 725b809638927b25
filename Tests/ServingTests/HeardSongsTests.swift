import Domain
import HTTPServer
import ServiceKit
import Serving
import Storage
import TestSupport
import Testing

@Suite struct HeardSongsTests {
    private static let day = EventDay(epochMilliseconds: 1_700_000_000_000)

    /// A lake in which `u2` heard these songs so many days ago.
    private func makeLake(_ fixture: ServingFixture, _ heard: [(song: String, daysAgo: Int)]) throws -> any EventLake {
        let lake = try EventLakes.open(uri: "file:" + fixture.directory.path("lake/raw/logs"))
        try append(heard, to: lake, from: 0)
        return lake
    }

    private func append(_ heard: [(song: String, daysAgo: Int)], to lake: any EventLake, from offset: Int64) throws {
        var batches: [EventDay: EventBatch] = [:]
        for (song, daysAgo) in heard {
            let day = Self.day.advanced(by: -daysAgo)
            let event = ListeningEvent(
                userID: "u2", trackID: song, timestamp: day.startMilliseconds + 1, action: .listen, duration: 1,
                totalDuration: 1, source: .realUser)
            for _ in 0..<3 { batches[day, default: EventBatch()].append(event) }
        }
        _ = try lake.append(
            batches, topic: "music_log", from: [0: offset], to: [0: offset + Int64(heard.count * 3)], beforeCommit: {})
    }

    private func ids(_ service: ServingService, _ user: String, _ limit: Int) throws -> [String] {
        try service.get("/recommend/home?user_id=\(user)&limit=\(limit)").json.songIDs
    }

    private func makeService(_ fixture: ServingFixture, _ lake: any EventLake) throws -> ServingService {
        let service = try ServingService(
            options: fixture.options, documents: fixture.documents, models: fixture.models, lake: lake,
            eventLog: fixture.log, clock: fixture.clock, metrics: fixture.metrics,
            logger: Logger(label: "serve", output: fixture.lines))
        try service.refresh()
        return service
    }

    @Test func songsHeardLatelyAreAvoidedAndOlderOnesComeAgain() throws {
        let fixture = try ServingFixture()
        fixture.options.heardSongs = .avoid(days: 7)
        try fixture.addSongs(40)
        try fixture.publish(version: "m1", items: 40)
        let lake = try makeLake(fixture, [("s2", 0), ("s6", 6), ("s10", 7), ("unknown", 1)])
        let service = try makeService(fixture, lake)
        #expect(try ids(service, "u2", 3) == ["s10", "s14", "s18"])
        #expect(try ids(service, "u1", 3) == ["s1", "s5", "s9"])
        let next = try service.post("/recommend/next", #"{"user_id":"u2","track_id":"s18","limit":2}"#).json
        #expect(Set(next.songIDs).isDisjoint(with: ["s2", "s6", "s18"]))
    }

    @Test func songsHeardLatelyFillTheListWhenThereAreNoOthers() throws {
        let fixture = try ServingFixture()
        fixture.options.heardSongs = .avoid(days: 7)
        try fixture.addSongs(5)
        try fixture.publish(version: "m1", items: 5)
        let service = try makeService(fixture, try makeLake(fixture, [("s2", 0), ("s0", 1)]))
        let all = try ids(service, "u2", 5)
        #expect(Set(all).count == 5)
        #expect(Set(all.suffix(2)) == ["s0", "s2"])
    }

    @Test func aListenerTheModelDoesNotKnowGetsUnheardPopularSongsFirst() throws {
        let fixture = try ServingFixture()
        fixture.options.heardSongs = .avoid(days: 7)
        try fixture.addSongs(4)
        let service = try makeService(fixture, try makeLake(fixture, [("s3", 0), ("s1", 0)]))
        #expect(try ids(service, "u2", 4) == ["s2", "s0", "s3", "s1"])
    }

    @Test func heardSongsAreRecommendedWhenNothingElseIsSaid() throws {
        let fixture = try ServingFixture()
        try fixture.addSongs(40)
        try fixture.publish(version: "m1", items: 40)
        let service = try makeService(fixture, try makeLake(fixture, [("s2", 0)]))
        #expect(try ids(service, "u2", 1) == ["s2"])
    }

    @Test func whatArrivesInTheLakeIsSeenAtTheNextRefresh() throws {
        let fixture = try ServingFixture()
        fixture.options.heardSongs = .avoid(days: 7)
        try fixture.addSongs(40)
        try fixture.publish(version: "m1", items: 40)
        let lake = try makeLake(fixture, [("s2", 0)])
        let service = try makeService(fixture, lake)
        #expect(try ids(service, "u2", 1) == ["s6"])
        try append([("s6", 0)], to: lake, from: 3)
        try service.refresh()
        #expect(try ids(service, "u2", 1) == ["s10"])
    }

    @Test func avoidingWithoutALakeIsRefused() throws {
        let fixture = try ServingFixture()
        fixture.options.heardSongs = .avoid(days: 7)
        let error = #expect(throws: ServingError.self) { try fixture.makeService() }
        #expect(error?.reason.contains("lake") == true)
    }
}
