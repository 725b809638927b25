import Glibc
import Synchronization

/// Turns Ctrl-C and `kill` into a `StopSignal`.
public enum SignalHandling {
    /// Installs the handlers, once in a process: SIGINT and SIGTERM give `stop`; a second Ctrl-C ends the process at
    /// once with status 130; SIGPIPE is ignored, so that a write to a closed socket or pipe is an error and not death.
    ///
    /// - Throws: when the system refuses a pipe, a thread or a handler.
    public static func install(stopping stop: StopSignal) throws {
        let isFirst = SignalState.isInstalled.compareExchange(
            expected: false, desired: true, ordering: .acquiringAndReleasing
        ).exchanged
        precondition(isFirst, "signal handling is installed once in a process")
        let pipe = try makePipe()
        SignalState.pipeWriteEnd.store(pipe.writeEnd, ordering: .releasing)
        _ = try WorkerThread(name: "signals", stackByteCount: 1 << 18) { forward(from: pipe.readEnd, to: stop) }
        try setHandler(SIGPIPE, SIG_IGN)
        try setHandler(SIGINT, handleSignal)
        try setHandler(SIGTERM, handleSignal)
    }

    /// Ignores SIGPIPE and nothing else: for tools that write to a pipe that may be closed.
    public static func ignoreBrokenPipes() throws { try setHandler(SIGPIPE, SIG_IGN) }

    /// The last signal received, such as `SIGTERM`, or nil.
    public static var lastSignal: Int32? {
        let number = SignalState.lastSignal.load(ordering: .acquiring)
        return number == 0 ? nil : number
    }

    /// A handler may only call async-signal-safe functions, so it writes a byte and this thread does the rest.
    private static func forward(from readEnd: Int32, to stop: StopSignal) {
        var byte: UInt8 = 0
        while true {
            let count = read(readEnd, &byte, 1)
            if count == 1 {
                stop.stop()
            } else if count == 0 || errno != EINTR {
                return
            }
        }
    }

    private static func makePipe() throws -> (readEnd: Int32, writeEnd: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
            throw ServiceKitError.system("cannot make the pipe for signals", errorNumber: errno)
        }
        return (ends[0], ends[1])
    }

    private static func setHandler(_ number: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) throws {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = handler
        action.sa_flags = SA_RESTART
        guard sigaction(number, &action, nil) == 0 else {
            throw ServiceKitError.system("cannot handle signal \(number)", errorNumber: errno)
        }
    }
}

/// What the handler touches: atomics only.
private enum SignalState {
    static let isInstalled = Atomic<Bool>(false)
    static let pipeWriteEnd = Atomic<Int32>(-1)
    static let lastSignal = Atomic<Int32>(0)
    static let firstInterrupt = Atomic<Int64>(0)
}

/// Runs on whatever thread the signal hits, in the middle of anything.
private func handleSignal(_ number: Int32) {
    let savedErrorNumber = errno
    defer { errno = savedErrorNumber }
    SignalState.lastSignal.store(number, ordering: .releasing)
    if number == SIGINT {
        let now = MonotonicTime.now.nanoseconds
        let (isFirst, first) = SignalState.firstInterrupt.compareExchange(
            expected: 0, desired: now, ordering: .acquiringAndReleasing)
        // One Ctrl-C can arrive twice within moments: from the terminal, and passed on by a parent such as a script.
        if !isFirst, now - first > 300_000_000 { _exit(130) }
    }
    var byte: UInt8 = 1
    // The pipe only refuses when it is full of unread signals, and then the reader is awake already.
    _ = write(SignalState.pipeWriteEnd.load(ordering: .acquiring), &byte, 1)
}
