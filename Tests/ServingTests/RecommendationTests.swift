import Domain
import Foundation
import HTTPServer
import ServiceKit
import Serving
import Storage
import Synchronization
import TestSupport
import Testing

@Suite struct RecommendationTests {
    // MARK: - Home

    @Test func homeAnswersSongsOfTheListenersTasteWithTitles() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        let (response, json) = try service.get("/recommend/home?user_id=u2&limit=5")
        #expect(response.status == .ok)
        #expect(json["strategy"] == .string("personal"))
        #expect(json["model_version"] == .string("m1"))
        #expect(json["user_id"] == .string("u2"))
        #expect(json.songIDs == ["s2", "s6", "s10", "s14", "s18"])
        let first = try #require(json["songs"]?.elements.first)
        #expect(first["title"] == .string("Title 2"))
        #expect(first["artist"] == .string("Artist 2"))
        #expect(first["duration_ms"] == .integer(180_000))
        #expect(first["plays_cumulative"] == .integer(3))
        #expect(response.headers["Cache-Control"] == "private, no-store")
    }

    @Test func anUnknownListenerGetsPopularSongs() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        let (response, json) = try service.get("/recommend/home?user_id=stranger&limit=3")
        #expect(response.status == .ok)
        #expect(json["strategy"] == .string("popular"))
        #expect(json.songIDs == ["s39", "s38", "s37"])
    }

    @Test func theLimitIsAlwaysFilled() throws {
        let fixture = try ServingFixture()
        try fixture.addSongs(40)
        try fixture.publish(version: "m1", items: 10)
        let service = try fixture.makeService()
        try service.refresh()
        let ids = try service.get("/recommend/home?user_id=u0&limit=30").json.songIDs
        #expect(ids.count == 30)
        #expect(Set(ids).count == 30)
        #expect(Set(ids.prefix(10)) == Set((0..<10).map { "s\($0)" }))
        #expect(ids[10] == "s39")
        #expect(try service.get("/recommend/home?user_id=u0&limit=200").json.songIDs.count == 40)
    }

    @Test func excludedSongsAreNotAnsweredAndTheLimitIsStillFilled() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        let (_, json) = try service.get("/recommend/home?user_id=u2&limit=3&exclude=s2&exclude=s10&exclude=nothing")
        #expect(json.songIDs == ["s6", "s14", "s18"])
        let popular = try service.get("/recommend/home?user_id=stranger&limit=3&exclude=s38").json
        #expect(popular.songIDs == ["s39", "s37", "s36"])
    }

    @Test(arguments: [
        "/recommend/home", "/recommend/home?user_id=", "/recommend/home?user_id=a&limit=0",
        "/recommend/home?user_id=a&limit=201", "/recommend/home?user_id=a&limit=x",
        "/recommend/home?user_id=a&user_id=b",
        "/recommend/home?user_id=%ff", "/recommend/home?user_id=%0a", "/recommend/home?user_id=%C2%85",
    ])
    func aWrongRequestIsA400ThatNamesTheParameter(target: String) throws {
        let fixture = try ServingFixture()
        let (response, json) = try fixture.makeLoadedService(songs: 5).get(target)
        #expect(response.status == .badRequest)
        #expect(response.contentType == "application/problem+json")
        #expect(json["detail"]?.text?.isEmpty == false)
    }

    // MARK: - Next

    @Test func nextMixesTasteAndSong() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        let (response, json) = try service.post("/recommend/next", #"{"user_id":"u2","track_id":"s1","limit":12}"#)
        #expect(response.status == .ok)
        #expect(json["strategy"] == .string("session"))
        let directions = json.songIDs.map { (Int($0.dropFirst()) ?? 0) % 4 }
        #expect(directions.first == 2)
        #expect(Set(directions) == [1, 2])
        #expect(!json.songIDs.contains("s1"))
    }

    @Test func weightsDecideHowMuchTheSongCounts() throws {
        let fixture = try ServingFixture()
        fixture.options.userWeight = 0
        fixture.options.songWeight = 1
        let service = try fixture.makeLoadedService()
        let (_, json) = try service.post("/recommend/next", #"{"user_id":"u2","track_id":"s1","limit":3}"#)
        #expect(json.songIDs == ["s5", "s9", "s13"])
    }

    @Test func aLongUserVectorDoesNotDrownTheSong() throws {
        let fixture = try ServingFixture()
        try fixture.addSongs(40)
        try fixture.publish(version: "m1", items: 40)
        try fixture.store.upsertUserVectors(
            [("u2", ServingFixture.userVector(2, scale: 1000))], modelVersion: "m1", at: 1)
        let service = try fixture.makeService()
        try service.refresh()
        let (_, json) = try service.post("/recommend/next", #"{"user_id":"u2","track_id":"s1","limit":12}"#)
        #expect(Set(json.songIDs.map { (Int($0.dropFirst()) ?? 0) % 4 }) == [1, 2])
    }

    @Test(arguments: [
        (#"{"user_id":"stranger","track_id":"s1","limit":2}"#, "song", ["s5", "s9"]),
        (#"{"track_id":"s1","limit":2}"#, "song", ["s5", "s9"]),
        (#"{"user_id":"u3","track_id":"unknown","limit":2}"#, "personal", ["s3", "s7"]),
        (#"{"user_id":"stranger","track_id":"s39","limit":2,"exclude":["s3","s7"]}"#, "song", ["s11", "s15"]),
        (#"{"user_id":"stranger","track_id":"unknown","limit":2,"exclude":["s39"]}"#, "popular", ["s38", "s37"]),
    ])
    func nextFallsBackStepByStep(body: String, strategy: String, songs: [String]) throws {
        let fixture = try ServingFixture()
        let (_, json) = try fixture.makeLoadedService().post("/recommend/next", body)
        #expect(json["strategy"] == .string(strategy))
        #expect(json.songIDs == songs)
    }

    @Test(arguments: [
        "", "[]", "{", #"{"user_id":"u1"}"#, #"{"track_id":5}"#, #"{"track_id":""}"#, #"{"track_id":"s1","limit":"x"}"#,
        #"{"track_id":"s1","limit":0}"#, #"{"track_id":"s1","exclude":"s2"}"#, #"{"track_id":"s1","exclude":[1]}"#,
        #"{"track_id":"s1","user_id":7}"#,
    ])
    func aWrongBodyIsA400(body: String) throws {
        let fixture = try ServingFixture()
        #expect(try fixture.makeLoadedService(songs: 5).post("/recommend/next", body).response.status == .badRequest)
    }

    @Test func moreExclusionsThanAllowedAreRefused() throws {
        let fixture = try ServingFixture()
        fixture.options.maximumExcludeCount = 2
        let service = try fixture.makeLoadedService(songs: 5)
        let body = #"{"track_id":"s1","exclude":["a","b","c"]}"#
        #expect(try service.post("/recommend/next", body).response.status == .badRequest)
        let query = "/recommend/home?user_id=u1&exclude=a&exclude=b&exclude=c"
        #expect(try service.get(query).response.status == .badRequest)
    }

    // MARK: - Similar, popular

    @Test func similarSongsPointTheSameWay() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        let (_, json) = try service.get("/songs/s4/similar?limit=5")
        #expect(json["strategy"] == .string("song"))
        #expect(json.songIDs.count == 5)
        #expect(json.songIDs.allSatisfy { (Int($0.dropFirst()) ?? 0) % 4 == 0 && $0 != "s4" })
        #expect(try service.get("/songs/none/similar").response.status == .notFound)
    }

    @Test func aSongTheModelDoesNotKnowIsSimilarToPopularOnes() throws {
        let fixture = try ServingFixture()
        try fixture.addSongs(20)
        try fixture.publish(version: "m1", items: 10)
        let service = try fixture.makeService()
        try service.refresh()
        let (_, json) = try service.get("/songs/s19/similar?limit=2")
        #expect(json["strategy"] == .string("popular"))
        #expect(json.songIDs == ["s18", "s17"])
    }

    @Test func popularSongsAreInOrderOfPlays() throws {
        let fixture = try ServingFixture()
        let (response, json) = try fixture.makeLoadedService().get("/popular?limit=4")
        #expect(json.songIDs == ["s39", "s38", "s37", "s36"])
        #expect(response.headers["Cache-Control"] == "public, max-age=5")
    }

    // MARK: - The cache of user vectors

    @Test func aListenerNotInMemoryIsAskedFromTheStoreOnce() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        try fixture.store.upsertUserVectors([("late", ServingFixture.userVector(1))], modelVersion: "m1", at: 1)
        for _ in 0..<3 {
            #expect(try service.get("/recommend/home?user_id=late&limit=1").json.songIDs == ["s1"])
        }
        #expect(fixture.documents.userLookups == 1)
        for _ in 0..<3 { _ = try service.get("/recommend/home?user_id=stranger") }
        #expect(fixture.documents.userLookups == 2)
    }

    @Test func manyRequestsForOneListenerMakeOneQuery() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        try fixture.store.upsertUserVectors([("late", ServingFixture.userVector(1))], modelVersion: "m1", at: 1)
        let gate = DispatchSemaphore(value: 0)
        fixture.documents.gate.withLock { $0 = gate }
        let group = DispatchGroup()
        let answers = Mutex<[[String]]>([])
        let before = DispatchSemaphore(value: 0)
        for _ in 0..<8 {
            group.enter()
            Thread {
                before.signal()
                let ids = (try? service.get("/recommend/home?user_id=late&limit=1").json.songIDs) ?? []
                answers.withLock { $0.append(ids) }
                group.leave()
            }.start()
        }
        for _ in 0..<8 { before.wait() }
        #expect(eventually { fixture.documents.userLookups == 1 })
        gate.signal()
        #expect(group.wait(timeout: .now() + 20) == .success)
        #expect(answers.withLock { $0 } == Array(repeating: ["s1"], count: 8))
        // A thread that came after the first query ended finds the vector in memory.
        #expect(fixture.documents.userLookups == 1)
    }

    @Test func theMemoryOfListenersIsBounded() throws {
        let fixture = try ServingFixture()
        fixture.options.userVectorLimit = 64
        try fixture.addSongs(20)
        try fixture.publish(version: "m1", items: 20)
        let users = (0..<500).map { (userID: "v\($0)", values: ServingFixture.userVector($0 % 4)) }
        try fixture.store.upsertUserVectors(users, modelVersion: "m1", at: 1)
        let service = try fixture.makeService()
        try service.refresh()
        for index in 0..<500 {
            let ids = try service.get("/recommend/home?user_id=v\(index)&limit=1").json.songIDs
            #expect(ids == ["s\(index % 4)"])
        }
        #expect(try service.get("/stats").json["model"]?["cached_users"]?.number ?? .max <= 64)
    }

    @Test func aStoreThatIsDownDoesNotFailTheListener() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        fixture.documents.fail(with: StorageError(.unavailable, "down"))
        #expect(try service.get("/recommend/home?user_id=u1&limit=1").json["strategy"] == .string("personal"))
        let (response, json) = try service.get("/recommend/home?user_id=late&limit=1")
        #expect(response.status == .ok)
        #expect(json["strategy"] == .string("popular"))
        fixture.documents.fail(with: nil)
        try fixture.store.upsertUserVectors([("late", ServingFixture.userVector(1))], modelVersion: "m1", at: 1)
        #expect(try service.get("/recommend/home?user_id=late&limit=1").json["strategy"] == .string("personal"))
    }
}
