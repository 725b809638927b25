import Kafka
import ServiceKit
import Synchronization

/// The event log as a topic of Kafka.
public final class KafkaEventLog: EventLog {
    /// The topic.
    public let topic: String
    private let configuration: KafkaConfiguration
    private let admin: Mutex<KafkaAdmin?> = Mutex(nil)
    private static let timeout = Duration.seconds(15)

    /// The log at `kafka://HOST:PORT,…/TOPIC?property=value&…`; properties are librdkafka's.
    ///
    /// - Throws: `StorageError` `.invalid` when the address has another form.
    public convenience init(uri: String) throws {
        func invalid(_ what: String) -> StorageError {
            StorageError(.invalid, "\(uri): \(what); use kafka://HOST:PORT,HOST:PORT/TOPIC?property=value")
        }
        let rest = uri.dropFirst("kafka://".count)
        let address = rest.prefix { $0 != "?" }
        let parts = address.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty else { throw invalid("the topic is missing") }
        let brokers = parts[0].split(separator: ",").map(String.init)
        guard !brokers.isEmpty else { throw invalid("the brokers are missing") }
        var properties: [String: String] = [:]
        for pair in rest.dropFirst(address.count + 1).split(separator: "&") {
            guard let equals = pair.firstIndex(of: "="), equals != pair.startIndex else {
                throw invalid("\"\(pair)\" is not property=value")
            }
            properties[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
        }
        var configuration = KafkaConfiguration(brokers: brokers, clientID: "segue", properties: properties)
        configuration.onLog = { line in Logger(label: "kafka").debug(line.message, ["facility": line.facility]) }
        configuration.onError = { error in Logger(label: "kafka").info("client", ["error": "\(error)"]) }
        self.init(topic: String(parts[1]), configuration: configuration)
    }

    init(topic: String, configuration: KafkaConfiguration) {
        self.topic = topic
        self.configuration = configuration
    }

    /// Makes the topic when the cluster does not have it; replication is the cluster's default.
    public func createIfMissing(partitions: Int) throws {
        try withAdmin { admin in
            guard try admin.metadata(timeout: Self.timeout).topics[topic] == nil else { return }
            do {
                try admin.createTopic(topic, partitions: partitions, timeout: Self.timeout)
            } catch let error as KafkaError where error.code == .topicExists {
                // Another daemon was faster.
                return
            }
        }
    }

    /// First and next offset of every partition; none when the topic is not there.
    public func offsets() throws -> [PartitionOffsets] {
        try withAdmin { admin in
            let partitions = try admin.metadata(timeout: Self.timeout).topics[topic] ?? []
            return try partitions.map(\.partition).sorted().map { partition in
                let marks = try admin.watermarks(of: KafkaTopicPartition(topic, partition), timeout: Self.timeout)
                return PartitionOffsets(partition: partition, begin: marks.low, end: marks.high)
            }
        }
    }

    /// An idempotent producer.
    public func makeProducer() throws -> any EventLogProducer {
        try StorageError.fromKafka {
            let producer = try KafkaProducer(configuration: configuration)
            return KafkaEventLogProducer(producer: producer, topic: try producer.topic(topic))
        }
    }

    /// A member of a consumer group.
    public func makeConsumer(group: String, listener: any EventLogRebalanceListener) throws -> any EventLogConsumer {
        try StorageError.fromKafka {
            try KafkaEventLogConsumer(topic: topic, configuration: configuration, group: group, listener: listener)
        }
    }

    /// Another topic of the same cluster.
    public func sibling(topic: String) throws -> any EventLog {
        KafkaEventLog(topic: topic, configuration: configuration)
    }

    /// Asks the cluster for its metadata.
    public func checkHealth(timeout: Duration) throws {
        try withAdmin { admin in
            let metadata = try admin.metadata(timeout: timeout)
            let leaderless = (metadata.topics[topic] ?? []).filter { $0.leader == nil }.map(\.partition).sorted()
            guard leaderless.isEmpty else {
                throw StorageError(
                    .unavailable, "topic \(topic): partitions \(leaderless) have no leader; look at the brokers")
            }
        }
    }

    /// Releases the connection that asks for metadata.
    public func close() {
        admin.withLock { admin in
            admin?.close()
            admin = nil
        }
    }

    /// One admin client for all callers, made when it is first needed.
    private func withAdmin<Result>(_ body: (KafkaAdmin) throws -> Result) throws -> Result {
        try StorageError.fromKafka {
            let client = try admin.withLock { admin in
                if let admin { return admin }
                let made = try KafkaAdmin(configuration: configuration)
                admin = made
                return made
            }
            return try body(client)
        }
    }
}

/// Appends to a topic.
private struct KafkaEventLogProducer: EventLogProducer {
    let producer: KafkaProducer
    let topic: KafkaProducerTopic

    func append(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws {
        try StorageError.fromKafka { try producer.produce(to: topic, key: key.isEmpty ? nil : key, value: value) }
    }

    func flush(timeout: Duration) throws { try StorageError.fromKafka { try producer.flush(timeout: timeout) } }

    func close() throws { try StorageError.fromKafka { try producer.close() } }
}

extension StorageError {
    /// The same failure in the words of this module.
    init(_ error: KafkaError) {
        let code: Code =
            switch error.code {
            case .configuration, .authentication, .authorization: .invalid
            case .unknownTopic: .notFound
            case .corrupt: .corrupt
            case .messageTooLarge, .closed: .invalid
            default: error.isFatal ? .invalid : .unavailable
            }
        self.init(code, "kafka: \(error)", file: error.file, line: error.line)
    }

    /// Runs `body` and puts what Kafka throws into the words of this module.
    static func fromKafka<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as KafkaError {
            throw StorageError(error)
        }
    }
}
