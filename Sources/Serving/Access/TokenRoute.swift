import HTTPServer
import ServiceKit
import Sodium
import Storage

/// `POST /token`: a token for a client, by OAuth 2's client credentials grant (RFC 6749 §4.4).
///
/// The client shows id and secret by HTTP Basic or in the form. Errors are those of §5.2 (`{"error", "error_description"}`),
/// not problem documents; too many requests from one address are a 429.
struct TokenRoute: Sendable {
    private static let bodyByteLimit = 8 * 1024
    private static let grant = "client_credentials"

    private let control: AccessControl
    private let hashing = HashingTurns()

    static func add(to router: inout Router, _ control: AccessControl) {
        let route = TokenRoute(control: control)
        router.add(.post, "/token", .blocking, bodyByteLimit: bodyByteLimit) { request in
            let limit = control.options.tokenRequestsPerMinute
            let decision = control.limiter.take("token from \(request.remoteAddress)", perMinute: limit)
            guard decision.isAllowed else { throw decision.refusal }
            do {
                return try route.grant(request)
            } catch let refusal as Refusal {
                return refusal.response
            }
        }
    }

    private init(control: AccessControl) { self.control = control }

    private func grant(_ request: HTTPRequest) throws -> HTTPResponse {
        let form = try Self.form(of: request)
        guard let type = form["grant_type"] else { throw Refusal.invalidRequest("grant_type is missing") }
        guard type == Self.grant else {
            throw Refusal(code: "unsupported_grant_type", reason: "grant_type must be \(Self.grant)")
        }
        let client = try authenticate(request, form)
        let scopes = try Self.scopes(form["scope"], of: client)
        let token = try control.tokens.issue(clientID: client.id, scopes: scopes)
        control.audit?.write("token", by: client.id, from: request.remoteAddress, status: .ok)
        var response = HTTPResponse.json(capacity: 512) { writer in
            writer.beginObject()
            writer.member("access_token", token)
            writer.member("token_type", "Bearer")
            writer.member("expires_in", control.options.tokenLifetime.components.seconds)
            writer.member("scope", AccessTokens.text(scopes))
            writer.endObject()
        }
        response.headers.add("Cache-Control", "no-store")
        return response
    }

    private func authenticate(_ request: HTTPRequest, _ form: [String: String]) throws -> APIClient {
        let basic = AccessControl.credentials(of: request, scheme: "basic")
        let failure = Refusal(
            code: "invalid_client", reason: "client id and secret do not belong together",
            challenges: basic != nil, status: .unauthorized)
        var credentials: (id: String, secret: String)?
        if let basic {
            guard form["client_secret"] == nil else {
                throw Refusal.invalidRequest("the client shows its secret twice, in the header and in the form")
            }
            credentials = Self.basicCredentials(basic)
        } else if let id = form["client_id"], let secret = form["client_secret"] {
            credentials = (id, secret)
        }
        guard let credentials, credentials.id.utf8.count <= 256,
            let client = try control.documents.client(id: credentials.id),
            try hashing.take({ PasswordHash(text: client.secretHash).matches(credentials.secret) })
        else { throw failure }
        return client
    }

    /// The scopes asked for, which must be the client's; all of the client's when none is asked for.
    private static func scopes(_ text: String?, of client: APIClient) throws -> Set<Scope> {
        let allowed = Set(client.scopes.compactMap { Scope(rawValue: $0) })
        guard let text, !text.isEmpty else { return allowed }
        var scopes: Set<Scope> = []
        for word in text.split(separator: " ") {
            guard let scope = Scope(rawValue: String(word)), allowed.contains(scope) else {
                throw Refusal(
                    code: "invalid_scope", reason: "the client may have: \(AccessTokens.text(allowed))")
            }
            scopes.insert(scope)
        }
        return scopes
    }

    private static func form(of request: HTTPRequest) throws -> [String: String] {
        let type = request.headers["Content-Type"]?.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard type == nil || type == "application/x-www-form-urlencoded" else {
            throw Refusal.invalidRequest("the body must be application/x-www-form-urlencoded")
        }
        do {
            let query = try HTTPQuery(request.body[...])
            var form: [String: String] = [:]
            for (name, value) in query.parameters where form.updateValue(value, forKey: name) != nil {
                throw Refusal.invalidRequest("a parameter is given more than once")
            }
            return form
        } catch let error as HTTPError {
            throw Refusal.invalidRequest(error.reason)
        }
    }

    /// Id and secret of HTTP Basic (RFC 7617): base64 of `id:secret`.
    private static func basicCredentials(_ text: String) -> (id: String, secret: String)? {
        let urlSafe = text.utf8.filter { $0 != UInt8(ascii: "=") }.map { byte in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            default: byte
            }
        }
        guard let bytes = Base64URL.decode(urlSafe), let pair = String(validating: bytes, as: UTF8.self),
            let colon = pair.firstIndex(of: ":")
        else { return nil }
        return (String(pair[..<colon]), String(pair[pair.index(after: colon)...]))
    }

    /// An error of RFC 6749 §5.2.
    private struct Refusal: Error {
        var code: String
        var reason: String
        var challenges = false
        var status = HTTPStatus.badRequest

        static func invalidRequest(_ reason: String) -> Self { Self(code: "invalid_request", reason: reason) }

        var response: HTTPResponse {
            var response = HTTPResponse.json(status: status, capacity: 128) { writer in
                writer.beginObject()
                writer.member("error", code)
                writer.member("error_description", reason)
                writer.endObject()
            }
            response.headers.add("Cache-Control", "no-store")
            if challenges { response.headers.add("WWW-Authenticate", "Basic realm=\"segue\"") }
            return response
        }
    }
}

/// Few at a time, since each takes a processor and 19 MiB for a while; who waits too long is told to come again.
private final class HashingTurns: Sendable {
    private static let turnCount = 2
    private let free = Monitor(turnCount)

    func take<Result>(_ body: () throws -> Result) throws -> Result {
        let turn: Void? = free.wait(upTo: .seconds(2)) { free in
            guard free > 0 else { return nil }
            free -= 1
            return ()
        }
        guard turn != nil else {
            throw HTTPError.unavailable("too many clients ask for a token at once", retryAfterSeconds: 1)
        }
        defer { free.withLock { $0 += 1 } }
        return try body()
    }
}
