import Domain
import Foundation
import HTTPServer
import Serving
import Storage
import TestSupport
import Testing

/// Of the 40 songs of the fixture, `s<i>` points into direction `i % 4` and is by `Artist <i % 7>`; here it is also released
/// in the year 1980 + i, but for the last.
@Suite struct RefinementTests {
    private static func makeService(_ fixture: ServingFixture) throws -> ServingService {
        try fixture.addSongs(40)
        try fixture.store.upsertSongs(
            (0..<39).map { Song(trackID: "s\($0)", releaseDate: EventDay("\(1980 + $0)-06-15")) })
        try fixture.publish(version: "m1", items: 40)
        let service = try fixture.makeService()
        try service.refresh()
        return service
    }

    private static func home(_ more: String, user: String = "u2", limit: Int = 40) throws -> [String] {
        let fixture = try ServingFixture()
        let (response, json) = try makeService(fixture).get("/recommend/home?user_id=\(user)&limit=\(limit)&\(more)")
        #expect(response.status == .ok)
        return json.songIDs
    }

    private static func numbers(_ ids: [String]) -> [Int] { ids.compactMap { Int($0.dropFirst()) } }

    @Test func onlyAllowedSongsAreAnswered() throws {
        #expect(try Self.home("allow=s1&allow=s38&allow=s6&allow=nothing") == ["s6", "s38", "s1"])
        #expect(try Self.home("allow=s1&allow=s38&allow=s6&exclude=s6") == ["s38", "s1"])
        #expect(try Self.home("allow=s1&allow=s38", user: "stranger") == ["s38", "s1"])
        #expect(try Self.home("allow=nothing") == [])
    }

    @Test(arguments: ["u2", "stranger"])
    func onlySongsOfTheArtistsAreAnswered(user: String) throws {
        let one = try Self.home("artist=ARTIST%203", user: user)
        #expect(Set(one) == ["s3", "s10", "s17", "s24", "s31", "s38"])
        if user == "u2" { #expect(one.prefix(2) == ["s10", "s38"]) } else { #expect(one.first == "s38") }
        let two = try Self.home("artist=Artist+3&artist=artist%201", user: user, limit: 12)
        #expect(Set(Self.numbers(two).map { $0 % 7 }) == [1, 3])
        #expect(two.count == 12)
        #expect(try Self.home("artist=nobody", user: user) == [])
        #expect(Set(try Self.home("artist=Artist+3&allow=s3&allow=s4", user: user)) == ["s3"])
    }

    @Test func artistsOfOneNameAreToldApartByTheirID() throws {
        let fixture = try ServingFixture()
        try fixture.addSongs(40)
        try fixture.store.upsertSongs([
            Song(trackID: "s1", artist: "Nirvana", artistID: "a1"),
            Song(trackID: "s2", artist: "Nirvana", artistID: "a2"),
            Song(trackID: "s3", artist: "Nirvana", artistID: "a2"),
        ])
        try fixture.publish(version: "m1", items: 40)
        let service = try fixture.makeService()
        try service.refresh()
        func songs(_ query: String) throws -> Set<String> {
            Set(try service.get("/recommend/home?user_id=u2&\(query)").json.songIDs)
        }
        #expect(try songs("artist=a2") == ["s2", "s3"])
        #expect(try songs("artist=nirvana") == ["s1", "s2", "s3"])
        #expect(try songs("artist=nirvana&max_per_artist=1") == ["s1", "s2"])
    }

    @Test(arguments: ["u2", "stranger"])
    func onlySongsOfTheSpanAreAnsweredAndTheLimitIsFilled(user: String) throws {
        let span = try Self.home("released_from=1990&released_to=2009-06", user: user, limit: 20)
        #expect(Set(Self.numbers(span)) == Set(10...29))
        #expect(Set(Self.numbers(try Self.home("released_from=2016-06-15", user: user))) == [36, 37, 38])
        #expect(Set(Self.numbers(try Self.home("released_to=1981", user: user))) == [0, 1])
        #expect(try Self.home("released_from=2016-06-16&released_to=2017-06-14", user: user) == [])
    }

    @Test(arguments: ["u2", "stranger"])
    func noArtistHasMoreSongsThanAllowed(user: String) throws {
        let one = Self.numbers(try Self.home("max_per_artist=1", user: user))
        #expect(one.count == 7 && Set(one.map { $0 % 7 }).count == 7)
        let three = Self.numbers(try Self.home("max_per_artist=3", user: user, limit: 20))
        #expect(three.count == 20)
        #expect(Dictionary(grouping: three) { $0 % 7 }.values.allSatisfy { $0.count <= 3 })
        if user == "u2" {
            #expect(one == [2, 6, 10, 14, 18, 22, 26])
            #expect(Set(three.prefix(10)) == Set(stride(from: 2, to: 40, by: 4)))
        }
    }

    @Test func diversityTakesOtherDirectionsAndNoneLeavesTheOrder() throws {
        let plain = try Self.home("diversity=0", limit: 8)
        #expect(plain == (0..<8).map { "s\(2 + 4 * $0)" })
        let most = Self.numbers(try Self.home("diversity=1", limit: 4))
        #expect(most.first == 2)
        #expect(Set(most.map { $0 % 4 }).count == 4)
        let all = try Self.home("diversity=0.5")
        #expect(all.count == 40 && Set(all).count == 40)
    }

    @Test func filtersActTogetherInABodyAsInAQuery() throws {
        let fixture = try ServingFixture()
        let service = try Self.makeService(fixture)
        let body = """
            {"user_id":"u2","track_id":"s2","limit":3,"exclude":["s6"],"artist":["Artist 6","Artist 3","Artist 0"],
             "released_from":1985,"released_to":"2010-12-31","max_per_artist":1,"diversity":0}
            """
        let (response, json) = try service.post("/recommend/next", body)
        #expect(response.status == .ok)
        let songs = Self.numbers(json.songIDs)
        #expect(songs.count == 3 && Set(songs.map { $0 % 7 }) == [0, 3, 6])
        #expect(songs.allSatisfy { (5...30).contains($0) && $0 != 6 })
        #expect(songs.prefix(2) == [10, 14])
        let one = try service.post("/recommend/next", #"{"track_id":"s2","artist":"artist 3","limit":1}"#).json
        #expect(one.songIDs == ["s10"])
    }

    @Test(arguments: [
        "max_per_artist=0", "max_per_artist=x", "diversity=1.1", "diversity=-0.1", "diversity=nan", "released_from=199",
        "released_from=1999-13", "released_to=1999-02-30", "released_from=2001&released_to=2000",
        "diversity=0&diversity=1",
    ])
    func whatMakesNoSenseIsA400ThatNamesIt(query: String) throws {
        let fixture = try ServingFixture()
        let (response, json) = try Self.makeService(fixture).get("/recommend/home?user_id=u2&\(query)")
        #expect(response.status == .badRequest)
        #expect(json["parameter"]?.text.map(query.contains) == true)
    }

    @Test(arguments: [
        #""max_per_artist":1.5"#, #""diversity":"much""#, #""released_from":true"#, #""allow":"s1","limit":0"#,
        #""allow":[1]"#, #""artist":{}"#,
    ])
    func aBodyThatMakesNoSenseIsA400(members: String) throws {
        let fixture = try ServingFixture()
        let body = #"{"track_id":"s1",\#(members)}"#
        #expect(try Self.makeService(fixture).post("/recommend/next", body).response.status == .badRequest)
    }
}
