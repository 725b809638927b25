import Kafka

/// A member of a Kafka consumer group that reads one topic.
final class KafkaEventLogConsumer: EventLogConsumer {
    private let log: KafkaEventLog
    private let consumer: KafkaConsumer
    private let ramp: KafkaStartRamp

    init(_ log: KafkaEventLog, group: String, listener: any EventLogRebalanceListener) throws {
        let ramp = KafkaStartRamp()
        self.log = log
        self.ramp = ramp
        consumer = try StorageError.fromKafka {
            let consumer = try KafkaConsumer(
                configuration: log.configuration, group: group, listener: StartDecider(log, listener, ramp))
            do {
                try consumer.subscribe(to: [log.topic])
            } catch {
                try consumer.close()
                throw error
            }
            return consumer
        }
    }

    @discardableResult
    func poll(maxRecords: Int, timeout: Duration, _ body: (EventLogRecord) throws -> Void) throws -> Int {
        try StorageError.fromKafka {
            let count = try consumer.poll(maximumRecords: maxRecords, timeout: timeout) { record in
                try body(
                    EventLogRecord(
                        partition: record.partition, offset: record.offset, timestamp: record.timestamp,
                        key: record.key, value: record.value))
            }
            try ramp.advance(consumer)
            return count
        }
    }

    var assignment: [Int32] { consumer.assignment.map(\.partition) }

    func seek(to positions: [Int32: Int64]) throws {
        let offsets = positions.map { (KafkaTopicPartition(log.topic, $0.key), KafkaOffset.at($0.value)) }
        try StorageError.fromKafka { try consumer.seek(to: Dictionary(uniqueKeysWithValues: offsets)) }
    }

    /// Not waited for: a refusal is logged, and the next commit brings newer offsets.
    func commit(_ positions: [Int32: Int64]) throws {
        let offsets = positions.map { (KafkaTopicPartition(log.topic, $0.key), $0.value) }
        try StorageError.fromKafka {
            try consumer.commit(Dictionary(uniqueKeysWithValues: offsets), waits: false)
        }
    }

    func lag() throws -> [Int32: Int64] {
        // Of partitions that wait for their start nothing was fetched yet, so the client knows nothing of them.
        let lag = try StorageError.fromKafka { try consumer.lag() }.merging(ramp.lag) { max($0, $1) }
        return Dictionary(uniqueKeysWithValues: lag.map { ($0.key.partition, $0.value) })
    }

    func close() throws { try StorageError.fromKafka { try consumer.close() } }
}

/// Passes rebalances on and turns the answer into start offsets that the log has.
private final class StartDecider: KafkaRebalanceListener {
    private let log: KafkaEventLog
    private let listener: any EventLogRebalanceListener
    private let ramp: KafkaStartRamp

    init(_ log: KafkaEventLog, _ listener: any EventLogRebalanceListener, _ ramp: KafkaStartRamp) {
        self.log = log
        self.listener = listener
        self.ramp = ramp
    }

    func assigned(_ partitions: [KafkaTopicPartition]) throws -> [KafkaTopicPartition: KafkaOffset] {
        let starts = try listener.assigned(partitions: partitions.map(\.partition))
        var offsets: [KafkaTopicPartition: KafkaOffset] = [:]
        var lags: [(partition: KafkaTopicPartition, lag: Int64)] = []
        for partition in partitions {
            guard let start = starts[partition.partition] else {
                offsets[partition] = .beginning
                continue
            }
            let held = try log.offsets(of: partition.partition)
            let checked = try EventLogStart.check(start, in: held, topic: log.topic, logger: log.logger)
            offsets[partition] = .at(checked)
            lags.append((partition, held.end - checked))
        }
        ramp.begin(lags)
        return offsets
    }

    func startsPaused(_ partition: KafkaTopicPartition) -> Bool { ramp.lag[partition] != nil }

    func revoked(_ partitions: [KafkaTopicPartition], isLost: Bool) throws {
        ramp.forget(partitions)
        try listener.revoked(partitions: partitions.map(\.partition), lost: isLost)
    }
}
