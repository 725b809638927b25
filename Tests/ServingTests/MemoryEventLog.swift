import Foundation
import Storage
import Synchronization

/// An event log of one partition in memory: durable is what was flushed. Fails when told.
final class MemoryEventLog: EventLog {
    struct State {
        var pending: [(key: String, value: String)] = []
        var durable: [(key: String, value: String)] = []
        var flushCount = 0
        var failure: StorageError?
    }

    let topic = "music_log"
    let state = Mutex(State())
    /// Set while flushes are to wait.
    let gate = Mutex<DispatchSemaphore?>(nil)

    func fail(with error: StorageError?) { state.withLock { $0.failure = error } }
    var durable: [(key: String, value: String)] { state.withLock { $0.durable } }
    var flushCount: Int { state.withLock { $0.flushCount } }

    func createIfMissing(partitions: Int) throws {}
    func offsets() throws -> [PartitionOffsets] {
        [PartitionOffsets(partition: 0, begin: 0, end: Int64(durable.count))]
    }
    func makeProducer() throws -> any EventLogProducer {
        if let failure = state.withLock({ $0.failure }) { throw failure }
        return Producer(log: self)
    }
    func makeConsumer(group: String, listener: any EventLogRebalanceListener) throws -> any EventLogConsumer {
        throw StorageError(.invalid, "this log is only written to")
    }
    func sibling(topic: String) throws -> any EventLog { MemoryEventLog() }
    func checkHealth(timeout: Duration) throws {}
    func close() {}

    private struct Producer: EventLogProducer {
        let log: MemoryEventLog

        func append(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws {
            log.state.withLock {
                $0.pending.append((String(decoding: key, as: UTF8.self), String(decoding: value, as: UTF8.self)))
            }
        }

        func flush(timeout: Duration) throws {
            log.gate.withLock { $0 }?.wait()
            try log.state.withLock { state in
                state.flushCount += 1
                defer { state.pending = [] }
                if let failure = state.failure { throw failure }
                state.durable += state.pending
            }
        }

        func close() throws { try flush(timeout: .seconds(1)) }
    }
}
