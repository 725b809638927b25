/// A request, whole: target and header fields as they came, body within the server's limit.
public struct HTTPRequest: Sendable {
    /// The method.
    public var method: HTTPMethod
    /// Path and query as the client sent them, still percent-encoded.
    public let target: [UInt8]
    /// Header fields.
    public var headers: HTTPHeaders
    /// The body; empty when there is none.
    public var body: [UInt8]
    /// Address of the peer, without the port.
    public let remoteAddress: String
    /// Segments captured by the route's pattern, decoded, in order.
    public internal(set) var captures: [(name: String, value: String)] = []
    /// Whether the handler may wait now: on a worker it may, on the event thread it may not. An inline handler that finds it
    /// must wait after all throws `HTTPRetryOnWorker` and is asked again where it may.
    public internal(set) var mayBlock = false
    /// Who makes the request, once a middleware has found out; nil where nobody asks.
    public var principal: String?
    /// Index of the `?` in `target`, or its end.
    private let pathEnd: Int

    /// Makes a request, as the server does and as tests do for `Router.respond(to:)`.
    public init(
        method: HTTPMethod = .get, target: String, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [],
        remoteAddress: String = "127.0.0.1"
    ) {
        self.init(
            method: method, target: Array(target.utf8), headers: headers, body: body, remoteAddress: remoteAddress)
    }

    init(method: HTTPMethod, target: [UInt8], headers: HTTPHeaders, body: [UInt8], remoteAddress: String) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
        self.pathEnd = target.firstIndex(of: UInt8(ascii: "?")) ?? target.count
    }

    /// The path as it came, still percent-encoded.
    public var path: String { String(decoding: pathBytes, as: UTF8.self) }

    var pathBytes: ArraySlice<UInt8> { target[..<pathEnd] }

    /// Parses the query. Parsed anew at every call: call it once.
    ///
    /// - Throws: `HTTPError` 400 for a query that is not well-formed.
    public func query() throws(HTTPError) -> HTTPQuery {
        try HTTPQuery(pathEnd < target.count ? target[(pathEnd + 1)...] : [])
    }

    /// The decoded segment that the pattern's `{name}` captured.
    ///
    /// Asking for a name that the route's pattern does not have is the caller's bug and traps.
    public func capture(_ name: String) -> String {
        guard let capture = captures.first(where: { $0.name == name }) else {
            preconditionFailure("the route's pattern has no {\(name)}")
        }
        return capture.value
    }

    /// The body as JSON.
    ///
    /// - Throws: `HTTPError` 415 as `requireJSON` does, 400 when the body is not JSON.
    public func json() throws(HTTPError) -> JSONValue {
        try requireJSON()
        return try JSONValue(parsing: body)
    }

    /// Throws `HTTPError` 415 when `Content-Type` is there and says something else than JSON. The type of a form passes too:
    /// it is what `curl -d` says when it is told nothing. See `SameOrigin` for why that is safe.
    public func requireJSON() throws(HTTPError) {
        guard let contentType = headers["Content-Type"] else { return }
        let mediaType = contentType.prefix { $0 != ";" && $0 != " " }.lowercased()
        let isAccepted =
            mediaType == "application/json" || mediaType.hasSuffix("+json")
            || mediaType == "application/x-www-form-urlencoded"
        guard isAccepted else {
            throw HTTPError(.unsupportedMediaType, "the body must be application/json, not \(mediaType)")
        }
    }
}
