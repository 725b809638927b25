import SQLite
import ServiceKit

extension SQLiteEventLog {
    /// Deletes every event below the given offset of each partition. The file keeps its size and uses the room again.
    ///
    /// - Returns: how many events are gone.
    @discardableResult
    public func trim(_ beginnings: [Int32: Int64]) throws -> Int {
        let topicID = try found().topicID
        return try withDatabase { database in
            try database.withTransaction { connection in
                let held = try Self.offsets(of: topicID, connection)
                return try held.reduce(0) { deleted, partition in
                    guard let offset = beginnings[partition.partition] else { return deleted }
                    return deleted + (try Self.delete(below: offset, partition, topicID, connection))
                }
            }
        }
    }

    /// Deletes what was appended more than `age` ago, but nothing that a group which has ever committed has yet to read.
    ///
    /// - Parameter positions: nor anything at or beyond the position of its partition, which is 0 for one that has none; nil
    ///   for no such bound.
    /// - Returns: how many events are gone.
    @discardableResult
    public func trim(olderThan age: Duration, notBeyond positions: [Int32: Int64]? = nil) throws -> Int {
        let limit = clock.now - age.clampedNanoseconds / 1_000_000
        let topicID = try found().topicID
        let cuts = try withDatabase { database in
            try database.withConnection { connection in
                var cuts: [Int32: Int64] = [:]
                // Within a partition batches are as old as their offsets say, so the first young one ends the old ones.
                try connection.query(
                    """
                    SELECT partition, min(
                        coalesce((SELECT begin_offset FROM log_batches WHERE topic_id = p.topic_id
                            AND partition = p.partition AND appended_at >= ?2 ORDER BY end_offset LIMIT 1), end_offset),
                        coalesce((SELECT min(next_offset) FROM log_group_offsets WHERE topic_id = p.topic_id
                            AND partition = p.partition), end_offset))
                    FROM log_partitions AS p WHERE topic_id = ?1
                    """, [.integer(topicID), .integer(limit)]
                ) { cuts[Int32(truncatingIfNeeded: $0.int64(at: 0))] = $0.int64(at: 1) }
                return cuts
            }
        }
        guard let positions else { return try trim(cuts) }
        return try trim(Dictionary(uniqueKeysWithValues: cuts.map { ($0.key, min($0.value, positions[$0.key] ?? 0)) }))
    }

    private static func delete(
        below offset: Int64, _ partition: PartitionOffsets, _ topicID: Int64, _ connection: Connection
    ) throws -> Int {
        let begin = min(offset, partition.end)
        guard begin > partition.begin else { return 0 }
        // A batch that reaches beyond the cut stays whole; what of it lies before is only no longer handed over.
        try connection.run(
            "DELETE FROM log_batches WHERE topic_id = ?1 AND partition = ?2 AND end_offset <= ?3",
            [.integer(topicID), .integer(Int64(partition.partition)), .integer(begin)])
        try connection.run(
            "UPDATE log_partitions SET begin_offset = ?3 WHERE topic_id = ?1 AND partition = ?2",
            [.integer(topicID), .integer(Int64(partition.partition)), .integer(begin)])
        return Int(begin - partition.begin)
    }
}
