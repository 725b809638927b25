import SQLite
package import ServiceKit
import Synchronization

/// An event log in a SQLite file: ordered partitions with dense offsets, any number of producers and consumers in any
/// number of processes of one machine.
///
/// The embedded counterpart of a Kafka topic: keys are placed as Kafka's Java client places them, consumers of one group
/// share the partitions by leases that run out when their holder is silent or dead. Several topics may share a file.
public final class SQLiteEventLog: EventLog {
    /// How the log behaves.
    public struct Options: Sendable {
        /// Silence after which a consumer's partitions go to others.
        public var sessionTimeout = Duration.seconds(30)
        /// Bytes a producer buffers before `append` waits.
        public var bufferedByteCount = 32 << 20
        /// How long `append` waits for room before it throws.
        public var maximumBlock = Duration.seconds(60)
        /// How long a producer waits for company before it writes.
        public var linger = Duration.milliseconds(5)

        /// The defaults.
        public init() {}
    }

    /// The topic.
    public let topic: String
    /// Path of the file.
    public var path: String { file.path }
    let options: Options
    let file: SQLiteLogFile
    let clock: any WallClock
    let logger = Logger(label: "event log")
    private let database: Database

    /// The log of a topic in the file at `path`, which is made when it is not there.
    /// - Throws: `StorageError` when the file cannot be opened or is no event log.
    public convenience init(path: String, topic: String = EventLogs.defaultTopic, options: Options = Options()) throws {
        try self.init(path: path, topic: topic, options: options, clock: SystemWallClock())
    }

    package init(path: String, topic: String, options: Options, clock: any WallClock) throws {
        self.topic = topic
        self.options = options
        self.clock = clock
        file = SQLiteLogFile.shared(path)
        database = try file.open(synchronous: .full)
    }

    /// The log of an address; see `EventLogs.open(uri:)`.
    convenience init(_ address: EventLogAddress) throws {
        guard !address.place.isEmpty, address.place != ":memory:",
            let path = EventLogAddress.decoded(address.place[...])
        else {
            throw StorageError(
                .invalid,
                "the event log address “\(address.uri)” names no file: write sqlite:<path>, as sqlite:data/events.db")
        }
        var topic = EventLogs.defaultTopic
        var options = Options()
        for (name, value) in address.options {
            switch (name, Int(value)) {
            case ("topic", _):
                try EventLogAddress.checkTopic(value, address.uri)
                topic = value
            case ("session.timeout.ms", let milliseconds?) where milliseconds >= 100:
                options.sessionTimeout = .milliseconds(milliseconds)
            default:
                throw StorageError(
                    .invalid,
                    "the event log address “\(address.uri)” has the option \(name)=\(value): allowed are topic=<name> "
                        + "and session.timeout.ms=<milliseconds, at least 100>")
            }
        }
        try self.init(path: path, topic: topic, options: options)
    }

    /// Makes the topic with that many partitions when it is not there.
    public func createIfMissing(partitions: Int) throws {
        precondition(partitions > 0, "a topic has at least one partition")
        try StorageError.fromSQLite {
            guard try database.withConnection({ try Self.findTopic(topic, $0) }) == nil else { return }
            try database.withTransaction { connection in
                guard try Self.findTopic(topic, connection) == nil else { return }
                try connection.run(
                    "INSERT INTO log_topics (name, partition_count) VALUES (?1, ?2)",
                    [.text(topic), .integer(Int64(partitions))])
                let topicID = connection.lastInsertRowID
                for partition in 0..<partitions {
                    try connection.run(
                        "INSERT INTO log_partitions VALUES (?1, ?2, 0, 0)",
                        [.integer(topicID), .integer(Int64(partition))])
                }
            }
        }
    }

    /// First and next offset of every partition; none when the topic is not there.
    public func offsets() throws -> [PartitionOffsets] {
        try StorageError.fromSQLite {
            try database.withConnection { connection in
                guard let found = try Self.findTopic(topic, connection) else { return [] }
                return try Self.offsets(of: found.topicID, connection)
            }
        }
    }

    /// A producer with a connection and a writing thread of its own.
    public func makeProducer() throws -> any EventLogProducer {
        try SQLiteEventLogProducer(
            topic: try found(), file: file, options: options, clock: clock,
            database: try file.open(synchronous: .full))
    }

    /// A member of a group, with a connection of its own.
    public func makeConsumer(
        group: String, listener: any EventLogRebalanceListener
    ) throws -> any EventLogConsumer {
        // Leases and group offsets need not survive a power cut: the one is void then, the other is for dashboards.
        let database = try file.open(synchronous: .normal)
        let member = try SQLiteGroupMember(
            topic: try found(), group: group, file: file, database: database, clock: clock,
            sessionTimeout: options.sessionTimeout)
        return SQLiteEventLogConsumer(
            topic: try found(), file: file, database: database, member: member, listener: listener, logger: logger)
    }

    /// Another topic in the same file.
    public func sibling(topic: String) throws -> any EventLog {
        try EventLogAddress.checkTopic(topic, topic)
        return try SQLiteEventLog(path: file.path, topic: topic, options: options, clock: clock)
    }

    /// Whether the file can be written. A topic that is not there yet is no fault: `createIfMissing` makes it.
    public func checkHealth(timeout: Duration) throws {
        try StorageError.fromSQLite {
            let probe = try Database(path: file.path, options: DatabaseOptions(busyTimeout: timeout))
            defer { probe.close() }
            // Takes the write lock and gives it back: nothing is changed.
            try probe.withTransaction(.immediate) { _ in }
        }
    }

    /// Closes the connection; producers and consumers have theirs.
    public func close() { database.close() }

    // MARK: - The topic

    /// What is fixed about a topic.
    struct Topic: Sendable {
        let name: String
        let topicID: Int64
        let partitionCount: Int
    }

    func found() throws -> Topic {
        let found = try StorageError.fromSQLite {
            try database.withConnection { try Self.findTopic(topic, $0) }
        }
        guard let found else {
            throw StorageError(
                .notFound, "the event log \(file.path) has no topic \(topic); start `segue ingest`, which makes it")
        }
        return found
    }

    private static func findTopic(_ name: String, _ connection: Connection) throws -> Topic? {
        try connection.first("SELECT topic_id, partition_count FROM log_topics WHERE name = ?1", [.text(name)]) {
            Topic(name: name, topicID: $0.int64(at: 0), partitionCount: Int($0.int64(at: 1)))
        }
    }

    static func offsets(of topicID: Int64, _ connection: Connection) throws -> [PartitionOffsets] {
        var rows: [PartitionOffsets] = []
        try connection.query(
            "SELECT partition, begin_offset, end_offset FROM log_partitions WHERE topic_id = ?1 ORDER BY partition",
            [.integer(topicID)]
        ) {
            rows.append(
                PartitionOffsets(
                    partition: Int32(truncatingIfNeeded: $0.int64(at: 0)), begin: $0.int64(at: 1), end: $0.int64(at: 2))
            )
        }
        return rows
    }

    func withDatabase<R>(_ body: (Database) throws -> R) throws -> R {
        try StorageError.fromSQLite { try body(database) }
    }
}
