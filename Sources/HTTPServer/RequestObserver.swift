/// Is told of every request once its answer was sent or given up: what metrics and the access log are made of.
public protocol RequestObserver: Sendable {
    /// Called on the event thread; must not wait.
    func requestCompleted(_ record: RequestRecord)
}

/// What became of a request.
public struct RequestRecord: Sendable {
    /// The method.
    public var method: HTTPMethod
    /// Index of the route in `Router.routes`; nil when none matched.
    public var routeIndex: Int?
    /// Path and query as they came.
    public var target: [UInt8]
    /// Status that was answered; nil when none was.
    public var status: HTTPStatus?
    /// Bytes of the request's body.
    public var requestByteCount: Int
    /// Bytes of the answer's body.
    public var responseByteCount: Int
    /// From the end of the request line to the last byte handed to the system.
    public var duration: Duration
    /// Address of the peer.
    public var remoteAddress: String
    /// Whether the answer went out whole.
    public var isComplete: Bool

    /// Makes a record of its parts.
    public init(
        method: HTTPMethod, routeIndex: Int?, target: [UInt8], status: HTTPStatus?, requestByteCount: Int,
        responseByteCount: Int, duration: Duration, remoteAddress: String, isComplete: Bool
    ) {
        self.method = method
        self.routeIndex = routeIndex
        self.target = target
        self.status = status
        self.requestByteCount = requestByteCount
        self.responseByteCount = responseByteCount
        self.duration = duration
        self.remoteAddress = remoteAddress
        self.isComplete = isComplete
    }
}
