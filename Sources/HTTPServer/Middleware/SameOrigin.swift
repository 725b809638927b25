/// Refuses requests that change something when a browser sends them for another site's page.
///
/// A page of any site may send a form to this server without asking, and a server on loopback has no other door. Browsers
/// name the page's origin in such requests (Fetch standard, "append a request `Origin` header"); programs do not.
public struct SameOrigin: Middleware {
    /// Makes the check; it has no options.
    public init() {}

    /// Answers 403 when `Origin` is there and its host is not the one in `Host`.
    public func respond(to request: HTTPRequest, next: HTTPHandler) throws -> HTTPResponse {
        switch request.method {
        case .get, .head, .options: return try next(request)
        default: break
        }
        if let origin = request.headers["Origin"], !Self.matches(origin, host: request.headers["Host"]) {
            throw HTTPError(.forbidden, "requests from pages of \(origin) are not allowed")
        }
        return try next(request)
    }

    private static func matches(_ origin: String, host: String?) -> Bool {
        guard let host else { return false }
        return ["http://", "https://"].contains { origin.lowercased() == $0 + host.lowercased() }
    }
}
