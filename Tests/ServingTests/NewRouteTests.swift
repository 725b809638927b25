import Domain
import Foundation
import HTTPServer
import Serving
import Storage
import TestSupport
import Testing

@Suite struct NewRouteTests {
    // MARK: - New users

    @Test func aNewUserIsMadeOfSongsAndKnownFromThenOn() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        let body =
            #"{"songs":[{"track_id":"s1"},{"track_id":"s5","rating":5},{"track_id":"s2","rating":"dislike"}],"limit":4}"#
        let (response, json) = try service.post("/recommend", body)
        #expect(response.status == .ok)
        let userID = try #require(json["user_id"]?.text)
        #expect(userID.utf8.count == 32)
        #expect(json["strategy"] == .string("recent"))
        #expect(json.songIDs.count == 4 && json.songIDs.allSatisfy { (Int($0.dropFirst()) ?? 0) % 4 == 1 })
        #expect(Set(json.songIDs).isDisjoint(with: ["s1", "s5"]))
        // In the log, among the users, and rated.
        #expect(fixture.log.durable.count == 3)
        #expect(try fixture.store.user(id: userID) != nil)
        #expect(
            Set(try fixture.store.ratings(userID: userID, after: nil, limit: 9).map(\.trackID)) == ["s2", "s5"])
        let home = try service.get("/recommend/home?user_id=\(userID)&limit=40").json
        #expect(!home.songIDs.contains("s2"))
        let second = try service.post("/recommend", body).json["user_id"]?.text
        #expect(second != userID)
    }

    @Test func oneSongIsEnough() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        let (_, json) = try service.post("/recommend", #"{"songs":[{"track_id":"s3"}],"limit":3,"exclude":["s7"]}"#)
        #expect(json["strategy"] == .string("recent"))
        #expect(json.songIDs == ["s11", "s15", "s19"])
        // Nothing good is known of who dislikes a song.
        let (_, bad) = try service.post("/recommend", #"{"songs":[{"track_id":"s3","rating":1}],"limit":2}"#)
        #expect(bad["strategy"] == .string("popular"))
        #expect(bad.songIDs == ["s39", "s38"])
    }

    @Test(arguments: [
        ("{}", 400), (#"{"songs":[]}"#, 400), (#"{"songs":["s1"]}"#, 400), (#"{"songs":[{"track_id":7}]}"#, 400),
        (#"{"songs":[{"track_id":"s1","rating":9}]}"#, 400), (#"{"songs":[{"track_id":"s1"},{"track_id":"s1"}]}"#, 400),
        (#"{"songs":[{"track_id":"s1"}],"limit":0}"#, 400), (#"{"songs":[{"track_id":"none"}]}"#, 404), ("[", 400),
    ])
    func aWrongHistoryMakesNoUser(body: String, status: Int) throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService(songs: 5)
        let users = try fixture.store.userCount()
        #expect(try service.post("/recommend", body).response.status.rawValue == status)
        #expect(try fixture.store.userCount() == users)
        #expect(fixture.log.durable.isEmpty)
    }

    // MARK: - Batch

    @Test func aBatchAnswersEachRequestAsItsOwnRouteWould() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        let body = """
            {"requests":[{"user_id":"u2","limit":3},{"user_id":"stranger","limit":2},
             {"user_id":"u1","track_id":"s2","limit":5},{"user_id":"u3","limit":2,"artist":"Artist 3","explain":true}]}
            """
        let (response, json) = try service.post("/recommend/batch", body)
        #expect(response.status == .ok)
        let answers = json["answers"]?.elements ?? []
        #expect(answers.count == 4)
        #expect(answers[0] == (try service.get("/recommend/home?user_id=u2&limit=3").json))
        #expect(answers[1] == (try service.get("/recommend/home?user_id=stranger&limit=2").json))
        #expect(
            answers[2] == (try service.post("/recommend/next", #"{"user_id":"u1","track_id":"s2","limit":5}"#).json))
        #expect(answers[3].songIDs == ["s3", "s31"])
    }

    @Test(arguments: [
        "{}", #"{"requests":[]}"#, #"{"requests":[1]}"#, #"{"requests":[{"user_id":"u1"},{"limit":2}]}"#,
        #"{"requests":[{"user_id":"u1","limit":0}]}"#, #"{"requests":{"user_id":"u1"}}"#,
    ])
    func aWrongBatchIsA400(body: String) throws {
        let fixture = try ServingFixture()
        #expect(try fixture.makeLoadedService(songs: 5).post("/recommend/batch", body).response.status == .badRequest)
    }

    @Test func theWrongRequestOfABatchIsNamed() throws {
        let fixture = try ServingFixture()
        let (_, json) = try fixture.makeLoadedService(songs: 5)
            .post("/recommend/batch", #"{"requests":[{"user_id":"u1"},{"user_id":"u1","diversity":2}]}"#)
        #expect(json["detail"]?.text?.contains("requests[1]") == true)
        #expect(json["parameter"] == .string("diversity"))
    }

    // MARK: - Title, similar

    @Test func aTitleLeadsToSimilarSongs() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        let (response, json) = try service.get("/recommend?title=TITLE%204&limit=3")
        #expect(response.status == .ok)
        #expect(json["song"]?["id"] == .string("s4"))
        #expect(json["track_id"] == .string("s4"))
        #expect(json["strategy"] == .string("song"))
        #expect(json.songIDs.allSatisfy { (Int($0.dropFirst()) ?? 0) % 4 == 0 && $0 != "s4" })
        #expect(try service.get("/songs/s4/similar?limit=3").json.songIDs == json.songIDs)
        #expect(try service.get("/recommend?title=zzzzzzzz").response.status == .notFound)
        #expect(try service.get("/recommend").response.status == .badRequest)
    }

    @Test func theSongTitledJustSoIsPreferredWhateverItsTitleHolds() throws {
        let fixture = try ServingFixture()
        try fixture.addSongs(40)
        try fixture.store.upsertSongs([
            Song(trackID: "s4", title: "\"Nhạc\" \\ lạ"), Song(trackID: "s39", title: "Nhạc lạ (live)"),
            Song(trackID: "bare", artist: "Nhac La"),
        ])
        try fixture.publish(version: "m1", items: 40)
        let service = try fixture.makeService()
        try service.refresh()
        let (_, json) = try service.get("/recommend?title=nhac%20la&limit=1&explain=true")
        #expect(json["song"]?["id"] == .string("s4"))
        let because = json["songs"]?.elements.first?["because"]?.elements.first
        #expect(because?["title"] == .string("\"Nhạc\" \\ lạ"))
    }

    @Test func similarSongsAreFilteredToo() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        let ids = try service.get("/songs/s4/similar?limit=40&artist=Artist+4&exclude=s32").json.songIDs
        #expect(Set(ids) == ["s11", "s18", "s25", "s39"])
        #expect(try service.get("/songs/s4/similar?limit=40&max_per_artist=1").json.songIDs.count == 7)
        let because = try service.get("/songs/s4/similar?limit=1&explain=true").json["songs"]?.elements.first?[
            "because"]
        #expect(because?.elements.first?["track_id"] == .string("s4"))
    }

    // MARK: - Estimates

    @Test func anEstimateIsTheScoreOfTheList() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        let (response, json) = try service.get("/estimate?user_id=u2&track_id=s6&track_id=none&track_id=s1")
        #expect(response.status == .ok)
        #expect(json["model_version"] == .string("m1") && json["user_id"] == .string("u2"))
        let estimates = json["estimates"]?.elements ?? []
        #expect(estimates.map { $0["track_id"] } == [.string("s6"), .string("none"), .string("s1")])
        let listed = try service.get("/recommend/home?user_id=u2&allow=s6").json["songs"]?.elements.first?["score"]
        #expect(estimates[0]["score"] == listed)
        #expect(estimates[1]["score"] == .null)
        let stranger = try service.get("/estimate?user_id=stranger&track_id=s6").json["estimates"]?.elements
        #expect(stranger?.first?["score"] == .null)
        for wrong in ["user_id=u2", "track_id=s1", "user_id=&track_id=s1"] {
            #expect(try service.get("/estimate?\(wrong)").response.status == .badRequest)
        }
    }

    // MARK: - Likes

    @Test func likesMakeATasteAndMoveOne() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService()
        func like(_ song: String, _ user: String) {
            let request = HTTPRequest(
                method: .put, target: "/users/\(user)/ratings/\(song)", body: Array(#"{"rating":"like"}"#.utf8))
            #expect(service.respond(to: request).status == .ok)
        }
        for song in ["s3", "s7", "s11"] { like(song, "new") }
        let taste = try service.get("/recommend/home?user_id=new&limit=5").json
        #expect(taste["strategy"] == .string("recent"))
        #expect(taste.songIDs.allSatisfy { (Int($0.dropFirst()) ?? 0) % 4 == 3 })
        let before = try service.get("/estimate?user_id=u2&track_id=s1").json["estimates"]
        like("s5", "u2")
        let after = try service.get("/estimate?user_id=u2&track_id=s1").json["estimates"]
        #expect(before != after)
    }
}
