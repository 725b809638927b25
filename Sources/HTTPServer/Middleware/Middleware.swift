/// Something that stands around a route's handler: it may answer itself, or let the handler answer and change the answer.
///
/// Composed once, when the route is registered; runs where the route runs (event thread or worker).
public protocol Middleware: Sendable {
    /// Answers `request`, as a rule by way of `next`.
    func respond(to request: HTTPRequest, next: HTTPHandler) throws -> HTTPResponse

    /// What stands around that one route in its place, decided once, when the route is registered; nil for nothing.
    func adapted(to method: HTTPMethod, pattern: String) -> (any Middleware)?
}

extension Middleware {
    /// The same around every route.
    public func adapted(to method: HTTPMethod, pattern: String) -> (any Middleware)? { self }
}

/// What answers a request of a route.
public typealias HTTPHandler = @Sendable (HTTPRequest) throws -> HTTPResponse

/// Thrown by the handler of an inline route that would have to wait for this one request: the route is run again, whole, on
/// a worker with `HTTPRequest.mayBlock` true. For a cache that usually hits.
public struct HTTPRetryOnWorker: Error {
    /// Asks for another run.
    public init() {}
}
