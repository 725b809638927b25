import ServiceKit
import Synchronization

/// What a producer's callers and its writing thread share: a bounded buffer of events by partition.
///
/// While one transaction waits for the disk the next one's events gather, so that many callers share each wait:
///
///     append ─► buffer by partition ─► writer: BEGIN · a row a batch · COMMIT (fsync) ─► flush returns
///
/// Order is first in, first out over all partitions, so "everything up to number n is durable" is one number.
final class SQLiteWriteQueue: Sendable {
    /// What waits to be written.
    private struct Buffer {
        var partitions: [[EncodedEvents]]
        var byteCount = 0
        /// Events taken since the producer was made.
        var taken = 0
        /// Partition of the next event without a key.
        var turn = 0
        var isClosed = false
        /// Why nothing will be written any more.
        var end: StorageError?
    }

    /// What callers and writer wait for.
    private struct Progress {
        var hasEvents = false
        var isUrgent = false
        var isClosing = false
        /// Events durable since the producer was made.
        var durable = 0
        /// The trouble the writer is in now, nil when there is none.
        var trouble: StorageError?
        /// Why nothing will be written any more.
        var end: StorageError?
    }

    private let topic: SQLiteEventLog.Topic
    private let options: SQLiteEventLog.Options
    private let buffer: Mutex<Buffer>
    private let progress = Monitor(Progress())

    init(topic: SQLiteEventLog.Topic, options: SQLiteEventLog.Options) {
        self.topic = topic
        self.options = options
        buffer = Mutex(Buffer(partitions: Array(repeating: [], count: topic.partitionCount)))
    }

    // MARK: - Callers

    /// What became of an event, and what the writer must be told.
    private enum Outcome {
        case taken
        case takenFirst
        case takenHalfFull
        case noRoom
    }

    /// Takes one event; waits while the buffer is full.
    /// - Complexity: O(bytes); one uncontended lock.
    func append(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws {
        guard key.count + value.count < 1 << 29 else {
            throw StorageError(.invalid, "an event of \(value.count) bytes is too large for the log \(topic.name)")
        }
        while true {
            switch try offer(key, value) {
            case .taken: return
            case .takenFirst: return wakeWriter(urgently: false)
            case .takenHalfFull: return wakeWriter(urgently: true)
            case .noRoom:
                wakeWriter(urgently: true)
                try waitForRoom()
            }
        }
    }

    private func offer(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Outcome {
        try buffer.withLock { buffer in
            try checkOpen(buffer)
            let before = buffer.byteCount
            guard before < options.bufferedByteCount else { return .noRoom }
            add(key, value, to: &buffer)
            // The writer sleeps while the buffer is empty, and lingers unless it is half full.
            let half = options.bufferedByteCount / 2
            return before == 0 ? .takenFirst : before < half && buffer.byteCount >= half ? .takenHalfFull : .taken
        }
    }

    private func add(
        _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, to buffer: inout Buffer
    ) {
        let partition: Int
        if key.isEmpty {
            buffer.turn = (buffer.turn + 1) % topic.partitionCount
            partition = buffer.turn
        } else {
            partition = KeyPlacement.partition(of: key, among: topic.partitionCount)
        }
        if buffer.partitions[partition].last?.isFull ?? true { buffer.partitions[partition].append(EncodedEvents()) }
        let last = buffer.partitions[partition].count - 1
        buffer.partitions[partition][last].append(key: key, value: value)
        buffer.byteCount += key.count + value.count + 2
        buffer.taken += 1
    }

    /// Throws why the producer takes nothing any more.
    private func checkOpen(_ buffer: borrowing Buffer) throws {
        if let end = buffer.end { throw end }
        if buffer.isClosed {
            throw StorageError(.invalid, "the producer of \(topic.name) is closed; make a new one")
        }
    }

    private func wakeWriter(urgently: Bool) {
        progress.withLock { progress in
            progress.hasEvents = true
            if urgently { progress.isUrgent = true }
        }
    }

    private func waitForRoom() throws {
        let seen = progress.withLock { $0.durable }
        let hasRoom = progress.wait(upTo: options.maximumBlock) { $0.durable != seen || $0.end != nil ? true : nil }
        guard hasRoom == nil, buffer.withLock({ $0.byteCount >= options.bufferedByteCount }) else { return }
        throw progress.withLock { $0.trouble }
            ?? StorageError(
                .unavailable,
                "the event log \(topic.name) took nothing for \(options.maximumBlock); check that its disk is not overloaded"
            )
    }

    /// Returns when every event taken before is durable.
    func flush(timeout: Duration) throws {
        try buffer.withLock { try checkOpen($0) }
        try drain(timeout: timeout)
    }

    /// As `flush`, after `refuseMore`.
    func drain() throws { try drain(timeout: options.maximumBlock) }

    /// Takes no more events. Returns whether this call closed.
    func refuseMore() -> Bool {
        buffer.withLock { buffer in
            defer { buffer.isClosed = true }
            return !buffer.isClosed
        }
    }

    /// Makes the writer return.
    func endWriter() { progress.withLock { $0.isClosing = true } }

    private func drain(timeout: Duration) throws {
        let taken = buffer.withLock { $0.taken }
        progress.withLock { progress in
            guard progress.durable < taken else { return }
            progress.hasEvents = true
            progress.isUrgent = true
        }
        let isDone = progress.wait(upTo: timeout) { progress -> Bool? in
            if progress.durable >= taken { return true }
            return progress.end == nil ? nil : false
        }
        if isDone == true { return }
        let (durable, cause) = progress.withLock { ($0.durable, $0.end ?? $0.trouble) }
        let reason = cause.map { ": \($0.reason)" } ?? "; the disk is slow, or another process holds the file"
        throw StorageError(
            isDone == false ? cause?.code ?? .invalid : cause?.code ?? .unavailable,
            "\(taken - durable) events for \(topic.name) are not written after \(timeout)\(reason)")
    }

    // MARK: - Writer

    /// The writing thread's life: until `endWriter`, or until the log cannot be written any more.
    func write(to appender: SQLiteLogAppender) {
        while waitForWork() {
            let (batches, count) = take()
            guard count > 0 else { continue }
            guard writeUntilDone(batches, count, appender) else { return }
        }
    }

    /// Sleeps until there are events; false when the producer closes. Lingers unless somebody waits.
    private func waitForWork() -> Bool {
        let isClosing = progress.wait(upTo: nil) { progress -> Bool? in
            progress.isClosing || progress.hasEvents ? progress.isClosing : nil
        }
        guard isClosing == false else { return false }
        _ = progress.wait(upTo: options.linger) { $0.isUrgent || $0.isClosing ? true : nil }
        return true
    }

    private func take() -> (batches: [[EncodedEvents]], count: Int) {
        progress.withLock { progress in
            progress.hasEvents = false
            progress.isUrgent = false
        }
        return buffer.withLock { buffer in
            let batches = buffer.partitions
            buffer.partitions = Array(repeating: [], count: topic.partitionCount)
            buffer.byteCount = 0
            return (batches, batches.joined().reduce(0) { $0 + $1.count })
        }
    }

    /// Writes, again and again while the trouble may pass; false when nothing can be written any more.
    private func writeUntilDone(_ batches: [[EncodedEvents]], _ count: Int, _ appender: SQLiteLogAppender) -> Bool {
        var backoff = Backoff(initial: .milliseconds(10), maximum: .seconds(1))
        while true {
            do {
                try appender.append(batches)
                progress.withLock { progress in
                    progress.durable += count
                    progress.trouble = nil
                }
                return true
            } catch let error as StorageError where error.isRetriable {
                progress.withLock { $0.trouble = error }
            } catch {
                give(up: error)
                return false
            }
            // Whoever closes has waited long enough already.
            let isClosing = progress.wait(upTo: backoff.next()) { $0.isClosing ? true : nil }
            if isClosing == true { return false }
        }
    }

    private func give(up error: any Error) {
        let end = error as? StorageError ?? StorageError(.invalid, "writing to \(topic.name) failed: \(error)")
        buffer.withLock { $0.end = end }
        progress.withLock { $0.end = end }
    }
}
