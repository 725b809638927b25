import Domain
import ServiceKit
import Storage
import Synchronization

/// An event log that keeps what is appended and can be told to fail: all that a writer needs.
final class CollectingEventLog: EventLog {
    struct State {
        var events: [ListeningEvent] = []
        var flushedCount = 0
    }

    struct Full: Error, Equatable {}

    let topic = "music_log"
    /// Appends that succeed before the log is full.
    let capacity: Int
    /// Told of each append: for stopping in the middle.
    let onAppend: @Sendable (Int) -> Void
    private let state = Mutex(State())

    init(capacity: Int = .max, onAppend: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.capacity = capacity
        self.onAppend = onAppend
    }

    var events: [ListeningEvent] { state.withLock { $0.events } }
    var flushedCount: Int { state.withLock { $0.flushedCount } }

    func createIfMissing(partitions: Int) throws {}
    func offsets() throws -> [PartitionOffsets] {
        [PartitionOffsets(partition: 0, begin: 0, end: Int64(state.withLock { $0.events.count }))]
    }
    func makeProducer() throws -> any EventLogProducer { Producer(log: self) }
    func makeConsumer(group: String, listener: any EventLogRebalanceListener) throws -> any EventLogConsumer {
        throw StorageError(.invalid, "a collecting log is only written")
    }
    func sibling(topic: String) throws -> any EventLog { CollectingEventLog() }
    func checkHealth(timeout: Duration) throws {}
    func close() {}

    fileprivate func append(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws {
        // As an array: the event gets strings of its own, a view would borrow a decoder that is gone.
        let event = try ListeningEventDecoder().decode(Array(value), now: SystemWallClock().now)
        guard Array(event.userID.utf8) == Array(key) else {
            throw StorageError(.invalid, "the key is not the user")
        }
        let count = try state.withLock { state in
            guard state.events.count < capacity else { throw Full() }
            state.events.append(event)
            return state.events.count
        }
        onAppend(count)
    }

    private struct Producer: EventLogProducer {
        let log: CollectingEventLog
        func append(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws {
            try log.append(key: key, value: value)
        }
        func flush(timeout: Duration) throws { log.state.withLock { $0.flushedCount = $0.events.count } }
        func close() throws { try flush(timeout: .zero) }
    }
}
