import ServiceKit
import Storage
import Synchronization

/// A log in memory whose group can be told to take partitions away and give them back.
final class FakeEventLog: EventLog {
    struct State {
        var partitions: [[[UInt8]]]
        var siblings: [String: FakeEventLog] = [:]
        var groupOffsets: [Int32: Int64] = [:]
        var pendingRebalance: (partitions: Set<Int32>, lost: Bool)?
        var pollFailures = 0
        var pollCount = 0
        var handedOver = 0
    }

    let topic: String
    let state: Mutex<State>

    init(topic: String = "music_log", partitions: Int = 2) {
        self.topic = topic
        state = Mutex(State(partitions: Array(repeating: [], count: partitions)))
    }

    func add(_ value: [UInt8], to partition: Int) { state.withLock { $0.partitions[partition].append(value) } }

    /// At the next poll every consumer has exactly these partitions.
    func rebalance(to partitions: Set<Int32>, lost: Bool = false) {
        state.withLock { $0.pendingRebalance = (partitions, lost) }
    }

    var values: [[UInt8]] { state.withLock { $0.partitions.flatMap { $0 } } }

    func createIfMissing(partitions: Int) throws {}

    func offsets() throws -> [PartitionOffsets] {
        state.withLock { state in
            state.partitions.enumerated().map { PartitionOffsets(partition: Int32($0), begin: 0, end: Int64($1.count)) }
        }
    }

    func makeProducer() throws -> any EventLogProducer { Producer(log: self) }

    func makeConsumer(group: String, listener: any EventLogRebalanceListener) throws -> any EventLogConsumer {
        Consumer(log: self, listener: listener)
    }

    func sibling(topic: String) throws -> any EventLog {
        state.withLock { state in
            let log = state.siblings[topic] ?? FakeEventLog(topic: topic, partitions: 1)
            state.siblings[topic] = log
            return log
        }
    }

    func checkHealth(timeout: Duration) throws {}
    func close() {}

    struct Producer: EventLogProducer {
        let log: FakeEventLog
        func append(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws { log.add(Array(value), to: 0) }
        func flush(timeout: Duration) throws {}
        func close() throws {}
    }

    final class Consumer: EventLogConsumer {
        let log: FakeEventLog
        let listener: any EventLogRebalanceListener
        var positions: [Int32: Int64]?

        init(log: FakeEventLog, listener: any EventLogRebalanceListener) {
            self.log = log
            self.listener = listener
        }

        var assignment: [Int32] { (positions ?? [:]).keys.sorted() }

        func poll(maxRecords: Int, timeout: Duration, _ body: (EventLogRecord) throws -> Void) throws -> Int {
            let fails = log.state.withLock { state in
                guard state.pollFailures > 0 else { return false }
                state.pollFailures -= 1
                return true
            }
            if fails { throw StorageError(.unavailable, "the log is away") }
            try answerRebalance()
            var count = 0
            for partition in assignment {
                while count < maxRecords, let value = next(of: partition) {
                    try value.withUnsafeBytes { bytes in
                        try body(
                            EventLogRecord(
                                partition: partition, offset: positions?[partition] ?? 0, timestamp: -1,
                                key: UnsafeRawBufferPointer(start: nil, count: 0), value: bytes))
                    }
                    positions?[partition]? += 1
                    count += 1
                }
            }
            log.state.withLock { state in
                state.pollCount += 1
                state.handedOver += count
            }
            if count == 0, timeout > .zero { _ = StopSignal().wait(for: .milliseconds(5)) }
            return count
        }

        private func next(of partition: Int32) -> [UInt8]? {
            log.state.withLock { state in
                let values = state.partitions[Int(partition)]
                let position = Int(positions?[partition] ?? 0)
                return position < values.count ? values[position] : nil
            }
        }

        private func answerRebalance() throws {
            let all = log.state.withLock { Set((0..<$0.partitions.count).map(Int32.init)) }
            let wanted = log.state.withLock { state in
                defer { state.pendingRebalance = nil }
                return state.pendingRebalance ?? (positions == nil ? (all, false) : nil)
            }
            guard let wanted else { return }
            let gone = Set(assignment).subtracting(wanted.partitions)
            if !gone.isEmpty { try listener.revoked(partitions: gone.sorted(), lost: wanted.lost) }
            var kept = (positions ?? [:]).filter { wanted.partitions.contains($0.key) }
            let gained = wanted.partitions.subtracting(kept.keys)
            if !gained.isEmpty {
                let starts = try listener.assigned(partitions: gained.sorted())
                for partition in gained { kept[partition] = starts[partition] ?? 0 }
            }
            positions = kept
        }

        func seek(to positions: [Int32: Int64]) throws {
            for (partition, offset) in positions where self.positions?[partition] != nil {
                self.positions?[partition] = offset
            }
        }

        func commit(_ positions: [Int32: Int64]) throws {
            log.state.withLock { $0.groupOffsets.merge(positions) { $1 } }
        }

        func lag() throws -> [Int32: Int64] { [:] }
        func close() throws {}
    }
}
