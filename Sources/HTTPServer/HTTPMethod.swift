/// A request method (RFC 9110 §9).
public enum HTTPMethod: UInt8, Sendable, CaseIterable {
    /// Reads; safe and idempotent.
    case get
    /// Like `get`, without the body.
    case head
    /// Hands over something to process.
    case post
    /// Replaces.
    case put
    /// Changes a part.
    case patch
    /// Removes.
    case delete
    /// Asks what is allowed.
    case options
    /// Any method this server never allows (`TRACE`, `CONNECT`, an invented one).
    case other

    /// The token on the wire; `other` has none of its own.
    public var name: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other: "other"
        }
    }

    /// The method of a token, compared by case as RFC 9110 demands; `other` for an unknown one.
    public init(name: String) {
        self = Self.allCases.first { $0 != .other && $0.name == name } ?? .other
    }
}
