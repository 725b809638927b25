import Kafka

/// Reads a topic as a member of a group; rebalances are passed on in the words of this module.
final class KafkaEventLogConsumer: EventLogConsumer {
    private let topic: String
    private let consumer: KafkaConsumer

    init(
        topic: String, configuration: KafkaConfiguration, group: String, listener: any EventLogRebalanceListener
    ) throws {
        self.topic = topic
        // The consumer keeps the adapter, the adapter keeps the listener: nothing points back here.
        consumer = try KafkaConsumer(
            configuration: configuration, group: group, listener: RebalanceAdapter(topic: topic, listener: listener))
        try consumer.subscribe(to: [topic])
    }

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

    var assignment: [Int32] { consumer.assignment.filter { $0.topic == topic }.map(\.partition) }

    func seek(to positions: [Int32: Int64]) throws {
        try StorageError.fromKafka { try consumer.seek(to: named(positions).mapValues(KafkaOffset.at)) }
    }

    func commit(_ positions: [Int32: Int64]) throws {
        // Not waited for: dashboards can be a moment behind, the polling thread cannot.
        try StorageError.fromKafka { try consumer.commit(named(positions), waits: false) }
    }

    func lag() throws -> [Int32: Int64] {
        try StorageError.fromKafka {
            Dictionary(uniqueKeysWithValues: try consumer.lag().map { ($0.key.partition, $0.value) })
        }
    }

    func close() throws { try StorageError.fromKafka { try consumer.close() } }

    private func named(_ positions: [Int32: Int64]) -> [KafkaTopicPartition: Int64] {
        Dictionary(uniqueKeysWithValues: positions.map { (KafkaTopicPartition(topic, $0.key), $0.value) })
    }
}

/// Passes a rebalance on. A partition whose start nobody knows begins at the oldest record, whatever the group committed:
/// the lake is the truth.
private final class RebalanceAdapter: KafkaRebalanceListener {
    private let topic: String
    private let listener: any EventLogRebalanceListener

    init(topic: String, listener: any EventLogRebalanceListener) {
        self.topic = topic
        self.listener = listener
    }

    func assigned(_ partitions: [KafkaTopicPartition]) throws -> [KafkaTopicPartition: KafkaOffset] {
        let starts = try listener.assigned(partitions: partitions.map(\.partition))
        return Dictionary(
            uniqueKeysWithValues: partitions.map { partition in
                (partition, starts[partition.partition].map(KafkaOffset.at) ?? .beginning)
            })
    }

    func revoked(_ partitions: [KafkaTopicPartition], isLost: Bool) throws {
        try listener.revoked(partitions: partitions.map(\.partition), lost: isLost)
    }
}
