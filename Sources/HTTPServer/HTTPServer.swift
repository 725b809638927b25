import Synchronization

/// An HTTP/1.1 server: libmicrohttpd's epoll threads around a `Router`.
///
/// ```
///  socket → event thread → router ─ inline route ──────────────► answer
///                             └─ blocking route → worker pool ──┘   (the connection sleeps meanwhile)
/// ```
/// A server is started once and stopped once; `stop` lets requests under way finish.
public final class HTTPServer: Sendable {
    private enum State {
        case ready
        case running(Daemon)
        case stopped
    }

    private let options: HTTPServerOptions
    private let router: Router
    private let observers: [any RequestObserver]
    private let log: @Sendable (String) -> Void
    private let state = Mutex(State.ready)

    /// A server that does not listen yet.
    ///
    /// - Parameters:
    ///   - observers: told of every request.
    ///   - log: takes libmicrohttpd's own messages: what clients did wrong on the wire, one line each.
    public init(
        options: HTTPServerOptions = HTTPServerOptions(), router: Router, observers: [any RequestObserver] = [],
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.options = options
        self.router = router
        self.observers = observers
        self.log = log
    }

    /// Listens and serves, on threads of its own.
    ///
    /// - Throws: `HTTPServerError` when the address, the certificate or an option cannot be used. The server may then be
    ///   started again.
    public func start() throws {
        try state.withLock { state in
            guard case .ready = state else { throw HTTPServerError.badOption("a server is started only once") }
            state = .running(try Daemon(options: options, router: router, observers: observers, log: log))
        }
    }

    /// The port it listens on; nil while it does not.
    public var port: Int? {
        state.withLock { if case .running(let daemon) = $0 { daemon.port } else { nil } }
    }

    /// Requests under way.
    public var activeRequestCount: Int {
        state.withLock { if case .running(let daemon) = $0 { daemon.core.activeRequestCount } else { 0 } }
    }

    /// Connections open now.
    public var connectionCount: Int {
        state.withLock { if case .running(let daemon) = $0 { daemon.core.connectionCount } else { 0 } }
    }

    /// Requests that wait for a worker now.
    public var waitingRequestCount: Int {
        state.withLock { if case .running(let daemon) = $0 { daemon.core.workers.waitingCount } else { 0 } }
    }

    /// Refuses new connections, lets requests under way finish within the drain timeout, closes. Idempotent.
    public func stop() {
        let daemon: Daemon? = state.withLock { state in
            defer { state = .stopped }
            if case .running(let daemon) = state { return daemon }
            return nil
        }
        daemon?.stop()
    }
}
