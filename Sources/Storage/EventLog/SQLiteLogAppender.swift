import SQLite
import ServiceKit

/// Writes batches to the log's tables.
struct SQLiteLogAppender {
    let topic: SQLiteEventLog.Topic
    let file: SQLiteLogFile
    let database: Database
    let clock: any WallClock

    /// Appends every batch to its partition in one transaction; durable on return.
    func append(_ batches: [[EncodedEvents]]) throws {
        try StorageError.fromSQLite {
            try database.withTransaction { connection in
                let now = clock.now
                for (partition, batches) in batches.enumerated() where !batches.isEmpty {
                    try append(batches, to: partition, now, connection)
                }
            }
        }
        file.signal()
    }

    private func append(
        _ batches: [EncodedEvents], to partition: Int, _ now: Int64, _ connection: Connection
    ) throws {
        let place: [SQLiteValue] = [.integer(topic.topicID), .integer(Int64(partition))]
        let found = try connection.first(
            "SELECT end_offset FROM log_partitions WHERE topic_id = ?1 AND partition = ?2", place
        ) { $0.int64(at: 0) }
        guard var end = found else {
            throw StorageError(.notFound, "\(file.path) has no partition \(partition) of \(topic.name)")
        }
        for batch in batches {
            try insert(batch, at: end, partition, now, connection)
            end += Int64(batch.count)
        }
        try connection.run(
            "UPDATE log_partitions SET end_offset = ?3 WHERE topic_id = ?1 AND partition = ?2",
            place + [.integer(end)])
    }

    private func insert(
        _ batch: EncodedEvents, at begin: Int64, _ partition: Int, _ now: Int64, _ connection: Connection
    ) throws {
        try connection.withStatement(
            """
            INSERT INTO log_batches (topic_id, partition, begin_offset, end_offset, appended_at, checksum, events)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """
        ) { statement in
            try statement.bind(topic.topicID, at: 1)
            try statement.bind(partition, at: 2)
            try statement.bind(begin, at: 3)
            try statement.bind(begin + Int64(batch.count), at: 4)
            try statement.bind(now, at: 5)
            try statement.bind(Int64(CRC32C.checksum(batch.bytes)), at: 6)
            try statement.bind(batch.bytes, at: 7)
            try statement.run()
        }
    }
}
