import Glibc

/// A value that is only reachable under its lock, and on whose change threads can sleep.
///
/// `Synchronization.Mutex` has no condition variable; this is the pthread pair, with timeouts on the monotonic clock, so
/// that a step of the wall clock neither wakes nor strands anybody.
public final class Monitor<State>: @unchecked Sendable {
    // Sendable: `state` and `sleeperCount` are only touched while `mutex` is held; the two pointers never change and
    // pthread's calls on them are thread-safe.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var state: State
    private var sleeperCount = 0

    /// Guards `state`.
    public init(_ state: sending State) {
        self.state = state
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        check(pthread_mutex_init(mutex, nil))
        var attributes = pthread_condattr_t()
        check(pthread_condattr_init(&attributes))
        check(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC))
        check(pthread_cond_init(condition, &attributes))
        check(pthread_condattr_destroy(&attributes))
    }

    deinit {
        check(pthread_cond_destroy(condition))
        check(pthread_mutex_destroy(mutex))
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` with the value, alone, and lets the sleepers look at it again afterwards. Do not call back into the
    /// same monitor.
    public func withLock<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        check(pthread_mutex_lock(mutex))
        defer {
            if sleeperCount > 0 { check(pthread_cond_broadcast(condition)) }
            check(pthread_mutex_unlock(mutex))
        }
        return try body(&state)
    }

    /// Sleeps until `body`, called under the lock each time the value may have changed, returns something.
    ///
    /// - Parameter timeout: how long to wait at most; nil waits for ever.
    /// - Returns: what `body` returned, or nil when the time ran out; `body` is asked at least once.
    public func wait<Result>(upTo timeout: Duration?, until body: (inout State) throws -> Result?) rethrows -> Result? {
        check(pthread_mutex_lock(mutex))
        defer {
            if sleeperCount > 0 { check(pthread_cond_broadcast(condition)) }
            check(pthread_mutex_unlock(mutex))
        }
        if let result = try body(&state) { return result }
        let deadline = timeout.map { MonotonicTime.now.advanced(by: $0) }
        while true {
            guard sleep(until: deadline) else { return try body(&state) }
            if let result = try body(&state) { return result }
        }
    }

    /// Whether there was a wake-up before the deadline.
    private func sleep(until deadline: MonotonicTime?) -> Bool {
        sleeperCount += 1
        defer { sleeperCount -= 1 }
        guard let deadline else {
            check(pthread_cond_wait(condition, mutex))
            return true
        }
        let status = KernelClock.withTimespec(nanoseconds: deadline.nanoseconds) {
            pthread_cond_timedwait(condition, mutex, $0)
        }
        if status == ETIMEDOUT { return false }
        check(status)
        return true
    }

    /// These calls only fail when they are misused, which the class does not do.
    private func check(_ status: Int32) {
        precondition(status == 0, "pthread call failed with status \(status)")
    }
}
