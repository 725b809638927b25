import Domain
import Foundation
import HTTPServer
import ServiceKit
import Serving
import Storage
import TestSupport
import Testing

/// What the daemon makes of the lake: fatigue, reasons, popularity by completions, and a listener's history.
@Suite struct ListeningHistoryTests {
    private static let now: Int64 = 1_700_000_000_000
    private static let today = EventDay(epochMilliseconds: now)

    private struct Listen {
        var user = "u2"
        var song: String
        var daysAgo = 0
        var action = EventAction.complete
        var count = 1
        /// Seconds after the beginning of the day.
        var second: Int64 = 1

        var event: ListeningEvent {
            ListeningEvent(
                userID: user, trackID: song,
                timestamp: ListeningHistoryTests.today.advanced(by: -daysAgo).startMilliseconds + second * 1000,
                action: action, duration: 180_000, totalDuration: 180_000, source: .realUser)
        }
    }

    private final class Place {
        let fixture: ServingFixture
        let lake: any EventLake
        private var offset: Int64 = 0

        init(songs: Int = 40) throws {
            fixture = try ServingFixture()
            try fixture.addSongs(songs)
            try fixture.publish(version: "m1", items: songs)
            lake = try EventLakes.open(uri: "file:" + fixture.directory.path("lake/raw/logs"))
        }

        func append(_ listens: [Listen]) throws {
            var batches: [EventDay: EventBatch] = [:]
            var rows: Int64 = 0
            for listen in listens {
                for _ in 0..<listen.count { batches[listen.event.day, default: EventBatch()].append(listen.event) }
                rows += Int64(listen.count)
            }
            _ = try lake.append(
                batches, topic: "music_log", from: [0: offset], to: [0: offset + rows], beforeCommit: {})
            offset += rows
        }

        func makeService() throws -> ServingService {
            let service = try ServingService(
                options: fixture.options, documents: fixture.documents, models: fixture.models, lake: lake,
                eventLog: fixture.log, clock: fixture.clock, metrics: fixture.metrics,
                logger: Logger(label: "serve", output: fixture.lines))
            try service.refresh()
            return service
        }
    }

    private func home(_ service: ServingService, _ more: String, user: String = "u2") throws -> [String] {
        try service.get("/recommend/home?user_id=\(user)&\(more)").json.songIDs
    }

    // MARK: - Fatigue

    @Test func songsHeardWithinTheWindowAreNotAnsweredAndComeBackAfterIt() throws {
        let place = try Place()
        try place.append([
            Listen(song: "s2"), Listen(song: "s6", daysAgo: 2), Listen(song: "s10", daysAgo: 5),
            Listen(user: "u1", song: "s14"),
        ])
        let service = try place.makeService()
        #expect(try home(service, "limit=2") == ["s2", "s6"])
        #expect(try home(service, "limit=2&fatigue_days=0") == ["s2", "s6"])
        #expect(try home(service, "limit=2&fatigue_days=1") == ["s6", "s10"])
        #expect(try home(service, "limit=2&fatigue_days=3") == ["s10", "s14"])
        #expect(try home(service, "limit=200&fatigue_days=6").count == 37)
        #expect(try home(service, "limit=200&fatigue_days=6&allow=s2&allow=s14") == ["s14"])
        let next = try service.post(
            "/recommend/next", #"{"user_id":"u2","track_id":"s18","limit":40,"fatigue_days":6}"#)
        #expect(Set(next.json.songIDs).isDisjoint(with: ["s2", "s6", "s10", "s18"]))
        place.fixture.clock.set(Self.now + 86_400_000)
        try service.refresh()
        #expect(try home(service, "limit=2&fatigue_days=1") == ["s2", "s6"])
    }

    @Test func aStrangersPopularSongsAreTiringToo() throws {
        let place = try Place()
        try place.append([Listen(user: "stranger", song: "s39"), Listen(user: "stranger", song: "s38")])
        let service = try place.makeService()
        #expect(try home(service, "limit=2", user: "stranger") == ["s39", "s38"])
        #expect(try home(service, "limit=2&fatigue_days=7", user: "stranger") == ["s37", "s36"])
    }

    @Test func aWindowLongerThanTheHistoryIsA400() throws {
        let place = try Place(songs: 5)
        place.fixture.options.historyDays = 7
        let service = try place.makeService()
        #expect(try service.get("/recommend/home?user_id=u2&fatigue_days=7").response.status == .ok)
        let (response, json) = try service.get("/recommend/home?user_id=u2&fatigue_days=8")
        #expect(response.status == .badRequest && json["parameter"] == .string("fatigue_days"))
    }

    @Test func whatComesIntoOldAndNewDaysIsSeenAtTheNextRefresh() throws {
        let place = try Place()
        try place.append([Listen(song: "s2"), Listen(song: "s6", daysAgo: 2)])
        let service = try place.makeService()
        try place.append([Listen(song: "s10", daysAgo: 2), Listen(user: "new", song: "s39")])
        try service.refresh()
        #expect(try home(service, "limit=1&fatigue_days=7") == ["s14"])
        #expect(try home(service, "limit=1&fatigue_days=7", user: "new") == ["s38"])
    }

    @Test func whoIsForgottenInTheLakeIsForgottenHere() throws {
        let place = try Place()
        try place.append([
            Listen(song: "s2"), Listen(song: "s6", daysAgo: 3), Listen(user: "u1", song: "s1"),
            Listen(user: "u1", song: "s5", daysAgo: 3),
        ])
        let service = try place.makeService()
        #expect(try home(service, "limit=2&fatigue_days=7") == ["s10", "s14"])
        #expect(try place.lake.forget(userID: "u2", until: StopSignal()) == 2)
        try service.refresh()
        #expect(try home(service, "limit=2&fatigue_days=7") == ["s2", "s6"])
        #expect(try service.get("/users/u2/history").json["listens"] == .array([]))
        #expect(try home(service, "limit=2&fatigue_days=7", user: "u1") == ["s9", "s13"])
        #expect(Set(try service.get("/popular?window=7d").json.songIDs) == ["s1", "s5"])
    }

    // MARK: - Reasons

    @Test func eachSongTellsTheListensThatSpeakForIt() throws {
        let place = try Place()
        try place.append([
            Listen(song: "s6", count: 5), Listen(song: "s10", daysAgo: 1), Listen(song: "s1", count: 2),
            Listen(song: "s14", action: .skip, count: 3), Listen(user: "u1", song: "s18", count: 9),
        ])
        let service = try place.makeService()
        let (response, json) = try service.get("/recommend/home?user_id=u2&limit=1&explain=true")
        #expect(response.status == .ok)
        let because = try #require(json["songs"]?.elements.first?["because"]?.elements)
        #expect(json.songIDs == ["s2"])
        #expect(because.first?["track_id"] == .string("s6"))
        #expect(because.first?["title"] == .string("Title 6"))
        let named = Set(because.compactMap { $0["track_id"]?.text })
        #expect(named.contains("s10") && named.isDisjoint(with: ["s14", "s18", "s2"]))
        let weights = because.compactMap { element -> Double? in
            if case .number(let weight) = element["weight"] { weight } else { nil }
        }
        #expect(weights == weights.sorted(by: >) && weights.allSatisfy { 0 < $0 && $0 <= 1 })
        #expect(weights.reduce(0, +) <= 1.0001)
        #expect(try service.get("/recommend/home?user_id=u2&limit=1").json["songs"]?.elements.first?["because"] == nil)
    }

    @Test func aSongThatPlaysSpeaksForThoseLikeIt() throws {
        let place = try Place()
        let service = try place.makeService()
        let (_, next) = try service.post("/recommend/next", #"{"track_id":"s3","limit":2,"explain":true}"#)
        #expect(next["songs"]?.elements.first?["because"]?.elements.first?["track_id"] == .string("s3"))
        let (_, popular) = try service.get("/recommend/home?user_id=stranger&limit=2&explain=true")
        #expect(popular["songs"]?.elements.first?["because"] == .array([]))
    }

    // MARK: - Popular

    @Test func popularIsByCompletionsAndThreeLuckyListensDoNotWin() throws {
        let place = try Place(songs: 6)
        try place.append([
            // 90 of 100, 60 of 100, 3 of 3, 0 of 3, and much played a month ago.
            Listen(song: "s1", count: 90), Listen(song: "s1", action: .skip, count: 10),
            Listen(song: "s2", count: 60), Listen(song: "s2", action: .listen, count: 40),
            Listen(song: "s3", count: 3), Listen(song: "s4", action: .skip, count: 3),
            Listen(song: "s5", daysAgo: 30, count: 320), Listen(song: "s5", daysAgo: 30, action: .skip, count: 80),
        ])
        let service = try place.makeService()
        let (_, week) = try service.get("/popular?window=7d&limit=10")
        #expect(week.songIDs == ["s1", "s3", "s4", "s2"])
        let scores = (week["songs"]?.elements ?? []).compactMap { song -> Double? in
            if case .number(let score) = song["score"] { score } else { nil }
        }
        // C = (100² + 100² + 3² + 3²) ÷ 206, m = 153 ÷ 206.
        let (weight, mean) = (20_018.0 / 206, 153.0 / 206)
        let expected = [(100.0, 90.0), (3, 3), (3, 0), (100, 60)].map { (weight * mean + $0.1) / (weight + $0.0) }
        #expect(zip(scores, expected).allSatisfy { abs($0 - $1) < 1e-5 } && scores.count == 4)
        #expect(try service.get("/popular?window=all&limit=3").json.songIDs == ["s1", "s5", "s3"])
        #expect(try service.get("/popular?limit=1").json.songIDs == ["s1"])
        place.fixture.clock.set(Self.now + 8 * 86_400_000)
        try service.refresh()
        #expect(try service.get("/popular?window=7d").json.songIDs == [])
        #expect(try service.get("/popular?limit=2").json.songIDs == ["s1", "s5"])
    }

    // MARK: - History

    @Test func aListenersHistoryComesInPagesNewestFirstAndEachListenOnce() throws {
        let place = try Place()
        var listens = (0..<12).map { Listen(song: "s\($0)", daysAgo: $0 / 3 * 20, second: Int64($0 % 3)) }
        listens[1].action = .skip
        try place.append(listens + [Listen(user: "u1", song: "s30")])
        let service = try place.makeService()
        let recent = [listens[2], Listen(song: "s33", second: 50_000)].map { RecentListen($0.event) }
        try place.fixture.store.appendRecentListens(
            [RecentListens(userID: "u2", listens: recent)], keeping: 10, now: Self.now)
        var walked: [(song: String, at: String)] = []
        var cursor = ""
        var pages = 0
        repeat {
            let (response, json) = try service.get("/users/u2/history?limit=5&cursor=\(cursor)")
            #expect(response.status == .ok)
            walked += (json["listens"]?.elements ?? []).map {
                ($0["song"]?["id"]?.text ?? "", $0["listened_at"]?.text ?? "")
            }
            cursor = json["next_cursor"]?.text ?? ""
            pages += 1
        } while !cursor.isEmpty && pages < 20
        let expected = [("s33", 0)] + [2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9].map { ("s\($0)", 0) }
        #expect(walked.map(\.song) == expected.map(\.0))
        #expect(walked.first?.at == "2023-11-14T13:53:20.000Z")
        let first = try service.get("/users/u2/history?limit=3").json["listens"]?.elements
        #expect(first?.last?["action"] == .string("skip"))
        #expect(first?.first?["song"]?["title"] == .string("Title 33"))
        let nobody = try service.get("/users/nobody/history").json
        #expect(nobody["listens"] == .array([]) && nobody["next_cursor"] == .null)
        #expect(try service.get("/users/u2/history?cursor=x").response.status == .badRequest)
    }
}
