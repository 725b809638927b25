public import Kafka
import ServiceKit
import Synchronization

/// An event log that is a Kafka topic.
public final class KafkaEventLog: EventLog {
    /// The topic.
    public let topic: String
    let configuration: KafkaConfiguration
    let logger = Logger(label: "kafka")
    private let admin = Mutex<KafkaAdmin?>(nil)
    /// How long a question to the cluster may take.
    static let requestTimeout = Duration.seconds(15)

    /// A topic of the cluster `configuration` reaches. Nothing is connected before the first call.
    public init(configuration: KafkaConfiguration, topic: String) {
        self.topic = topic
        self.configuration = Self.logging(configuration, to: logger)
    }

    /// The log of an address; see `EventLogs.open(uri:)`.
    convenience init(_ address: EventLogAddress) throws {
        let parts = address.place.drop { $0 == "/" }.split(separator: "/", omittingEmptySubsequences: false)
        let brokers = (parts.first ?? "").split(separator: ",").map(String.init)
        guard address.place.hasPrefix("//"), parts.count == 2, !brokers.isEmpty else {
            throw StorageError(
                .invalid,
                "the event log address “\(address.uri)” is not whole: write kafka://<host>:<port>,<host>:<port>/<topic>"
            )
        }
        try EventLogAddress.checkTopic(String(parts[1]), address.uri)
        var configuration = KafkaConfiguration(brokers: brokers, clientID: "segue")
        configuration.properties = Dictionary(address.options.map { ($0.name, $0.value) }) { $1 }
        try StorageError.fromKafka { try KafkaConfiguration.validate(configuration) }
        self.init(configuration: configuration, topic: String(parts[1]))
    }

    /// Makes the topic with that many partitions and the cluster's default of copies when it is not there, and waits until
    /// every partition has a leader.
    public func createIfMissing(partitions: Int) throws {
        try withAdmin { admin in
            guard try admin.metadata(timeout: Self.requestTimeout).topics[topic] == nil else { return }
            do {
                try admin.createTopic(topic, partitions: partitions, timeout: Self.requestTimeout)
            } catch let error as KafkaError where error.code == .topicExists {
                // Another process was faster.
            }
            try waitForLeaders(admin)
        }
    }

    /// A topic just made has no leaders for a moment, and whoever asks for its offsets then is refused.
    private func waitForLeaders(_ admin: KafkaAdmin) throws {
        let deadline = MonotonicTime.now.advanced(by: Self.requestTimeout)
        var backoff = Backoff(initial: .milliseconds(20), maximum: .milliseconds(500))
        let pause = StopSignal()
        while true {
            let partitions = try admin.metadata(timeout: Self.requestTimeout).topics[topic] ?? []
            if !partitions.isEmpty, partitions.allSatisfy({ $0.leader != nil }) { return }
            guard MonotonicTime.now < deadline else {
                throw StorageError(
                    .unavailable, "the new topic \(topic) has partitions without a leader; check the cluster's brokers")
            }
            pause.wait(for: backoff.next())
        }
    }

    /// First and next offset of every partition, asked of their leaders; none when the topic is not there.
    public func offsets() throws -> [PartitionOffsets] {
        try withAdmin { admin in
            let partitions = try admin.metadata(timeout: Self.requestTimeout).topics[topic] ?? []
            return try partitions.map { try offsets(of: $0.partition, admin) }
        }
    }

    /// Offsets of one partition, asked of its leader.
    func offsets(of partition: Int32) throws -> PartitionOffsets {
        try withAdmin { try offsets(of: partition, $0) }
    }

    private func offsets(of partition: Int32, _ admin: KafkaAdmin) throws -> PartitionOffsets {
        let watermarks = try admin.watermarks(
            of: KafkaTopicPartition(topic, partition), timeout: Self.requestTimeout)
        return PartitionOffsets(partition: partition, begin: watermarks.low, end: watermarks.high)
    }

    /// An idempotent producer with connections of its own.
    public func makeProducer() throws -> any EventLogProducer { try KafkaEventLogProducer(self) }

    /// A member of a Kafka consumer group, with connections of its own.
    public func makeConsumer(
        group: String, listener: any EventLogRebalanceListener
    ) throws -> any EventLogConsumer {
        try KafkaEventLogConsumer(self, group: group, listener: listener)
    }

    /// Another topic of the same cluster.
    public func sibling(topic: String) throws -> any EventLog {
        try EventLogAddress.checkTopic(topic, topic)
        return KafkaEventLog(configuration: configuration, topic: topic)
    }

    /// Whether the cluster answers and every partition has a leader. A topic that is not there yet is no fault:
    /// `createIfMissing` makes it.
    public func checkHealth(timeout: Duration) throws {
        try withAdmin { admin in
            let partitions = try admin.metadata(timeout: timeout).topics[topic] ?? []
            let leaderless = partitions.filter { $0.leader == nil }.map(\.partition)
            guard leaderless.isEmpty else {
                throw StorageError(
                    .unavailable,
                    "partitions \(leaderless) of \(topic) have no leader; check the cluster's brokers")
            }
        }
    }

    /// Closes the connections of this log; producers and consumers have theirs.
    public func close() {
        admin.withLock { admin in
            admin?.close()
            admin = nil
        }
    }

    private func withAdmin<Result>(_ body: (KafkaAdmin) throws -> Result) throws -> Result {
        try StorageError.fromKafka {
            let shared = try admin.withLock { admin in
                if let admin { return admin }
                let made = try KafkaAdmin(configuration: configuration)
                admin = made
                return made
            }
            return try body(shared)
        }
    }

    /// The same configuration with librdkafka's lines in the process's log. Errors are reported by `onError` as well, so
    /// those lines are only for the developer.
    private static func logging(_ configuration: KafkaConfiguration, to logger: Logger) -> KafkaConfiguration {
        var configuration = configuration
        if configuration.onLog == nil {
            configuration.onLog = { line in
                let isReported = line.facility == "FAIL" || line.facility == "ERROR"
                let level: LogLevel = isReported || line.severity > 6 ? .debug : line.severity > 4 ? .info : .warning
                logger.log(level, line.message, ["facility": line.facility])
            }
        }
        if configuration.onError == nil {
            configuration.onError = { logger.warning("the Kafka client goes on after an error", ["error": "\($0)"]) }
        }
        return configuration
    }
}
