import SQLite
import ServiceKit

/// One member of a consumer group of a SQLite log: how partitions are dealt without a coordinator.
///
/// Each member has a row that says until when it counts as alive, which it renews every second from inside poll. In the
/// same transaction it removes members whose time is up (or whose process is gone), counts who is left and works out its
/// fair share; rows of `log_leases` say whose each partition is:
///
///     fewer than my share → I take what nobody holds
///     more than my share  → I finish and give some back; whoever has too few takes them
///     none where I had some → I was silent for too long; they are lost
///
/// What stays is not disturbed (as Kafka's cooperative rebalancing). The lake fences what a silent member still does.
final class SQLiteGroupMember {
    /// What a heartbeat found to do.
    struct Verdict: Equatable {
        /// Held until now, others' already.
        var lost: [Int32] = []
        /// To be given back.
        var surplus: [Int32] = []
        /// Newly ours.
        var gained: [Int32] = []

        var isEmpty: Bool { lost.isEmpty && surplus.isEmpty && gained.isEmpty }
    }

    /// The group's name.
    let group: String
    /// Unique, and sorted by when members came: those who came first get what does not divide evenly.
    private let name: String
    private let process = ProcessIdentity.current
    private let topic: SQLiteEventLog.Topic
    private let file: SQLiteLogFile
    private let database: Database
    private let clock: any WallClock
    private let sessionTimeout: Duration
    private var held: Set<Int32> = []
    private var latestHeartbeat: MonotonicTime?
    private var seenChanges: UInt64 = 0

    init(
        topic: SQLiteEventLog.Topic, group: String, file: SQLiteLogFile, database: Database, clock: any WallClock,
        sessionTimeout: Duration
    ) throws {
        self.topic = topic
        self.group = group
        self.file = file
        self.database = database
        self.clock = clock
        self.sessionTimeout = sessionTimeout
        let now = String(clock.now)
        name = String(repeating: "0", count: max(0, 15 - now.count)) + now + "-" + Self.randomText()
    }

    private static func randomText() -> String { String(UInt64.random(in: .min ... .max), radix: 16) }

    /// How long a heartbeat may be put off.
    var heartbeatInterval: Duration { min(.seconds(1), sessionTimeout / 5) }

    /// How long until the next heartbeat is due.
    var untilHeartbeat: Duration { latestHeartbeat.map { max(.zero, heartbeatInterval - $0.elapsed) } ?? .zero }

    /// Renews our time and says what changed. Does nothing when it is not due yet.
    ///
    /// - Parameter isForced: whether to do it in any case, because members came or went.
    func heartbeat(isForced: Bool) throws -> Verdict {
        guard isForced || untilHeartbeat == .zero else { return Verdict() }
        let verdict = try StorageError.fromSQLite {
            try database.withTransaction { try renew($0) }
        }
        latestHeartbeat = .now
        held.subtract(verdict.lost)
        held.formUnion(verdict.gained)
        if !verdict.isEmpty { file.signal() }
        return verdict
    }

    /// Gives partitions back for others to take.
    func release(_ partitions: [Int32]) throws {
        guard !partitions.isEmpty else { return }
        try StorageError.fromSQLite {
            try database.withTransaction { connection in
                for partition in partitions {
                    try connection.run(
                        """
                        DELETE FROM log_leases
                        WHERE topic_id = ?1 AND group_name = ?2 AND member = ?3 AND partition = ?4
                        """, place + [.text(name), .integer(Int64(partition))])
                }
            }
        }
        held.subtract(partitions)
        file.signal()
    }

    /// Leaves the group.
    func leave() throws {
        try StorageError.fromSQLite { try database.withTransaction { try remove(name, $0) } }
        held = []
        file.signal()
    }

    /// Commits next offsets of partitions we hold; others' stay as they are.
    func commit(_ offsets: [Int32: Int64]) throws {
        try StorageError.fromSQLite {
            try database.withTransaction { connection in
                for (partition, offset) in offsets {
                    try connection.run(
                        """
                        INSERT INTO log_group_offsets SELECT ?1, ?2, ?4, ?5 FROM log_leases
                        WHERE topic_id = ?1 AND group_name = ?2 AND member = ?3 AND partition = ?4
                        ON CONFLICT DO UPDATE SET next_offset = excluded.next_offset
                        """, place + [.text(name), .integer(Int64(partition)), .integer(offset)])
                }
            }
        }
    }

    // MARK: - In the transaction

    private var place: [SQLiteValue] { [.integer(topic.topicID), .text(group)] }

    private func renew(_ connection: Connection) throws -> Verdict {
        let now = clock.now
        let expiry = now + max(1, sessionTimeout.clampedNanoseconds / 1_000_000)
        try removeDead(now, expiry, connection)
        try connection.run(
            """
            INSERT INTO log_members VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at
            """, place + [.text(name), .text(process.name), .integer(expiry)])
        var holders: [Int32: String] = [:]
        try connection.query(
            "SELECT partition, member FROM log_leases WHERE topic_id = ?1 AND group_name = ?2", place
        ) { holders[Int32(truncatingIfNeeded: $0.int64(at: 0))] = $0.string(at: 1) }
        return try deal(holders, share: try share(connection), connection)
    }

    /// Removes members whose time is up, whose process is gone, or whose time lies so far ahead that the clock must have
    /// been set back since.
    private func removeDead(_ now: Int64, _ expiry: Int64, _ connection: Connection) throws {
        var dead: [String] = []
        try connection.query(
            "SELECT member, process, expires_at FROM log_members WHERE topic_id = ?1 AND group_name = ?2", place
        ) { row in
            let expires = row.int64(at: 2)
            let isOver = expires <= now || expires > expiry + (expiry - now)
            if isOver || ProcessIdentity(name: row.string(at: 1))?.isGone ?? false { dead.append(row.string(at: 0)) }
        }
        for member in dead { try remove(member, connection) }
    }

    private func remove(_ member: String, _ connection: Connection) throws {
        for table in ["log_leases", "log_members"] {
            try connection.run(
                "DELETE FROM \(table) WHERE topic_id = ?1 AND group_name = ?2 AND member = ?3", place + [.text(member)])
        }
    }

    /// How many partitions we should hold.
    private func share(_ connection: Connection) throws -> Int {
        var members: [String] = []
        try connection.query(
            "SELECT member FROM log_members WHERE topic_id = ?1 AND group_name = ?2 ORDER BY member", place
        ) { members.append($0.string(at: 0)) }
        let rank = members.firstIndex(of: name) ?? members.count
        let (even, rest) = topic.partitionCount.quotientAndRemainder(dividingBy: max(1, members.count))
        return even + (rank < rest ? 1 : 0)
    }

    private func deal(_ holders: [Int32: String], share: Int, _ connection: Connection) throws -> Verdict {
        var verdict = Verdict()
        let mine = Set(holders.filter { $0.value == name }.keys)
        verdict.lost = held.subtracting(mine).sorted()
        verdict.surplus = Array(mine.sorted().dropFirst(share))
        let free = (0..<Int32(topic.partitionCount)).filter { holders[$0] == nil }
        for partition in free.prefix(max(0, share - mine.count)) {
            try connection.run(
                "INSERT INTO log_leases VALUES (?1, ?2, ?3, ?4)", place + [.integer(Int64(partition)), .text(name)])
            verdict.gained.append(partition)
        }
        return verdict
    }
}
