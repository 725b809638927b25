import SQLite
import ServiceKit

/// The event log in one SQLite file: the embedded default. Many processes may have the file open.
///
/// Appended events are durable when `flush` returns (write-ahead log, one fsync a transaction).
public final class SQLiteEventLog: EventLog {
    /// The topic used when nothing else is said.
    public static let standardTopic = "music_log"
    /// The topic.
    public let topic: String
    let pool: DatabasePool
    private let ownsPool: Bool
    /// Told of every append in this process, so that consumers here do not have to look at the file to notice.
    let arrivals: Monitor<UInt64>

    /// Opens or makes the file; see `EventLogs.open(uri:)`.
    ///
    /// - Throws: `StorageError` when it cannot be opened or is no database.
    public convenience init(path: String, topic: String = SQLiteEventLog.standardTopic) throws {
        let pool = try StorageError.fromSQLite { try DatabasePool(path: path, readerCount: 2) }
        try StorageError.fromSQLite { try pool.writer.execute(SQLiteEventLogSchema.script) }
        self.init(topic: topic, pool: pool, ownsPool: true, arrivals: Monitor(0))
    }

    private init(topic: String, pool: DatabasePool, ownsPool: Bool, arrivals: Monitor<UInt64>) {
        self.topic = topic
        self.pool = pool
        self.ownsPool = ownsPool
        self.arrivals = arrivals
    }

    /// Makes the topic when it is not there.
    public func createIfMissing(partitions: Int) throws {
        precondition(partitions > 0, "a topic has a partition at least")
        try write { connection in
            guard try Self.topicID(topic, connection) == nil else { return }
            try connection.run("INSERT INTO log_topics (name) VALUES (?)", [.text(topic)])
            let id = connection.lastInsertRowID
            for partition in 0..<partitions {
                try connection.run(
                    "INSERT INTO log_partitions (topic, partition) VALUES (?, ?)",
                    [.integer(id), .integer(Int64(partition))])
            }
        }
    }

    /// First and next offset of every partition; none when the topic is not there.
    public func offsets() throws -> [PartitionOffsets] {
        try read { connection in
            var rows: [PartitionOffsets] = []
            guard let id = try Self.topicID(topic, connection) else { return rows }
            try connection.query(
                "SELECT partition, begin, next FROM log_partitions WHERE topic = ? ORDER BY partition", [.integer(id)]
            ) { row in
                rows.append(
                    PartitionOffsets(
                        partition: Int32(row.int64(at: 0)), begin: row.int64(at: 1), end: row.int64(at: 2)))
            }
            return rows
        }
    }

    /// A producer with a buffer of its own.
    public func makeProducer() throws -> any EventLogProducer {
        let partitions = try offsets().count
        guard partitions > 0 else { throw missing() }
        return SQLiteEventLogProducer(log: self, topicID: try requireTopicID(), partitions: partitions)
    }

    /// A member of a group.
    public func makeConsumer(group: String, listener: any EventLogRebalanceListener) throws -> any EventLogConsumer {
        SQLiteEventLogConsumer(log: self, topicID: try requireTopicID(), group: group, listener: listener)
    }

    /// Another topic in the same file.
    public func sibling(topic: String) throws -> any EventLog {
        SQLiteEventLog(topic: topic, pool: pool, ownsPool: false, arrivals: arrivals)
    }

    /// Forgets the events of a partition below an offset: what retention does. Positions before it then start there.
    ///
    /// - Returns: how many events were removed.
    public func trim(_ beginnings: [Int32: Int64]) throws -> Int {
        let id = try requireTopicID()
        return try write { connection in
            var count = 0
            for (partition, begin) in beginnings {
                count += try connection.run(
                    "DELETE FROM log_events WHERE topic = ? AND partition = ? AND offset < ?",
                    [.integer(id), .integer(Int64(partition)), .integer(begin)])
                try connection.run(
                    "UPDATE log_partitions SET begin = max(begin, min(next, ?)) WHERE topic = ? AND partition = ?",
                    [.integer(begin), .integer(id), .integer(Int64(partition))])
            }
            return count
        }
    }

    /// Takes and releases the write lock.
    public func checkHealth(timeout: Duration) throws { try write { _ in } }

    /// Closes the file, unless this is a sibling of the log that opened it.
    public func close() {
        if ownsPool { pool.close() }
    }

    // MARK: - Access

    @discardableResult
    func write<Result>(_ body: (Connection) throws -> Result) throws -> Result {
        try StorageError.fromSQLite { try pool.write(body) }
    }

    func read<Result>(_ body: (Connection) throws -> Result) throws -> Result {
        try StorageError.fromSQLite { try pool.readSnapshot(body) }
    }

    private static func topicID(_ topic: String, _ connection: Connection) throws -> Int64? {
        try connection.first("SELECT id FROM log_topics WHERE name = ?", [.text(topic)]) { $0.int64(at: 0) }
    }

    private func requireTopicID() throws -> Int64 {
        guard let id = try read({ try Self.topicID(topic, $0) }) else { throw missing() }
        return id
    }

    private func missing() -> StorageError {
        StorageError(.notFound, "\(pool.writer.path): there is no topic \(topic); create it first")
    }
}
