import Kafka
import Synchronization
import TestSupport

/// A mock cluster with one topic, and the clients tests want of it.
struct MockKafka {
    let cluster: KafkaMockCluster
    let topic: String
    let partitions: Int

    init(brokers: Int = 1, topic: String = "records", partitions: Int = 4) throws {
        cluster = try KafkaMockCluster(brokers: brokers)
        self.topic = topic
        self.partitions = partitions
        try cluster.createTopic(topic, partitions: partitions, replication: min(3, brokers))
    }

    /// A configuration that logs nothing: faults are injected here on purpose.
    func configuration(_ change: (inout KafkaConfiguration) -> Void = { _ in }) -> KafkaConfiguration {
        var configuration = KafkaConfiguration(brokers: cluster.brokers)
        configuration.onLog = { _ in }
        configuration.consumer.fetchWait = .milliseconds(10)
        configuration.consumer.sessionTimeout = .seconds(6)
        change(&configuration)
        return configuration
    }

    /// All partitions, from their beginning.
    var beginnings: [KafkaTopicPartition: KafkaOffset] {
        Dictionary(
            uniqueKeysWithValues: (0..<Int32(partitions)).map { (KafkaTopicPartition(topic, $0), .beginning) })
    }

    /// A consumer of every partition, without a group's rebalance.
    func makeReader(_ change: (inout KafkaConfiguration) -> Void = { _ in }) throws -> KafkaConsumer {
        let consumer = try KafkaConsumer(configuration: configuration(change), group: "reader")
        try consumer.assign(beginnings)
        return consumer
    }

    /// Produces values `0 ..< count` with keys `key(i)` and closes.
    func produce(_ count: Int, key: (Int) -> String = { "key-\($0)" }) throws {
        let producer = try KafkaProducer(configuration: configuration())
        let topic = try producer.topic(topic)
        for index in 0..<count {
            try producer.produce(to: topic, key: Array(key(index).utf8), value: Array("\(index)".utf8))
        }
        try producer.close()
    }
}

/// A record copied out of a consumer.
struct CopiedRecord: Equatable {
    let partition: Int32
    let offset: Int64
    let key: String
    let value: String

    init(_ record: KafkaRecord) {
        partition = record.partition
        offset = record.offset
        key = String(decoding: record.key, as: UTF8.self)
        value = String(decoding: record.value, as: UTF8.self)
    }
}

extension KafkaConsumer {
    /// Polls until `count` records came or the time is over, then once more, so that a surplus is seen.
    func readAll(_ count: Int, within deadline: Duration = .seconds(30)) throws -> [CopiedRecord] {
        var records: [CopiedRecord] = []
        _ = try eventually(within: deadline) {
            try poll(maximumRecords: 1000, timeout: .milliseconds(100)) { records.append(CopiedRecord($0)) }
            return records.count >= count
        }
        try poll(maximumRecords: 1000, timeout: .milliseconds(100)) { records.append(CopiedRecord($0)) }
        return records
    }
}

/// Remembers what it was told.
final class RecordingListener: KafkaRebalanceListener {
    var start: KafkaOffset = .beginning
    var gained: [[KafkaTopicPartition]] = []
    var lost: [(partitions: [KafkaTopicPartition], isLost: Bool)] = []
    var held: Set<KafkaTopicPartition> = []
    /// Thrown by the next calls of `assigned`.
    var failures: [any Error] = []
    /// Partitions that wait for `resume`.
    var paused: Set<Int32> = []

    func startsPaused(_ partition: KafkaTopicPartition) -> Bool { paused.contains(partition.partition) }

    func assigned(_ partitions: [KafkaTopicPartition]) throws -> [KafkaTopicPartition: KafkaOffset] {
        if !failures.isEmpty { throw failures.removeFirst() }
        gained.append(partitions)
        held.formUnion(partitions)
        return Dictionary(uniqueKeysWithValues: partitions.map { ($0, start) })
    }

    func revoked(_ partitions: [KafkaTopicPartition], isLost: Bool) throws {
        lost.append((partitions, isLost))
        held.subtract(partitions)
    }
}
