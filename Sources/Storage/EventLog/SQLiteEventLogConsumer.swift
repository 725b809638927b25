import SQLite
import ServiceKit

/// Reads a topic as a member of a group whose members agree over rows of the file which of them reads which partition.
///
/// Each member renews its row every second and is taken for dead after ten; partition p belongs to the live member number
/// p mod members, in order of name. A member gives a partition up only from inside `poll`, after it has told its listener, and
/// nobody takes it before that: as with Kafka's consumer groups.
final class SQLiteEventLogConsumer: EventLogConsumer {
    static let heartbeat = Duration.seconds(1)
    private static let lifetime: Int64 = 10_000_000_000
    /// How long a poll sleeps at most before it looks whether another process has appended.
    private static let longestSleep = Duration.milliseconds(50)

    private let log: SQLiteEventLog
    private let topicID: Int64
    private let group: String
    private let listener: any EventLogRebalanceListener
    private let member = "\(MonotonicTime.now.nanoseconds)-\(UInt64.random(in: 0...UInt64.max))"
    private var positions: [Int32: Int64] = [:]
    private var lastHeartbeat: MonotonicTime?
    private var isClosed = false
    /// The partition polled first is another one each time, so that none starves.
    private var turn = 0

    init(log: SQLiteEventLog, topicID: Int64, group: String, listener: any EventLogRebalanceListener) {
        self.log = log
        self.topicID = topicID
        self.group = group
        self.listener = listener
    }

    var assignment: [Int32] { positions.keys.sorted() }

    func poll(maxRecords: Int, timeout: Duration, _ body: (EventLogRecord) throws -> Void) throws -> Int {
        guard !isClosed else { throw StorageError(.invalid, "the consumer is closed") }
        let deadline = MonotonicTime.now.advanced(by: timeout)
        while true {
            let arrivals = log.arrivals.withLock { $0 }
            if lastHeartbeat.map({ $0.elapsed >= Self.heartbeat }) ?? true { try keepMembership() }
            let count = maxRecords > 0 ? try deliver(maxRecords, body) : 0
            let remaining = deadline.duration(since: .now)
            if count > 0 || remaining <= .zero { return count }
            log.arrivals.wait(upTo: min(remaining, Self.longestSleep)) { $0 == arrivals ? nil : () }
        }
    }

    private func deliver(_ maxRecords: Int, _ body: (EventLogRecord) throws -> Void) throws -> Int {
        let partitions = assignment
        guard !partitions.isEmpty else { return 0 }
        turn = (turn + 1) % partitions.count
        var count = 0
        try log.read { connection in
            for index in 0..<partitions.count where count < maxRecords {
                count += try deliver(
                    partition: partitions[(turn + index) % partitions.count], maxRecords - count, connection, body)
            }
        }
        return count
    }

    private func deliver(
        partition: Int32, _ limit: Int, _ connection: Connection, _ body: (EventLogRecord) throws -> Void
    ) throws -> Int {
        var count = 0
        try connection.query(
            """
            SELECT offset, appended_at, key, value FROM log_events
            WHERE topic = ? AND partition = ? AND offset >= ? ORDER BY offset LIMIT ?
            """,
            [
                .integer(topicID), .integer(Int64(partition)), .integer(positions[partition] ?? 0),
                .integer(Int64(limit)),
            ]
        ) { row in
            let offset = row.int64(at: 0)
            // Before the body: what it throws on counts as read, those after it come again.
            positions[partition] = offset + 1
            count += 1
            try row.withColumnBytes(at: 2) { key in
                try row.withColumnBytes(at: 3) { value in
                    try body(
                        EventLogRecord(
                            partition: partition, offset: offset, timestamp: row.int64(at: 1), key: key, value: value))
                }
            }
        }
        return count
    }

    func seek(to positions: [Int32: Int64]) throws {
        for (partition, position) in positions where self.positions[partition] != nil {
            self.positions[partition] = position
        }
    }

    func commit(_ positions: [Int32: Int64]) throws {
        try log.write { connection in
            for (partition, position) in positions {
                try connection.run(
                    """
                    INSERT INTO log_groups (name, topic, partition, committed) VALUES (?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET committed = excluded.committed
                    """,
                    [.text(group), .integer(topicID), .integer(Int64(partition)), .integer(position)])
            }
        }
    }

    func lag() throws -> [Int32: Int64] {
        var lag: [Int32: Int64] = [:]
        for row in try log.offsets() {
            if let position = positions[row.partition] {
                lag[row.partition] = max(0, row.end - max(row.begin, position))
            }
        }
        return lag
    }

    func close() throws {
        guard !isClosed else { return }
        isClosed = true
        let held = assignment
        if !held.isEmpty { try listener.revoked(partitions: held, lost: false) }
        positions = [:]
        try log.write { connection in
            for table in ["log_members", "log_leases"] {
                try connection.run(
                    "DELETE FROM \(table) WHERE name = ? AND topic = ? AND member = ?",
                    [.text(group), .integer(topicID), .text(member)])
            }
        }
    }

    // MARK: - Membership

    /// What a renewal found out.
    private struct Renewal {
        var lost: [Int32] = []
        var unwanted: [Int32] = []
        var gained: [Int32] = []
    }

    /// Renews this member's row and answers what has changed.
    private func keepMembership() throws {
        let renewal = try log.write { try renew($0) }
        lastHeartbeat = .now
        if !renewal.lost.isEmpty {
            for partition in renewal.lost { positions[partition] = nil }
            try listener.revoked(partitions: renewal.lost, lost: true)
        }
        if !renewal.unwanted.isEmpty { try giveUp(renewal.unwanted) }
        guard !renewal.gained.isEmpty else { return }
        let starts = try listener.assigned(partitions: renewal.gained)
        let beginnings = Dictionary(uniqueKeysWithValues: try log.offsets().map { ($0.partition, $0.begin) })
        for partition in renewal.gained { positions[partition] = starts[partition] ?? beginnings[partition] ?? 0 }
    }

    private func giveUp(_ partitions: [Int32]) throws {
        defer { for partition in partitions { positions[partition] = nil } }
        try listener.revoked(partitions: partitions, lost: false)
        try log.write { connection in
            for partition in partitions {
                try connection.run(
                    "DELETE FROM log_leases WHERE name = ? AND topic = ? AND partition = ? AND member = ?",
                    [.text(group), .integer(topicID), .integer(Int64(partition)), .text(member)])
            }
        }
    }

    private func renew(_ connection: Connection) throws -> Renewal {
        let key: [SQLiteValue] = [.text(group), .integer(topicID)]
        let now = MonotonicTime.now.nanoseconds
        // An expiry far ahead is from before a restart of the machine, when the clock began anew.
        try connection.run(
            "DELETE FROM log_members WHERE name = ? AND topic = ? AND (expires < ? OR expires > ?)",
            key + [.integer(now), .integer(now + 2 * Self.lifetime)])
        try connection.run(
            """
            INSERT INTO log_members (name, topic, member, expires) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET expires = excluded.expires
            """, key + [.text(member), .integer(now + Self.lifetime)])
        try connection.run(
            """
            DELETE FROM log_leases WHERE name = ?1 AND topic = ?2
            AND member NOT IN (SELECT member FROM log_members WHERE name = ?1 AND topic = ?2)
            """, key)
        return try deal(connection, key)
    }

    private func deal(_ connection: Connection, _ key: [SQLiteValue]) throws -> Renewal {
        var members: [String] = []
        try connection.query(
            "SELECT member FROM log_members WHERE name = ? AND topic = ? ORDER BY member", key
        ) { members.append($0.string(at: 0)) }
        var owners: [Int32: String] = [:]
        try connection.query("SELECT partition, member FROM log_leases WHERE name = ? AND topic = ?", key) { row in
            owners[Int32(row.int64(at: 0))] = row.string(at: 1)
        }
        var partitions: [Int32] = []
        try connection.query(
            "SELECT partition FROM log_partitions WHERE topic = ? ORDER BY partition", [.integer(topicID)]
        ) { partitions.append(Int32($0.int64(at: 0))) }
        var renewal = Renewal()
        let own = members.firstIndex(of: member) ?? 0
        for partition in partitions {
            let isWanted = Int(partition) % max(1, members.count) == own
            let isHeld = positions[partition] != nil
            let owner = owners[partition]
            if isHeld, owner != member {
                renewal.lost.append(partition)
            } else if isHeld, !isWanted {
                renewal.unwanted.append(partition)
            } else if !isHeld, isWanted, owner == nil || owner == member {
                renewal.gained.append(partition)
                try connection.run(
                    "INSERT INTO log_leases (name, topic, partition, member) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    key + [.integer(Int64(partition)), .text(member)])
            }
        }
        return renewal
    }
}
