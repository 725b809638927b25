import Glibc
import Synchronization

/// A named thread of its own for work that blocks: C libraries, files, sockets.
public final class WorkerThread: Sendable {
    /// Stack a thread gets when nothing else is said: 8 MiB, as a main thread has.
    public static let defaultStackByteCount = 8 << 20

    /// Name shown by `top -H` and debuggers (the kernel keeps its first 15 bytes).
    public let name: String

    private enum Outcome {
        case running
        case ended(Result<Void, any Error>)
    }
    private let outcome: Monitor<Outcome>

    /// Starts a thread that runs `body`.
    ///
    /// - Throws: when the system has no thread or memory left.
    public init(
        name: String, stackByteCount: Int = WorkerThread.defaultStackByteCount,
        _ body: @escaping @Sendable () throws -> Void
    ) throws {
        self.name = name
        let outcome = Monitor(Outcome.running)
        self.outcome = outcome
        let start = ThreadStart(name: name) {
            let result = Result { try body() }
            outcome.withLock { $0 = .ended(result) }
        }
        try start.launch(stackByteCount: stackByteCount)
    }

    /// Whether the body has returned or thrown.
    public var isEnded: Bool {
        outcome.withLock { if case .ended = $0 { true } else { false } }
    }

    /// Waits for the end of the body and throws what it threw. May be called by many and more than once.
    public func join() throws {
        try join(upTo: nil)?.get()
    }

    /// Waits for the end of the body, at most `timeout` (nil: for ever).
    ///
    /// - Returns: how it ended, or nil while it still runs.
    public func join(upTo timeout: Duration?) -> Result<Void, any Error>? {
        outcome.wait(upTo: timeout) { if case .ended(let result) = $0 { result } else { nil } }
    }
}

/// What a new thread gets handed through pthread's one pointer.
private final class ThreadStart {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }

    func launch(stackByteCount: Int) throws {
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        defer { attributes.deallocate() }
        try check(pthread_attr_init(attributes))
        // Destroying what was initialised cannot fail (pthread_attr_destroy(3)).
        defer { _ = pthread_attr_destroy(attributes) }
        try check(pthread_attr_setstacksize(attributes, stackByteCount))
        // Detached: the monitor in `WorkerThread` carries the end, so nobody has to reap the thread.
        try check(pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED)))
        var thread: pthread_t = 0
        let context = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, attributes,
            { pointer in
                guard let pointer else { return nil }
                let start = Unmanaged<ThreadStart>.fromOpaque(pointer).takeRetainedValue()
                start.nameCallingThread()
                start.body()
                return nil
            }, context.toOpaque())
        guard status == 0 else {
            context.release()
            throw ServiceKitError.system("cannot start thread \(name)", errorNumber: status)
        }
    }

    /// By the proc file, for `pthread_setname_np` is a GNU extension that does not import. A refused name costs
    /// nothing but the name, so failures pass.
    private func nameCallingThread() {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        let bytes = Array(name.utf8.prefix(15))
        _ = write(descriptor, bytes, bytes.count)
        _ = close(descriptor)
    }

    private func check(_ status: Int32) throws {
        guard status == 0 else {
            throw ServiceKitError.system("cannot prepare thread \(name)", errorNumber: status)
        }
    }
}
