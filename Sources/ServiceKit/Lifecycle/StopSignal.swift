import Synchronization

/// Tells a loop, on whatever thread, that it should end: cheap to ask, wakes whoever waits, handed down to children.
public final class StopSignal: Sendable {
    private struct State {
        var isStopped = false
        var nextHandler = 0
        var handlers: [Int: @Sendable () -> Void] = [:]
    }

    private let flag = Atomic<Bool>(false)
    private let monitor = Monitor(State())
    private let registration: Mutex<(() -> Void)?> = Mutex(nil)

    /// A signal that nobody has given yet.
    public init() {}

    deinit { registration.withLock { $0 }?() }

    /// Whether `stop` was called, here or on a parent.
    ///
    /// - Complexity: one relaxed load; ask it in every turn of a loop.
    public var isStopped: Bool { flag.load(ordering: .acquiring) }

    /// Gives the signal: wakes all who wait, stops the children, runs the handlers once. Later calls do nothing.
    public func stop() {
        let handlers = monitor.withLock { state -> [@Sendable () -> Void] in
            guard !state.isStopped else { return [] }
            state.isStopped = true
            flag.store(true, ordering: .releasing)
            defer { state.handlers = [:] }
            return state.handlers.sorted { $0.key < $1.key }.map(\.value)
        }
        for handler in handlers { handler() }
    }

    /// Sleeps for `duration` or until the signal is given.
    ///
    /// - Returns: whether it was given.
    @discardableResult
    public func wait(for duration: Duration) -> Bool {
        monitor.wait(upTo: duration) { $0.isStopped ? true : nil } ?? false
    }

    /// Sleeps until the signal is given.
    public func wait() {
        _ = monitor.wait(upTo: nil) { $0.isStopped ? true : nil }
    }

    /// A signal that is given when this one is, and can be given alone.
    public func makeChild() -> StopSignal {
        let child = StopSignal()
        let cancel = addHandler { [weak child] in child?.stop() }
        child.registration.withLock { $0 = cancel }
        return child
    }

    /// Runs `handler` once when the signal is given, on the thread that gives it; at once when it was given before.
    /// For closing a socket or a queue that another thread is blocked on. The handler must not block.
    ///
    /// - Returns: a closure that takes the handler back.
    @discardableResult
    public func addHandler(_ handler: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
        let number = monitor.withLock { state -> Int? in
            guard !state.isStopped else { return nil }
            state.nextHandler += 1
            state.handlers[state.nextHandler] = handler
            return state.nextHandler
        }
        guard let number else {
            handler()
            return {}
        }
        return { [weak self] in self?.monitor.withLock { $0.handlers[number] = nil } }
    }
}
