import HTTPServer
import Sodium
import Storage

/// Which listener a scrobbler's token belongs to (`Authorization: Token …`).
///
/// On an open server anybody may write for anybody, so there the listener's own id is a token as well: a scrobbler needs no
/// more than an address and a name.
struct ListenerTokens: Sendable {
    private let control: AccessControl

    init(_ control: AccessControl) { self.control = control }

    /// What the store keeps of a token.
    static func digest(of token: String) -> String { Digest.hexadecimal(Digest.sha256(Array(token.utf8))) }

    /// The token of the header; nil when there is none.
    static func token(of request: HTTPRequest) -> String? { AccessControl.credentials(of: request, scheme: "token") }

    /// The listener of a token; nil for one that is not valid.
    ///
    /// - Throws: `HTTPError` 429 when the token is used too often.
    func userID(of token: String) throws -> String? {
        let digest = Self.digest(of: token)
        if let known = try control.documents.listenerToken(digest: digest) {
            guard !control.isOpen, control.options.requestsPerMinute > 0 else { return known.userID }
            let decision = control.limiter.take(
                "listener \(known.userID)", perMinute: control.options.requestsPerMinute)
            guard decision.isAllowed else { throw decision.refusal }
            return known.userID
        }
        guard control.isOpen, token.utf8.count <= 256, !token.unicodeScalars.contains(where: \.isControl) else {
            return nil
        }
        return token
    }

    /// Throws 401 or 403 unless the request may read that listener's listens: anybody on an open server; elsewhere the listener,
    /// and clients of scope `read`.
    func requireReader(_ request: HTTPRequest, of userID: String) throws {
        guard !control.isOpen else { return }
        if let token = Self.token(of: request) {
            guard try self.userID(of: token) == userID else {
                throw HTTPError(.unauthorized, "Invalid authorization token.")
            }
            return
        }
        let principal = try control.principal(of: request)
        try AccessControl.require(.read, of: principal)
        guard principal.requestsPerMinute > 0 else { return }
        let decision = control.limiter.take(principal.name, perMinute: principal.requestsPerMinute)
        guard decision.isAllowed else { throw decision.refusal }
    }
}
