import Domain
import ServiceKit
import Storage
import Synchronization

/// What the threads of one ingest daemon share: epoch, offsets to commit, failure, and how to retry.
final class IngestionContext: Sendable {
    private struct State {
        var epoch = 0
        var offsets: [Int32: Int64] = [:]
        var failure: (any Error)?
        var status = IngestionStatus()
        /// Batches handed to the committer and not done with.
        var inFlight = 0
        /// Whether the log holds more than was polled.
        var isLagging = false
    }

    let metrics: IngestionMetrics
    let logger = Logger(label: "ingest")
    let crashPoint: CrashPoint
    private let clock: any WallClock
    /// Given when work that cannot be done now shall be left for the next start.
    let givingUp = StopSignal()
    private let state = Monitor(State())

    init(metrics: IngestionMetrics, crashPoint: CrashPoint, clock: any WallClock) {
        self.metrics = metrics
        self.crashPoint = crashPoint
        self.clock = clock
    }

    var now: Int64 { clock.now }
    var today: EventDay { EventDay(epochMilliseconds: clock.now) }
    var isGivingUp: Bool { givingUp.isStopped }

    // MARK: - Epoch

    /// Batches of an older epoch are not to be committed.
    var epoch: Int { state.withLock { $0.epoch } }

    /// Declares everything polled so far void.
    func beginEpoch() { state.withLock { $0.epoch += 1 } }

    // MARK: - Batches in flight

    func began() { state.withLock { $0.inFlight += 1 } }

    func ended() { state.withLock { $0.inFlight -= 1 } }

    var isIdle: Bool { state.withLock { $0.inFlight == 0 } }

    /// Waits until no batch is in flight; false when the time ran out or a thread failed.
    func waitUntilIdle(timeout: Duration) -> Bool {
        state.wait(upTo: timeout) { state -> Bool? in
            if state.failure != nil { return false }
            return state.inFlight == 0 ? true : nil
        } ?? false
    }

    // MARK: - Catching up

    /// Notes whether the log holds more than was polled.
    func setLagging(_ isLagging: Bool) { state.withLock { $0.isLagging = isLagging } }

    /// Waits while commits come one after the other because the log holds more; false when that is not so, true when the
    /// time ran out.
    func waitWhileBehind(upTo timeout: Duration) -> Bool {
        state.wait(upTo: timeout) { $0.isLagging || $0.inFlight > 0 ? nil : false } ?? true
    }

    // MARK: - Results

    /// Notes a commit to the lake.
    func committed(events: Int, rejected: Int, duplicates: Int) {
        state.withLock { state in
            state.status.events += Int64(events)
            state.status.rejected += Int64(rejected)
            state.status.duplicates += Int64(duplicates)
            state.status.commits += 1
        }
    }

    func fenced() { state.withLock { $0.status.fenced += 1 } }

    func rebalanced() { state.withLock { $0.status.rebalances += 1 } }

    /// Notes positions whose events are in the lake and counted.
    func counted(_ positions: [Int32: Int64]) {
        state.withLock { $0.offsets.merge(positions) { max($0, $1) } }
    }

    /// Positions to commit to the group, once.
    func takeOffsets() -> [Int32: Int64] {
        state.withLock { state in
            defer { state.offsets = [:] }
            return state.offsets
        }
    }

    var status: IngestionStatus { state.withLock { $0.status } }

    // MARK: - Failure

    /// Notes the first failure of a thread; the polling thread throws it.
    func fail(_ error: any Error) { state.withLock { $0.failure = $0.failure ?? error } }

    func throwFailure() throws {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    // MARK: - Retrying

    /// Repeats `body` while it fails in a way that may pass, with growing waits, and says so in the log.
    ///
    /// - Returns: false when it gave up because the daemon stops or `giveUp` says so.
    /// - Throws: the first failure that will not pass.
    @discardableResult
    func retrying(_ what: String, giveUp: () -> Bool = { false }, _ body: () throws -> Void) throws -> Bool {
        var backoff = Backoff(initial: .milliseconds(200), maximum: .seconds(5))
        while true {
            do {
                try body()
                if backoff.attempts > 0 { logger.notice("works again", ["what": what]) }
                return true
            } catch let error as StorageError where error.isRetriable {
                metrics.retries.increment()
                // The first failure and then every fifth: a store that is down for an hour is not a thousand lines.
                if backoff.attempts % 5 == 0 {
                    logger.warning("retrying", ["what": what, "tries": "\(backoff.attempts + 1)", "error": "\(error)"])
                }
            }
            if giveUp() || givingUp.wait(for: backoff.next()) || giveUp() { return false }
        }
    }
}
