/// A status code (RFC 9110 §15) with its standard phrase.
public struct HTTPStatus: Sendable, Hashable, RawRepresentable {
    /// The three digits.
    public let rawValue: Int

    /// The status of a code.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// 200.
    public static let ok = Self(rawValue: 200)
    /// 201.
    public static let created = Self(rawValue: 201)
    /// 202.
    public static let accepted = Self(rawValue: 202)
    /// 204.
    public static let noContent = Self(rawValue: 204)
    /// 304.
    public static let notModified = Self(rawValue: 304)
    /// 400.
    public static let badRequest = Self(rawValue: 400)
    /// 401.
    public static let unauthorized = Self(rawValue: 401)
    /// 403.
    public static let forbidden = Self(rawValue: 403)
    /// 404.
    public static let notFound = Self(rawValue: 404)
    /// 405.
    public static let methodNotAllowed = Self(rawValue: 405)
    /// 409.
    public static let conflict = Self(rawValue: 409)
    /// 413.
    public static let contentTooLarge = Self(rawValue: 413)
    /// 414.
    public static let uriTooLong = Self(rawValue: 414)
    /// 415.
    public static let unsupportedMediaType = Self(rawValue: 415)
    /// 422.
    public static let unprocessableContent = Self(rawValue: 422)
    /// 429.
    public static let tooManyRequests = Self(rawValue: 429)
    /// 431.
    public static let requestHeaderFieldsTooLarge = Self(rawValue: 431)
    /// 500.
    public static let internalServerError = Self(rawValue: 500)
    /// 501.
    public static let notImplemented = Self(rawValue: 501)
    /// 503.
    public static let serviceUnavailable = Self(rawValue: 503)

    /// The phrase of the registry, `Status <code>` for a code it has none for.
    public var reasonPhrase: String { Self.phrases[rawValue] ?? "Status \(rawValue)" }

    private static let phrases: [Int: String] = [
        200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 304: "Not Modified", 400: "Bad Request",
        401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 409: "Conflict",
        413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type", 422: "Unprocessable Content",
        429: "Too Many Requests", 431: "Request Header Fields Too Large", 500: "Internal Server Error",
        501: "Not Implemented", 503: "Service Unavailable",
    ]
}
