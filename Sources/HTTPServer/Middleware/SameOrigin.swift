/// Refuses requests that change something when a browser sends them for another site's page.
///
/// A page of any site may send a form to this server without asking, and a server on loopback has no other door. Browsers
/// name the page's origin in such requests (Fetch standard, "append a request `Origin` header"); programs do not.
///
/// A request with a token of its own passes: a page cannot add that field to a request for another site unless the site says
/// so in a CORS preflight, which this server never does. So extensions of a browser, which may, can use the API.
public struct SameOrigin: Middleware {
    /// Makes the check; it has no options.
    public init() {}

    /// Answers 403 when `Origin` is there and its host is not the one in `Host`.
    public func respond(to request: HTTPRequest, next: HTTPHandler) throws -> HTTPResponse {
        switch request.method {
        case .get, .head, .options: return try next(request)
        default: break
        }
        if let field = request.headers["Authorization"]?.lowercased(),
            ["bearer ", "token "].contains(where: field.hasPrefix)
        {
            return try next(request)
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
