import Domain
import HTTPServer
import ServiceKit
import Serving
import Storage
import TestSupport
import Testing

/// Recommendations that follow what a listener did a moment ago.
@Suite(.timeLimit(.minutes(2))) struct SpeedTests {
    private func event(
        _ user: String, _ track: String, at timestamp: Int64, action: String = "complete", key: String? = nil
    ) -> String {
        """
        {"user_id": "\(user)", "track_id": "\(track)", "timestamp": \(timestamp), "action": "\(action)",
         "duration": 180000, "total_duration": 180000, "source": "real_user"\(key.map { ", \"idempotency_key\": \"\($0)\"" } ?? "")}
        """
    }

    private func home(_ service: ServingService, _ user: String) throws -> (strategy: String?, songs: [String]) {
        let (_, json) = try service.get("/recommend/home?user_id=\(user)&limit=10")
        return (json["strategy"]?.text, json.songIDs)
    }

    /// Which of the four directions most of the songs point to.
    private func direction(_ songs: [String]) -> Int? {
        let counts = Dictionary(grouping: songs.compactMap { Int($0.dropFirst()) }) { $0 % 4 }.mapValues(\.count)
        return counts.max { $0.value < $1.value }?.key
    }

    @Test func aStrangerIsAnsweredPersonallyFromTheThirdListenOn() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        let now = fixture.clock.now
        let popular = try home(service, "ann")
        #expect(popular.strategy == "popular")
        for (number, track) in ["s1", "s5", "s9"].enumerated() {
            #expect(try home(service, "ann").strategy == "popular")
            _ = try service.post("/events", event("ann", track, at: now - Int64(number)))
        }
        let personal = try home(service, "ann")
        #expect(personal.strategy == "recent")
        #expect(personal.songs != popular.songs)
        #expect(direction(personal.songs) == 1)
        // Just heard: only when there are no others.
        #expect(Set(personal.songs).isDisjoint(with: ["s1", "s5", "s9"]))
        // Nobody else's list has changed.
        #expect(try home(service, "bob").strategy == "popular")
        #expect(direction(try home(service, "u2").songs) == 2)
    }

    @Test func skipsAloneAndSongsTheModelDoesNotKnowMakeNoTaste() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        let now = fixture.clock.now
        for number in 0..<6 {
            _ = try service.post("/events", event("ann", "s\(number)", at: now - Int64(number), action: "skip"))
            _ = try service.post("/events", event("bob", "unknown\(number)", at: now - Int64(number)))
        }
        #expect(try home(service, "ann").strategy == "popular")
        #expect(try home(service, "bob").strategy == "popular")
    }

    @Test func aKnownListenersListMovesWithTheSession() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        let before = try home(service, "u0")
        #expect(before.strategy == "personal" && direction(before.songs) == 0)
        let now = fixture.clock.now
        let events = [3, 7, 11, 15, 19].map { event("u0", "s\($0)", at: now - Int64($0)) }
        _ = try service.post("/events", "[\(events.joined(separator: ","))]")
        let after = try home(service, "u0")
        #expect(after.strategy == "personal")
        #expect(after.songs != before.songs)
        #expect(after.songs.contains { Int($0.dropFirst()).map { $0 % 4 == 3 } ?? false })
        // Listens from before the model are in it already.
        let old = [2, 6, 10].map { event("u1", "s\($0)", at: now - 86_400_000 - Int64($0)) }
        let unmoved = try home(service, "u1")
        _ = try service.post("/events", "[\(old.joined(separator: ","))]")
        #expect(try home(service, "u1").songs == unmoved.songs)
    }

    @Test func whatIngestWroteToTheStoreIsFollowedAndRemovalToo() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        let now = fixture.clock.now
        func listens(_ tracks: [Int]) -> [RecentListen] {
            tracks.map {
                RecentListen(
                    trackID: "s\($0)", timestamp: now - 7_200_000 - Int64($0), action: .complete, duration: 1,
                    totalDuration: 1)
            }
        }
        try fixture.store.appendRecentListens(
            [RecentListens(userID: "ann", listens: listens([2, 6, 10]))], keeping: 50, now: now)
        var cursor = try service.follow(from: nil)
        #expect(try home(service, "ann").strategy == "recent")
        #expect(direction(try home(service, "ann").songs) == 2)
        // A new model: the listens are folded into it before it serves.
        try fixture.publish(version: "m2", items: 40)
        try service.refresh()
        #expect(try home(service, "ann").strategy == "recent")
        try fixture.store.removeRecentListens(userID: "ann", now: now)
        cursor = try service.follow(from: cursor)
        #expect(try home(service, "ann").strategy == "popular")
    }

    @Test func theRunningDaemonFollowsByItself() throws {
        let fixture = try ServingFixture()
        fixture.options.recentPollInterval = .milliseconds(5)
        try fixture.addSongs(40)
        try fixture.publish(version: "m1", items: 40)
        let service = try fixture.makeService()
        let stop = StopSignal()
        let thread = try WorkerThread(name: "serve") { try service.run(until: stop) }
        fixture.documents.fail(with: StorageError(.unavailable, "away"))
        fixture.documents.fail(with: nil)
        #expect(try eventually { try home(service, "u1").strategy == "personal" })
        let listens = [2, 6, 10].map {
            RecentListen(
                trackID: "s\($0)", timestamp: fixture.clock.now - Int64($0), action: .complete, duration: 1,
                totalDuration: 1)
        }
        try fixture.store.appendRecentListens(
            [RecentListens(userID: "ann", listens: listens)], keeping: 50, now: fixture.clock.now)
        #expect(try eventually { try home(service, "ann").strategy == "recent" })
        stop.stop()
        try thread.join()
    }

    @Test func turnedOffNothingMoves() throws {
        let fixture = try ServingFixture()
        fixture.options.recentUserLimit = 0
        let service = try fixture.makeLoadedService()
        for number in 0..<5 { _ = try service.post("/events", event("ann", "s\(number * 4)", at: fixture.clock.now)) }
        #expect(try home(service, "ann").strategy == "popular")
    }

    // MARK: - The same listen twice

    @Test func theSameListenOrKeyIsTakenOnceAndAReplayTwice() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        let now = fixture.clock.now
        func post(_ events: String...) throws -> [JSONNumbers] {
            let (response, json) = try service.post("/events", "[\(events.joined(separator: ","))]")
            #expect(response.status == .accepted)
            return [JSONNumbers(accepted: json["accepted"]?.number, duplicates: json["duplicates"]?.number)]
        }
        let one = event("ann", "s1", at: now - 5)
        #expect(try post(one, one) == [JSONNumbers(accepted: 1, duplicates: 1)])
        #expect(try post(one) == [JSONNumbers(accepted: 0, duplicates: 1)])
        #expect(try post(event("ann", "s1", at: now - 4)) == [JSONNumbers(accepted: 1, duplicates: 0)])
        #expect(try post(event("bob", "s1", at: now - 5)) == [JSONNumbers(accepted: 1, duplicates: 0)])
        // A client that sends again with the time of sending: its key tells.
        #expect(try post(event("ann", "s2", at: now - 3, key: "k1")) == [JSONNumbers(accepted: 1, duplicates: 0)])
        #expect(try post(event("ann", "s2", at: now - 2, key: "k1")) == [JSONNumbers(accepted: 0, duplicates: 1)])
        #expect(try post(event("bob", "s2", at: now - 2, key: "k1")) == [JSONNumbers(accepted: 1, duplicates: 0)])
        #expect(fixture.log.durable.count == 5)
        #expect(!fixture.log.durable.contains { $0.value.contains("k1") })
    }

    struct JSONNumbers: Equatable {
        var accepted: Int64?
        var duplicates: Int64?
    }

    @Test(arguments: ["7", "\"\"", "[]", "true"]) func aKeyThatIsNoneIsNamed(key: String) throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeService()
        let body = event("ann", "s1", at: fixture.clock.now, key: "K").replacing("\"K\"", with: key)
        let (response, json) = try service.post("/events", body)
        #expect(response.status == .unprocessableContent)
        #expect(json["errors"]?.elements.count == 1)
        #expect(fixture.log.durable.isEmpty)
    }

    @Test func listensTheLogDidNotTakeAreTakenWhenSentAgain() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeService()
        let one = event("ann", "s1", at: fixture.clock.now, key: "k")
        fixture.log.fail(with: StorageError(.unavailable, "no broker"))
        #expect(try service.post("/events", one).response.status == .serviceUnavailable)
        fixture.log.fail(with: nil)
        #expect(try service.post("/events", one).json["accepted"] == .integer(1))
        #expect(fixture.log.durable.count == 1)
    }

    @Test func aListenOfTheStoresRecentOnesIsKnownToANewProcess() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeService()
        let now = fixture.clock.now
        let listen = RecentListen(
            trackID: "s1", timestamp: now - 9, action: .complete, duration: 1, totalDuration: 1)
        try fixture.store.appendRecentListens(
            [RecentListens(userID: "ann", listens: [listen])], keeping: 50, now: now)
        _ = try service.follow(from: nil)
        #expect(try service.post("/events", event("ann", "s1", at: now - 9)).json["duplicates"] == .integer(1))
        #expect(fixture.log.durable.isEmpty)
    }
}
