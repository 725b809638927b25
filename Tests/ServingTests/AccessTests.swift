import Foundation
import HTTPServer
import ServiceKit
import Serving
import Storage
import TestSupport
import Testing

@Suite struct AccessTests {
    private static let adminKey = "an-admin-key-for-tests"

    private func makeService(_ fixture: ServingFixture, mode: AccessOptions.Mode = .tokens) throws -> ServingService {
        fixture.options.access.mode = mode
        fixture.options.access.adminKey = Self.adminKey
        fixture.options.access.auditLogPath = fixture.directory.path("audit/audit.jsonl")
        return try fixture.makeLoadedService(songs: 20)
    }

    /// Id and secret of a new client.
    private func makeClient(_ service: ServingService, _ more: String = "") throws -> (id: String, secret: String) {
        let (response, json) = try service.send(.post, "/clients", "{\"name\":\"test\"\(more)}", bearer: Self.adminKey)
        #expect(response.status == .created)
        return (try #require(json["client_id"]?.text), try #require(json["client_secret"]?.text))
    }

    private func token(_ service: ServingService, _ client: (id: String, secret: String), _ more: String = "") throws
        -> String
    {
        let body = "grant_type=client_credentials&client_id=\(client.id)&client_secret=\(client.secret)\(more)"
        let (response, json) = try service.send(.post, "/token", body, type: "application/x-www-form-urlencoded")
        #expect(response.status == .ok)
        return try #require(json["access_token"]?.text)
    }

    private static let event = """
        {"user_id":"u1","track_id":"s1","timestamp":1700000000000,"action":"listen","duration":1,"total_duration":2,\
        "source":"real_user"}
        """

    @Test func whatAHostMeansForAccess() {
        var options = AccessOptions()
        for host in ["127.0.0.1", "localhost", "::1", "127.1.2.3"] { #expect(options.isOpen(host: host)) }
        for host in ["0.0.0.0", "::", "192.168.1.4", "example.org", ""] { #expect(!options.isOpen(host: host)) }
        options.mode = .open
        #expect(options.isOpen(host: "0.0.0.0"))
        options.mode = .tokens
        #expect(!options.isOpen(host: "127.0.0.1"))
    }

    @Test func closedServerAnswersTokensByScopeAndNobodyElse() throws {
        let fixture = try ServingFixture()
        let service = try makeService(fixture)
        for path in ["/health", "/ready", "/openapi.json", "/"] {
            #expect(service.respond(to: HTTPRequest(target: path)).status == .ok)
        }
        let home = "/recommend/home?user_id=u1"
        let refused = service.respond(to: HTTPRequest(target: home))
        #expect(refused.status == .unauthorized && refused.contentType == "application/problem+json")
        #expect(refused.headers["WWW-Authenticate"] == "Bearer realm=\"segue\"")
        let reader = try token(service, makeClient(service))
        let answer = try service.send(.get, home, bearer: reader)
        #expect(answer.response.status == .ok && !answer.json.songIDs.isEmpty)
        #expect(answer.response.headers["RateLimit-Limit"] == "6000")
        let misuse = try service.send(.post, "/events", Self.event, bearer: reader)
        #expect(misuse.response.status == .forbidden && fixture.log.durable.isEmpty)
        #expect(misuse.response.headers["WWW-Authenticate"]?.contains("insufficient_scope") == true)
        let writer = try token(service, makeClient(service, ",\"scopes\":[\"write\"]"))
        #expect(try service.send(.post, "/events", Self.event, bearer: writer).response.status == .accepted)
        #expect(try service.send(.get, home, bearer: writer).response.status == .forbidden)
        #expect(try service.send(.get, "/clients", bearer: writer).response.status == .forbidden)
        let admin = try token(service, makeClient(service, ",\"scopes\":[\"admin\"]"))
        #expect(try service.send(.get, home, bearer: admin).response.status == .ok)
        #expect(try service.send(.get, "/clients", bearer: admin).json["clients"]?.elements.count == 3)
    }

    @Test func openServerAsksForNothingButForTheAdminKeyWhereClientsAreMade() throws {
        let fixture = try ServingFixture()
        let service = try makeService(fixture, mode: .auto)
        #expect(try service.get("/recommend/home?user_id=u1").response.status == .ok)
        #expect(try service.post("/events", Self.event).response.status == .accepted)
        #expect(try service.post("/clients", "{\"name\":\"x\"}").response.status == .unauthorized)
        #expect(try fixture.store.clients().isEmpty)
        _ = try makeClient(service)
        #expect(try fixture.store.clients().count == 1)
    }

    @Test func forgedAndEndedTokensAreRefused() throws {
        let fixture = try ServingFixture()
        let service = try makeService(fixture)
        let client = try makeClient(service)
        let good = try token(service, client)
        func status(_ token: String) throws -> HTTPStatus {
            try service.send(.get, "/recommend/home?user_id=u1", bearer: token).response.status
        }
        #expect(try status(good) == .ok)
        let parts = good.split(separator: ".").map(String.init)
        func base64(_ text: String) -> String {
            Data(text.utf8).base64EncodedString().replacingOccurrences(of: "=", with: "")
                .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
        }
        let admin = base64("{\"iss\":\"segue\",\"sub\":\"\(client.id)\",\"scope\":\"admin\",\"exp\":99999999999}")
        let none = base64("{\"alg\":\"none\",\"typ\":\"at+jwt\"}")
        let forged = [
            "", "x", "..", "a.b.c", parts[0] + "." + parts[1] + ".", parts[0] + "." + admin + "." + parts[2],
            none + "." + admin + ".", good + "A", String(good.dropLast(2)), good + "." + good,
            String(repeating: "a", count: 5000), "an-admin-key-for-test", "an-admin-key-for-tests2",
        ]
        for token in forged { #expect(try status(token) == .unauthorized, "\(token)") }
        fixture.clock.advance(milliseconds: 899_000)
        #expect(try status(good) == .ok)
        fixture.clock.advance(milliseconds: 2_000)
        #expect(try status(good) == .unauthorized)
    }

    @Test func removedClientsTokensEndAndItsSecretToo() throws {
        let fixture = try ServingFixture()
        let service = try makeService(fixture)
        let client = try makeClient(service)
        let token = try token(service, client)
        #expect(try service.send(.get, "/songs", bearer: token).response.status == .ok)
        let removal = HTTPRequest(
            method: .delete, target: "/clients/\(client.id)",
            headers: HTTPHeaders([("Authorization", "Bearer \(Self.adminKey)")]))
        #expect(service.respond(to: removal).status == .noContent)
        #expect(service.respond(to: removal).status == .notFound)
        #expect(try service.send(.get, "/songs", bearer: token).response.status == .unauthorized)
        let body = "grant_type=client_credentials&client_id=\(client.id)&client_secret=\(client.secret)"
        let again = try service.send(.post, "/token", body, type: "application/x-www-form-urlencoded")
        #expect(again.response.status == .unauthorized && again.json["error"]?.text == "invalid_client")
    }

    @Test func keysTurnAndTokensOfTheOldOneAreGoodUntilTheyEnd() throws {
        let fixture = try ServingFixture()
        fixture.options.access.keyLifetime = .seconds(3600)
        let service = try makeService(fixture)
        let client = try makeClient(service)
        fixture.clock.advance(milliseconds: 1000)
        let first = try token(service, client)
        fixture.clock.advance(milliseconds: 3_599_500)
        let last = try token(service, client)
        fixture.clock.advance(milliseconds: 1_000)
        let next = try token(service, client)
        #expect(Set([last, next].map { $0.split(separator: ".")[0] }).count == 2)
        #expect(first.split(separator: ".")[0] == last.split(separator: ".")[0])
        for token in [last, next] { #expect(try service.send(.get, "/songs", bearer: token).response.status == .ok) }
        // Another server over the same store takes them as well.
        let other = try fixture.makeService()
        #expect(try other.send(.get, "/songs", bearer: last).response.status == .ok)
        fixture.clock.advance(milliseconds: 3_600_000 + 901_000)
        _ = try token(service, client)
        #expect(try fixture.store.signingKeys().count == 1)
    }

    @Test func clientThatAsksTooOftenIsToldWhenToComeAgain() throws {
        let fixture = try ServingFixture()
        let service = try makeService(fixture)
        let hasty = try token(service, makeClient(service, ",\"requests_per_minute\":3"))
        let other = try token(service, makeClient(service, ",\"requests_per_minute\":3"))
        for left in [2, 1, 0] {
            let answer = try service.send(.get, "/songs", bearer: hasty).response
            #expect(answer.status == .ok && answer.headers["RateLimit-Remaining"] == "\(left)")
        }
        let refused = try service.send(.get, "/songs", bearer: hasty)
        #expect(refused.response.status == .tooManyRequests && refused.response.headers["Retry-After"] == "20")
        #expect(refused.json["status"]?.number == 429)
        #expect(try service.send(.get, "/songs", bearer: other).response.status == .ok)
        fixture.clock.advance(milliseconds: 20_000)
        #expect(try service.send(.get, "/songs", bearer: hasty).response.status == .ok)
        #expect(try service.send(.get, "/songs", bearer: hasty).response.status == .tooManyRequests)
    }

    @Test func changesAreAuditedWithoutSecrets() throws {
        let fixture = try ServingFixture()
        let service = try makeService(fixture)
        let client = try makeClient(service)
        let token = try token(service, client)
        _ = try service.send(.get, "/songs", bearer: token)
        let made = try service.send(.post, "/users/ann/token", "", bearer: Self.adminKey).json
        let listenerToken = try #require(made["token"]?.text)
        let text = try String(contentsOfFile: fixture.directory.path("audit/audit.jsonl"), encoding: .utf8)
        let lines = try text.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
        #expect(lines.map { $0["action"]?.text } == ["POST /clients", "token", "POST /users/token"])
        #expect(lines.map { $0["client"]?.text } == ["admin-key", client.id, "admin-key"])
        #expect(lines.map { $0["subject"]?.text } == [client.id, nil, "ann"])
        for secret in [client.secret, token, listenerToken, Self.adminKey] { #expect(!text.contains(secret)) }
        for line in fixture.lines.all { #expect(!line.message.contains(client.secret)) }
        let store = try Data(contentsOf: URL(fileURLWithPath: fixture.directory.path("segue.db")))
        for secret in [client.secret, listenerToken] { #expect(store.range(of: Data(secret.utf8)) == nil) }
    }

    @Test func listenersTokenIsForThatListenerOnly() throws {
        let fixture = try ServingFixture()
        let service = try makeService(fixture)
        let made = try service.send(.post, "/users/ann/token", "", bearer: Self.adminKey).json
        let token = try #require(made["token"]?.text)
        let listen = """
            {"listen_type":"single","payload":[{"listened_at":1699999000,"track_metadata":\
            {"artist_name":"Artist 3","track_name":"TITLE  3"}}]}
            """
        #expect(try service.scrobble(listen, "ann").status == .unauthorized)
        #expect(fixture.log.durable.isEmpty)
        #expect(try service.scrobble(listen, token).status == .ok)
        #expect(try service.scrobble(listen, token).status == .ok)
        #expect(fixture.log.durable.count == 1 && fixture.log.durable.first?.key == "ann")
        #expect(fixture.log.durable.first?.value.contains("\"track_id\":\"s3\"") == true)
        #expect(service.respond(to: .init(target: "/1/user/ann/listens")).status == .unauthorized)
        let own = HTTPHeaders([("Authorization", "Token \(token)")])
        #expect(service.respond(to: .init(target: "/1/user/ann/listens", headers: own)).status == .ok)
        #expect(service.respond(to: .init(target: "/1/user/u1/listens", headers: own)).status == .unauthorized)
        _ = service.respond(
            to: HTTPRequest(
                method: .delete, target: "/users/ann/token",
                headers: HTTPHeaders([("Authorization", "Bearer \(Self.adminKey)")])))
        #expect(try service.scrobble(listen, token).status == .unauthorized)
    }

    @Test func shortAdminKeyIsRefusedAtStart() throws {
        let fixture = try ServingFixture()
        fixture.options.access.adminKey = "short"
        let error = try #require(throws: ServingError.self) { try fixture.makeService() }
        #expect(error.reason.contains("16 characters"))
    }
}

extension ServingService {
    fileprivate func send(
        _ method: HTTPMethod, _ target: String, _ body: String = "", type: String = "application/json",
        bearer: String? = nil
    ) throws -> (response: HTTPResponse, json: JSONValue) {
        var headers = HTTPHeaders([("Content-Type", type)])
        if let bearer { headers.add("Authorization", "Bearer \(bearer)") }
        let response = respond(
            to: HTTPRequest(method: method, target: target, headers: headers, body: Array(body.utf8)))
        return (response, try JSONValue(parsing: response.body))
    }

    fileprivate func scrobble(_ body: String, _ token: String) throws -> HTTPResponse {
        respond(
            to: HTTPRequest(
                method: .post, target: "/1/submit-listens", headers: HTTPHeaders([("Authorization", "Token \(token)")]),
                body: Array(body.utf8)))
    }
}
