import CMicroHTTPD
import Foundation
import Glibc
import ServiceKit
import Synchronization

/// What all connections of a server share.
final class ServerCore: Sendable {
    let options: HTTPServerOptions
    let router: Router
    let workers: WorkerPool
    private let observers: [any RequestObserver]
    private let logLine: @Sendable (String) -> Void
    private let lastLogLine = Mutex("")
    /// Open connections by socket: libmicrohttpd tells of the end of one before it closes the socket, so a number here is
    /// never somebody else's.
    private let connections = Mutex<[Int32: ServerConnection]>([:])
    private let active = Atomic(0)
    private let draining = Atomic(false)
    private let sweeping = StopSignal()
    private let sweeper = Mutex<WorkerThread?>(nil)

    init(
        options: HTTPServerOptions, router: Router, observers: [any RequestObserver],
        log: @escaping @Sendable (String) -> Void
    ) throws {
        self.options = options
        self.router = router
        self.observers = observers
        self.logLine = log
        workers = try WorkerPool(threadCount: options.workerCount, queueLimit: options.workerQueueLimit)
    }

    static func of(_ closure: UnsafeMutableRawPointer?) -> ServerCore? {
        closure.map { Unmanaged<ServerCore>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: - Requests and connections

    var activeRequestCount: Int { active.load(ordering: .acquiring) }

    var connectionCount: Int { connections.withLock { $0.count } }

    var isDraining: Bool { draining.load(ordering: .relaxed) }

    func requestBegan() { active.add(1, ordering: .acquiringAndReleasing) }

    func requestEnded(_ record: @autoclosure () -> RequestRecord) {
        if !observers.isEmpty {
            let record = record()
            for observer in observers { observer.requestCompleted(record) }
        }
        active.subtract(1, ordering: .acquiringAndReleasing)
    }

    func add(_ connection: ServerConnection) { connections.withLock { $0[connection.descriptor] = connection } }

    func remove(_ connection: ServerConnection) {
        connections.withLock { _ = $0.removeValue(forKey: connection.descriptor) }
    }

    // MARK: - Log

    func log(line: String) {
        let line = line.trimmingCharacters(in: .whitespacesAndNewlines)
        lastLogLine.withLock { $0 = line }
        logLine(line)
    }

    func startError(usesTLS: Bool) -> HTTPServerError {
        let line = lastLogLine.withLock { $0 }
        let reason = line.isEmpty ? "libmicrohttpd does not start and does not say why" : line
        return usesTLS
            ? .badCertificate("TLS cannot start, check that certificate and key belong together: \(reason)")
            : .cannotStart("the HTTP server cannot start: \(reason)")
    }

    // MARK: - End

    /// Ends the threads when `body` throws.
    func closingOnError<Result>(_ body: (ServerCore) throws -> Result) throws -> Result {
        do {
            return try body(self)
        } catch {
            close()
            throw error
        }
    }

    func beginDrain() { draining.store(true, ordering: .releasing) }

    /// Waits for requests under way, at most the drain timeout.
    func waitUntilIdle() {
        let deadline = MonotonicTime.now.advanced(by: options.drainTimeout)
        // Polled: a request that ends would otherwise pay for a lock each time, for the one moment of a server's life
        // when somebody waits.
        let pause = StopSignal()
        while activeRequestCount > 0, MonotonicTime.now < deadline { pause.wait(for: .milliseconds(5)) }
    }

    /// Ends the threads. Requests that still wait for a worker are answered first: libmicrohttpd must not be stopped with
    /// a sleeping connection.
    func close() {
        workers.stop()
        sweeping.stop()
        _ = sweeper.withLock { $0 }?.join(upTo: nil)
    }

    // MARK: - Deadlines

    /// Starts the thread that cuts connections over their deadline: libmicrohttpd's own timeout starts anew with every
    /// byte, so a client that sends or reads one byte a second would hold a connection for ever.
    func startSweeper() throws {
        let shortest = min(options.idleTimeout, options.bodyTimeout, options.answerTimeout)
        let interval = min(max(shortest / 4, .milliseconds(10)), .seconds(1))
        let thread = try WorkerThread(name: "http-deadlines") { [self] in
            while !sweeping.wait(for: interval) { sweep() }
        }
        sweeper.withLock { $0 = thread }
    }

    private func sweep() {
        let now = MonotonicTime.now.nanoseconds
        connections.withLock { connections in
            for connection in connections.values where connection.deadline.load(ordering: .relaxed) < now {
                // The event thread sees the end of the stream and closes.
                _ = segue_socket_cut(connection.descriptor)
            }
        }
    }
}
