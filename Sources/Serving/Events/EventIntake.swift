import ServiceKit
import Storage

/// Appends events to the log for many requests at once: whoever comes while a flush is under way waits for the next one,
/// which one of the waiting threads then does for all (group commit).
///
/// ```
/// appended   1 2 3 | 4 5 6 7 |           tickets of events
/// flushed          3         7           a flush covers what was appended before it began
/// ```
final class EventIntake: Sendable {
    private struct State {
        var producer: (any EventLogProducer)?
        /// Events handed to the producer.
        var appended: UInt64 = 0
        /// Events known to be durable, or known not to be.
        var settled: UInt64 = 0
        var isFlushing = false
        var isClosed = false
        /// Failed flushes: the last ticket each covered, and what went wrong. Kept until its waiters have seen it.
        var failures: [(from: UInt64, through: UInt64, error: any Error)] = []
    }

    private static let keptFailureCount = 64

    private let log: any EventLog
    private let timeout: Duration
    private let state = Monitor(State())
    private let accepted: Counter
    private let failed: Counter

    init(log: any EventLog, timeout: Duration, metrics: MetricsRegistry) {
        self.log = log
        self.timeout = timeout
        accepted = metrics.counter("segue_events_accepted_total", "Events of POST /events that are durable.")
        failed = metrics.counter("segue_events_failed_total", "Events of POST /events the log could not take.")
    }

    /// Appends records and returns when all of them are durable.
    ///
    /// - Throws: the log's error; some of the records may be durable nevertheless.
    func append(_ records: [(key: [UInt8], value: [UInt8])]) throws {
        guard !records.isEmpty else { return }
        let producer = try openProducer()
        let last: UInt64
        do {
            for record in records { try producer.append(key: record.key, value: record.value) }
            last = state.withLock { state in
                state.appended += UInt64(records.count)
                return state.appended
            }
            try waitUntilDurable(producer, from: last - UInt64(records.count) + 1, through: last)
        } catch {
            failed.increment(by: records.count)
            throw error
        }
        accepted.increment(by: records.count)
    }

    /// Flushes and closes the producer. Later events are refused.
    func close() throws {
        let producer = state.withLock { state in
            state.isClosed = true
            return state.producer.take()
        }
        try producer?.close()
    }

    /// The producer is made at the first event: serving must start while the log is down.
    private func openProducer() throws -> any EventLogProducer {
        try state.withLock { state in
            if let producer = state.producer { return producer }
            guard !state.isClosed else { throw StorageError(.unavailable, "the daemon is stopping") }
            let producer = try log.makeProducer()
            state.producer = producer
            return producer
        }
    }

    private func waitUntilDurable(_ producer: any EventLogProducer, from first: UInt64, through last: UInt64) throws {
        enum Turn {
            case settled(failure: (any Error)?)
            case flush(from: UInt64, through: UInt64)
        }
        while true {
            let turn: Turn? = state.wait(upTo: nil) { state in
                if state.settled >= last {
                    let failure = state.failures.first { $0.from <= last && first <= $0.through }
                    return .settled(failure: failure?.error)
                }
                guard !state.isFlushing else { return nil }
                state.isFlushing = true
                return .flush(from: state.settled + 1, through: state.appended)
            }
            switch turn {
            case .settled(let failure?): throw failure
            case .settled(nil), nil: return
            case .flush(let from, let through): flush(producer, from: from, through: through)
            }
        }
    }

    private func flush(_ producer: any EventLogProducer, from: UInt64, through: UInt64) {
        let result = Result { try producer.flush(timeout: timeout) }
        state.withLock { state in
            state.isFlushing = false
            state.settled = through
            guard case .failure(let error) = result else { return }
            state.failures.append((from, through, error))
            if state.failures.count > Self.keptFailureCount { state.failures.removeFirst() }
        }
    }
}
