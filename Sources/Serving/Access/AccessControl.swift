import HTTPServer
import ServiceKit
import Sodium
import Storage

/// Decides who may do what: tokens, clients, limits and the audit log in one place.
final class AccessControl: Sendable {
    /// Whether requests are answered without a token.
    let isOpen: Bool
    let options: AccessOptions
    let documents: any ClientStore
    let tokens: AccessTokens
    let clients: ClientDirectory
    let limiter: RateLimiter
    /// nil when none is kept.
    let audit: AuditLog?
    private let adminKeyDigest: [UInt8]?

    /// - Throws: `ServingError` for a short admin key, or an audit log that cannot be written.
    init(
        options: AccessOptions, host: String, documents: any ClientStore, clock: any WallClock, logger: Logger
    ) throws {
        if let key = options.adminKey, key.utf8.count < AccessOptions.adminKeyMinimum {
            throw ServingError.badOption(
                "the admin key has fewer than \(AccessOptions.adminKeyMinimum) characters; `openssl rand -hex 32` makes one"
            )
        }
        isOpen = options.isOpen(host: host)
        self.options = options
        self.documents = documents
        tokens = AccessTokens(documents: documents, options: options, clock: clock)
        clients = ClientDirectory(documents: documents, clock: clock)
        limiter = RateLimiter(clock: clock)
        audit = try options.auditLogPath.map { try AuditLog(path: $0, clock: clock, logger: logger) }
        adminKeyDigest = options.adminKey.map { Digest.sha256(Array($0.utf8)) }
    }

    /// Who makes the request.
    ///
    /// - Throws: `HTTPError` 401 without a good token, `HTTPRetryOnWorker` when the store must be asked and may not be.
    func principal(of request: HTTPRequest) throws -> Principal {
        guard let token = Self.credentials(of: request, scheme: "bearer") else {
            throw Self.unauthorized("a token is needed: Authorization: Bearer …, from POST /token", error: nil)
        }
        if isAdminKey(token) { return .adminKey }
        guard let claims = try tokens.claims(of: token, mayBlock: request.mayBlock),
            let client = try clients.client(id: claims.clientID, mayBlock: request.mayBlock)
        else { throw Self.unauthorized("the token is not valid, or has ended", error: "invalid_token") }
        return Principal(name: client.id, scopes: claims.scopes, requestsPerMinute: client.requestsPerMinute)
    }

    /// Who makes the request, which must be an administrator, also on an open server.
    ///
    /// - Throws: `HTTPError` 401 or 403.
    func administrator(_ request: HTTPRequest) throws -> Principal {
        if adminKeyDigest == nil, Self.credentials(of: request, scheme: "bearer") == nil {
            throw HTTPError(
                .forbidden, "this server has no admin key: start it with SEGUE_ADMIN_KEY, or with serve.admin_key_file")
        }
        let principal = try principal(of: request)
        try Self.require(.admin, of: principal)
        return principal
    }

    /// Throws 403 unless the principal has the scope (RFC 6750 §3.1).
    static func require(_ scope: Scope, of principal: Principal) throws(HTTPError) {
        guard principal.may(scope) else {
            throw HTTPError(
                .forbidden, "the token does not have the scope \(scope.rawValue)",
                headers: [
                    (
                        "WWW-Authenticate",
                        "Bearer realm=\"segue\", error=\"insufficient_scope\", scope=\"\(scope.rawValue)\""
                    )
                ])
        }
    }

    /// What follows the scheme in `Authorization`; nil for another scheme or none.
    static func credentials(of request: HTTPRequest, scheme: String) -> String? {
        guard let field = request.headers["Authorization"], let blank = field.firstIndex(of: " "),
            field[..<blank].lowercased() == scheme
        else { return nil }
        let credentials = field[blank...].drop { $0 == " " }
        return credentials.isEmpty ? nil : String(credentials)
    }

    private func isAdminKey(_ text: String) -> Bool {
        guard let adminKeyDigest else { return false }
        // Digests, so that neither length nor content shows in the time it takes.
        return Digest.areEqual(Digest.sha256(Array(text.utf8)), adminKeyDigest)
    }

    private static func unauthorized(_ reason: String, error: String?) -> HTTPError {
        let challenge = "Bearer realm=\"segue\"" + (error.map { ", error=\"\($0)\"" } ?? "")
        return HTTPError(.unauthorized, reason, headers: [("WWW-Authenticate", challenge)])
    }
}

/// Lets only those pass who have the scope of a route, as often as their limit says.
struct AccessGate: Middleware {
    let control: AccessControl
    let publicPatterns: Set<String>
    private var scope = Scope.admin

    init(_ control: AccessControl, publicPatterns: Set<String>) {
        self.control = control
        self.publicPatterns = publicPatterns
    }

    func adapted(to method: HTTPMethod, pattern: String) -> (any Middleware)? {
        guard let scope = Scope.needed(method, pattern, publicPatterns: publicPatterns) else { return nil }
        var gate = self
        gate.scope = scope
        return gate
    }

    func respond(to request: HTTPRequest, next: HTTPHandler) throws -> HTTPResponse {
        let principal = try control.principal(of: request)
        var request = request
        request.principal = principal.name
        guard principal.requestsPerMinute > 0 else {
            try AccessControl.require(scope, of: principal)
            return try next(request)
        }
        let decision = control.limiter.take(principal.name, perMinute: principal.requestsPerMinute)
        guard decision.isAllowed else { throw decision.refusal }
        try AccessControl.require(scope, of: principal)
        var response: HTTPResponse
        do {
            response = try next(request)
        } catch let retry as HTTPRetryOnWorker {
            // The route is run again, whole, and will take another.
            control.limiter.giveBack(principal.name)
            throw retry
        }
        for (name, value) in decision.headers { response.headers.add(name, value) }
        return response
    }
}
