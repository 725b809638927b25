/// Asks a cluster what it holds, and creates and deletes topics. May be used by any number of threads.
public final class KafkaAdmin: Sendable {
    private let client: RDAdmin
    private let gate = UsageGate("the Kafka admin client")

    /// Makes a client; brokers are reached for in the background.
    /// - Throws: `KafkaError.configuration` when a property is refused.
    public init(configuration: KafkaConfiguration) throws { client = try RDAdmin(configuration) }

    deinit { client.destroy() }

    /// The cluster's brokers and topics.
    /// - Throws: `unreachable` or `timedOut` when no broker answers.
    public func metadata(timeout: Duration) throws -> KafkaMetadata {
        try gate.use { try client.metadata(timeout: timeout) }
    }

    /// Makes a topic.
    ///
    /// - Parameters:
    ///   - replication: copies of each partition; nil is the cluster's default.
    ///   - settings: topic settings by their Kafka names (`retention.ms`).
    /// - Throws: `topicExists`, or why the cluster refused.
    public func createTopic(
        _ name: String, partitions: Int, replication: Int? = nil, settings: [String: String] = [:],
        timeout: Duration = .seconds(30)
    ) throws {
        try gate.use {
            try client.createTopic(
                name, partitions: partitions, replication: replication, settings: settings, timeout: timeout)
        }
    }

    /// Deletes a topic and its records.
    /// - Throws: `unknownTopic`, or why the cluster refused.
    public func deleteTopic(_ name: String, timeout: Duration = .seconds(30)) throws {
        try gate.use { try client.deleteTopic(name, timeout: timeout) }
    }

    /// First and next offset of a partition, asked of its leader.
    public func watermarks(of partition: KafkaTopicPartition, timeout: Duration) throws -> KafkaWatermarks {
        try gate.use { try client.watermarks(of: partition, timeout: timeout) }
    }

    /// Releases everything; later calls do nothing.
    public func close() {
        if gate.close() { client.destroy() }
    }
}

/// What a cluster says about itself.
public struct KafkaMetadata: Sendable {
    /// One broker.
    public struct Broker: Sendable, Hashable {
        /// Node number.
        public let id: Int32
        /// Host name it advertises.
        public let host: String
        /// Port it advertises.
        public let port: Int32
    }

    /// One partition of a topic.
    public struct Partition: Sendable, Hashable {
        /// Number, from 0.
        public let partition: Int32
        /// Node that leads it, nil while there is none.
        public let leader: Int32?
        /// Copies.
        public let replicas: Int
        /// Copies that are in step.
        public let inSyncReplicas: Int
    }

    /// The brokers that are up.
    public let brokers: [Broker]
    /// Partitions in order, by topic.
    public let topics: [String: [Partition]]
}
