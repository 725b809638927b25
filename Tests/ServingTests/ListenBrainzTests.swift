import Domain
import HTTPServer
import ServiceKit
import Serving
import Storage
import Testing

@Suite struct ListenBrainzTests {
    private static func listen(
        _ artist: String, _ title: String, at seconds: Int64 = 1_699_990_000, _ info: String = "{}"
    )
        -> String
    {
        """
        {"listened_at":\(seconds),"track_metadata":{"artist_name":"\(artist)","track_name":"\(title)",\
        "additional_info":\(info)}}
        """
    }

    private static func single(_ listen: String) -> String { "{\"listen_type\":\"single\",\"payload\":[\(listen)]}" }

    @Test func songIsFoundByItsNamesOrMadeWithAnIDThatDependsOnTheListenAlone() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService(songs: 20)
        let recording = "{\"recording_mbid\":\"0F2D6F29-7b1c-4a0f-9a4e-3f2b6c0f7d11\",\"duration_ms\":600000}"
        for listen in [
            Self.listen("ARTIST 4", "títle  4"), Self.listen("Nobody", "Title 4"),
            Self.listen("Nobody", "New", at: 1_699_990_001, recording), Self.listen("!!!", "?"),
            Self.listen("nobody", "NEW", at: 1_699_990_002),
        ] {
            #expect(try service.scrobble(Self.single(listen)).status == .ok)
        }
        let ids = fixture.log.durable.compactMap { try? JSONValue(parsing: Array($0.value.utf8))["track_id"]?.text }
        #expect(ids.count == 5)
        #expect(ids[0] == "s4" && ids[1].hasPrefix("name:") && ids[3].hasPrefix("name:") && ids[1] != ids[3])
        #expect(ids[2] == "mbid:0f2d6f29-7b1c-4a0f-9a4e-3f2b6c0f7d11" && ids[4] == ids[2])
        #expect(try fixture.store.songCount() == 23)
        let made = try #require(try fixture.store.songs(ids: [ids[2]]).first)
        #expect(made.title == "New" && made.artist == "Nobody" && made.durationMilliseconds == 600_000)
        // Another server, over another store, gives the same id.
        let other = try ServingFixture()
        let second = try other.makeLoadedService(songs: 2)
        #expect(try second.scrobble(Self.single(Self.listen("NOBODY", "title-4"))).status == .ok)
        #expect(other.log.durable.first?.value.contains(ids[1]) == true)
        try service.refresh()
        #expect(try service.scrobble(Self.single(Self.listen("Nobody", "new!", at: 1_699_990_003))).status == .ok)
        #expect(fixture.log.durable.last?.value.contains(ids[2]) == true)
    }

    @Test func listenThatCouldNotBeStoredMayBeSentAgainAndIsThenThereOnce() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService(songs: 5)
        let body = Self.single(Self.listen("Artist 1", "Title 1"))
        fixture.log.fail(with: StorageError(.unavailable, "away"))
        let refused = try service.scrobble(body)
        #expect(refused.status == .serviceUnavailable && refused.headers["Retry-After"] == "2")
        #expect(try JSONValue(parsing: refused.body)["code"]?.number == 503)
        fixture.log.fail(with: nil)
        for _ in 0..<3 { #expect(try service.scrobble(body).status == .ok) }
        #expect(fixture.log.durable.count == 1)
        // The same song at another time is another listen, and so is it for another listener.
        #expect(try service.scrobble(Self.single(Self.listen("Artist 1", "Title 1", at: 1_699_990_200))).status == .ok)
        #expect(try service.scrobble(body, "bob").status == .ok)
        #expect(fixture.log.durable.map(\.key) == ["ann", "ann", "bob"])
    }

    @Test func whatPlaysNowIsToldAndNotKept() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService(songs: 5)
        let body =
            "{\"listen_type\":\"playing_now\",\"payload\":[{\"track_metadata\":{\"artist_name\":\"A\",\"track_name\":\"T\"}}]}"
        #expect(try service.scrobble(body).status == .ok)
        #expect(fixture.log.durable.isEmpty)
        #expect(try fixture.store.songCount() == 5 && fixture.store.user(id: "ann") == nil)
    }

    @Test func submissionOfTooManyListensKeepsNone() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService(songs: 5)
        func body(_ count: Int) -> String {
            let listens = (0..<count).map { Self.listen("A", "T\($0)", at: 1_699_000_000 + Int64($0)) }
            return "{\"listen_type\":\"import\",\"payload\":[\(listens.joined(separator: ","))]}"
        }
        #expect(try service.scrobble(body(1001)).status == .badRequest)
        #expect(fixture.log.durable.isEmpty)
        #expect(try service.scrobble(body(1000)).status == .ok)
        #expect(fixture.log.durable.count == 1000)
    }

    @Test func pageOfAnotherSiteMaySendOnlyWhatItCannotAddATokenTo() throws {
        let fixture = try ServingFixture()
        let service = try fixture.makeLoadedService(songs: 5)
        let body = Array(Self.single(Self.listen("Artist 1", "Title 1")).utf8)
        var headers = HTTPHeaders([("Origin", "https://elsewhere.example"), ("Host", "127.0.0.1")])
        #expect(
            service.respond(
                to: HTTPRequest(method: .post, target: "/1/submit-listens", headers: headers, body: body)
            ).status == .forbidden)
        headers.add("Authorization", "Token ann")
        #expect(
            service.respond(
                to: HTTPRequest(method: .post, target: "/1/submit-listens", headers: headers, body: body)
            ).status == .ok)
    }
}

extension ServingService {
    fileprivate func scrobble(_ body: String, _ token: String = "ann") throws -> HTTPResponse {
        respond(
            to: HTTPRequest(
                method: .post, target: "/1/submit-listens", headers: HTTPHeaders([("Authorization", "Token \(token)")]),
                body: Array(body.utf8)))
    }
}
