import Kafka

/// A member of a Kafka consumer group that reads one topic.
final class KafkaEventLogConsumer: EventLogConsumer {
    private let log: KafkaEventLog
    private let consumer: KafkaConsumer

    init(_ log: KafkaEventLog, group: String, listener: any EventLogRebalanceListener) throws {
        self.log = log
        consumer = try StorageError.fromKafka {
            let consumer = try KafkaConsumer(
                configuration: log.configuration, group: group, listener: StartDecider(log, listener))
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
            try consumer.poll(maximumRecords: maxRecords, timeout: timeout) { record in
                try body(
                    EventLogRecord(
                        partition: record.partition, offset: record.offset, timestamp: record.timestamp,
                        key: record.key, value: record.value))
            }
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
        let lag = try StorageError.fromKafka { try consumer.lag() }
        return Dictionary(uniqueKeysWithValues: lag.map { ($0.key.partition, $0.value) })
    }

    func close() throws { try StorageError.fromKafka { try consumer.close() } }
}

/// Passes rebalances on and turns the answer into start offsets that the log has.
private final class StartDecider: KafkaRebalanceListener {
    private let log: KafkaEventLog
    private let listener: any EventLogRebalanceListener

    init(_ log: KafkaEventLog, _ listener: any EventLogRebalanceListener) {
        self.log = log
        self.listener = listener
    }

    func assigned(_ partitions: [KafkaTopicPartition]) throws -> [KafkaTopicPartition: KafkaOffset] {
        let starts = try listener.assigned(partitions: partitions.map(\.partition))
        var offsets: [KafkaTopicPartition: KafkaOffset] = [:]
        for partition in partitions {
            guard let start = starts[partition.partition] else {
                offsets[partition] = .beginning
                continue
            }
            let held = try log.offsets(of: partition.partition)
            offsets[partition] = .at(
                try EventLogStart.check(start, in: held, topic: log.topic, logger: log.logger))
        }
        return offsets
    }

    func revoked(_ partitions: [KafkaTopicPartition], isLost: Bool) throws {
        try listener.revoked(partitions: partitions.map(\.partition), lost: isLost)
    }
}
