import SQLite
import ServiceKit

/// Where a consumer is in one partition of a SQLite log.
final class PartitionReader {
    let partition: Int32
    /// Offset of the next event to hand over.
    var position: Int64
    /// The next offset the partition will give, as last seen.
    private(set) var end: Int64
    private let topic: SQLiteEventLog.Topic
    private let path: String
    private let logger: Logger
    private let cursor = EventCursor()

    init(topic: SQLiteEventLog.Topic, path: String, logger: Logger, start: Int64, log: PartitionOffsets) {
        self.topic = topic
        self.path = path
        self.logger = logger
        partition = log.partition
        position = start
        end = log.end
    }

    /// Learns what the partition holds now.
    func extend(to log: PartitionOffsets) {
        end = log.end
        guard log.begin > position else { return }
        logger.error(
            "events were deleted before they were read",
            ["topic": topic.name, "partition": "\(partition)", "from": "\(position)", "to": "\(log.begin)"])
        position = log.begin
    }

    /// Hands over the next events; those handed over count as read even when `body` throws.
    ///
    /// - Complexity: O(events); one query a batch.
    func read(
        atMost maximum: Int, from database: Database, _ body: (EventLogRecord) throws -> Void
    ) throws -> Int {
        var count = 0
        while count < maximum, position < end {
            do {
                if cursor.offset != position || cursor.isAtEnd { try load(from: database) }
                guard position < end else { break }
                let stop = min(cursor.end, cursor.offset + Int64(maximum - count))
                while cursor.offset < stop {
                    count += 1
                    try cursor.next { offset, key, value in
                        position = offset + 1
                        try body(
                            EventLogRecord(
                                partition: partition, offset: offset, timestamp: cursor.timestamp, key: key,
                                value: value))
                    }
                }
            } catch is EventCursor.Damage {
                throw StorageError(
                    .corrupt,
                    "\(path): the batch with offset \(position) of partition \(partition) of \(topic.name) is damaged; "
                        + "restore the file from a copy, or seek past the batch")
            }
        }
        return count
    }

    /// Takes over the batch that holds `position`, or the one after it when retention has deleted that.
    private func load(from database: Database) throws {
        let isFound = try StorageError.fromSQLite {
            try database.withConnection { connection in
                try connection.first(
                    """
                    SELECT begin_offset, end_offset, appended_at, checksum, events FROM log_batches
                    WHERE topic_id = ?1 AND partition = ?2 AND end_offset > ?3 ORDER BY end_offset LIMIT 1
                    """, [.integer(topic.topicID), .integer(Int64(partition)), .integer(position)]
                ) { row in
                    try row.withColumnBytes(at: 4) { events throws in
                        try cursor.load(
                            events, begin: row.int64(at: 0), end: row.int64(at: 1), timestamp: row.int64(at: 2),
                            checksum: row.int64(at: 3))
                    }
                    return true
                } ?? false
            }
        }
        guard isFound else {
            position = end
            return
        }
        position = max(position, cursor.offset)
        try cursor.skip(to: position)
    }
}
