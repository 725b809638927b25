import Domain
import Foundation
import HTTPServer
import Serving
import Storage
import TestSupport
import Testing

@Suite struct RatingRouteTests {
    private func put(_ service: ServingService, _ track: String, _ rating: String, user: String = "u2") -> HTTPResponse
    {
        service.respond(
            to: HTTPRequest(
                method: .put, target: "/users/\(user)/ratings/\(track)", body: Array(#"{"rating":\#(rating)}"#.utf8)))
    }

    private func home(_ service: ServingService, _ more: String = "limit=3", user: String = "u2") throws -> [String] {
        try service.get("/recommend/home?user_id=\(user)&\(more)").json.songIDs
    }

    @Test func aRatingIsAnsweredAsItWasGiven() throws {
        let fixture = try ServingFixture()
        defer { withExtendedLifetime(fixture) {} }
        let service = try fixture.makeLoadedService(songs: 5)
        let response = put(service, "s1", #""dislike""#)
        let json = try JSONValue(parsing: response.body)
        #expect(response.status == .ok)
        #expect(json["user_id"] == .string("u2") && json["track_id"] == .string("s1"))
        #expect(json["rating"] == .string("dislike"))
        #expect(json["rated_at"] == .string("2023-11-14T22:13:20.000Z"))
        #expect(try JSONValue(parsing: put(service, "s2", "4").body)["rating"] == .integer(4))
        #expect(try JSONValue(parsing: put(service, "s2", "4.0").body)["rating"] == .integer(4))
        let list = try service.get("/users/u2/ratings").json["ratings"]?.elements ?? []
        #expect(list.map { $0["rating"] } == [.string("dislike"), .integer(4)])
        #expect(list.first?["song"]?["title"] == .string("Title 1"))
    }

    @Test(arguments: [#""dislike""#, "1"])
    func aDislikedSongIsNeverRecommendedToThatListenerAgain(rating: String) throws {
        let fixture = try ServingFixture()
        defer { withExtendedLifetime(fixture) {} }
        let service = try fixture.makeLoadedService()
        #expect(put(service, "s6", rating).status == .ok)
        #expect(put(service, "s39", rating, user: "stranger").status == .ok)
        #expect(try home(service) == ["s2", "s10", "s14"])
        #expect(try home(service, "limit=3&max_per_artist=3") == ["s2", "s10", "s14"])
        #expect(try home(service, "allow=s6&allow=s2") == ["s2"])
        #expect(try home(service, "limit=200").count == 39)
        #expect(try home(service, user: "stranger") == ["s38", "s37", "s36"])
        let body = #"{"user_id":"stranger","track_id":"s3","limit":200}"#
        #expect(try !service.post("/recommend/next", body).json.songIDs.contains("s39"))
        // Others hear it as before.
        #expect(try home(service, "limit=200", user: "u1").contains("s6"))
    }

    @Test func aDislikeThatIsTakenBackCountsNoMore() throws {
        let fixture = try ServingFixture()
        defer { withExtendedLifetime(fixture) {} }
        let service = try fixture.makeLoadedService()
        #expect(put(service, "s2", #""dislike""#).status == .ok)
        #expect(try home(service).first == "s6")
        for _ in 0..<2 {
            let request = HTTPRequest(method: .delete, target: "/users/u2/ratings/s2")
            let response = service.respond(to: request)
            #expect(response.status == .noContent && response.body.isEmpty)
        }
        #expect(try home(service).first == "s2")
        #expect(put(service, "s2", "1").status == .ok)
        #expect(put(service, "s2", #""like""#).status == .ok)
        #expect(try home(service).first == "s2")
    }

    @Test func whatAnotherDaemonWroteIsSeenAtTheNextRefresh() throws {
        let fixture = try ServingFixture()
        try fixture.addSongs(40)
        try fixture.publish(version: "m1", items: 40)
        for user in 0..<1200 {
            try fixture.store.setRating(Rating(trackID: "s5", value: .like, ratedAt: 1), userID: "x\(user)")
        }
        try fixture.store.setRating(Rating(trackID: "s2", value: .dislike, ratedAt: 1), userID: "u2")
        let service = try fixture.makeService()
        try service.refresh()
        #expect(try home(service).first == "s6")
        try fixture.store.removeRatings(userID: "u2", now: 2)
        #expect(try home(service).first == "s6")
        try service.refresh()
        #expect(try home(service).first == "s2")
    }

    @Test func ratingsComeInPagesNewestFirst() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService(songs: 9)
        for song in 0..<9 {
            try fixture.store.setRating(
                Rating(trackID: "s\(song)", value: .like, ratedAt: Int64(song / 2)), userID: "u 1")
        }
        var walked: [String] = []
        var cursor = ""
        repeat {
            let (response, json) = try service.get("/users/u%201/ratings?limit=4&cursor=\(cursor)")
            #expect(response.status == .ok)
            walked += (json["ratings"]?.elements ?? []).compactMap { $0["song"]?["id"]?.text }
            cursor = json["next_cursor"]?.text ?? ""
        } while !cursor.isEmpty
        #expect(walked == ["s8", "s6", "s7", "s4", "s5", "s2", "s3", "s0", "s1"])
        #expect(try service.get("/users/u1/ratings?cursor=zzz").response.status == .badRequest)
    }

    @Test(arguments: ["0", "6", "1.5", "\"love\"", "null", "true", "[]"])
    func aRatingThatIsNoneIsA400AndNothingIsKept(rating: String) throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService(songs: 3)
        #expect(put(service, "s1", rating).status == .badRequest)
        #expect(try fixture.store.ratings(userID: "u2", after: nil, limit: 9).isEmpty)
    }

    @Test func aSongNobodyKnowsIsA404AndAStoreThatIsDownA503() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService(songs: 3)
        #expect(put(service, "none", "3").status == .notFound)
        #expect(put(service, "s1", "3", user: "%0a").status == .badRequest)
        fixture.documents.fail(with: StorageError(.unavailable, "down"))
        #expect(put(service, "s1", "3").status == .serviceUnavailable)
    }
}
