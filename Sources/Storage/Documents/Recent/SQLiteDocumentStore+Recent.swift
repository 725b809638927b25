import Domain
import SQLite

extension SQLiteDocumentStore {
    private static let columns = "track_id, timestamp, action, duration, total_duration"
    private static let order = "ORDER BY timestamp DESC, track_id"

    /// Adds listens in transactions of bounded size. Writers take turns, so changes are numbered in the order in which they
    /// can be seen.
    ///
    /// - Complexity: O(listens · log(kept))
    public func appendRecentListens(_ listens: [RecentListens], keeping limit: Int, now: Int64) throws {
        precondition(limit >= 1, "at least one listen is kept")
        var start = 0
        while start < listens.count {
            var (end, rowCount) = (start, 0)
            while end < listens.count, end == start || rowCount + listens[end].listens.count <= Self.rowsPerTransaction
            {
                rowCount += listens[end].listens.count
                end += 1
            }
            try write { connection in
                for user in listens[start..<end] where try add(user, connection) > 0 {
                    try trim(user.userID, to: limit, connection)
                    try note(user.userID, removedAt: nil, connection)
                }
                try forgetRemoved(before: now, connection)
            }
            start = end
        }
    }

    /// - Returns: listens that were not there.
    private func add(_ user: RecentListens, _ connection: Connection) throws -> Int {
        let sql = "INSERT OR IGNORE INTO recent_listens (user_id, \(Self.columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        return try connection.withStatement(sql) { statement in
            var count = 0
            for listen in user.listens {
                try statement.bind(user.userID, at: 1)
                try statement.bind(listen.trackID, at: 2)
                try statement.bind(listen.timestamp, at: 3)
                try statement.bind(listen.action.wireName, at: 4)
                try statement.bind(Int64(listen.duration), at: 5)
                try statement.bind(Int64(listen.totalDuration), at: 6)
                count += try statement.run()
            }
            return count
        }
    }

    private func trim(_ userID: String, to limit: Int, _ connection: Connection) throws {
        try connection.run(
            """
            DELETE FROM recent_listens WHERE user_id = ?1 AND (timestamp, track_id) IN (
                SELECT timestamp, track_id FROM recent_listens WHERE user_id = ?1 \(Self.order) LIMIT -1 OFFSET ?2)
            """,
            [.text(userID), .integer(Int64(limit))])
    }

    /// Gives the listener's change the next number.
    private func note(_ userID: String, removedAt: Int64?, _ connection: Connection) throws {
        try connection.run("UPDATE recent_sequence SET change = change + 1")
        try connection.run(
            """
            INSERT INTO recent_users (user_id, change, removed_at)
            VALUES (?1, (SELECT change FROM recent_sequence), ?2)
            ON CONFLICT (user_id) DO UPDATE SET change = excluded.change, removed_at = excluded.removed_at
            """,
            [.text(userID), .optionalInteger(removedAt)])
    }

    private func forgetRemoved(before now: Int64, _ connection: Connection) throws {
        try connection.run(
            "DELETE FROM recent_users WHERE removed_at < ?1", [.integer(now - RecentRemoval.noticeMilliseconds)])
    }

    /// The listens kept of a listener, newest first.
    public func recentListens(userID: String) throws -> [RecentListen] {
        try rows(
            "SELECT \(Self.columns) FROM recent_listens WHERE user_id = ?1 \(Self.order)", [.text(userID)], listen)
    }

    /// Whose listens changed, of one snapshot.
    public func recentChanges(after cursor: Int64?, limit: Int) throws -> RecentChanges {
        var changes = RecentChanges(users: [], cursor: cursor ?? 0)
        let listens = "SELECT \(Self.columns) FROM recent_listens WHERE user_id = ?1 \(Self.order)"
        try StorageError.fromSQLite {
            try pool.readSnapshot { connection in
                try connection.query(
                    "SELECT user_id, change FROM recent_users WHERE change > ?1 ORDER BY change LIMIT ?2",
                    [.integer(changes.cursor), .integer(Int64(max(0, limit)))]
                ) { row in
                    changes.users.append(RecentListens(userID: row.string(at: 0), listens: []))
                    changes.cursor = row.int64(at: 1)
                }
                for index in changes.users.indices {
                    try connection.query(listens, [.text(changes.users[index].userID)]) { row in
                        changes.users[index].listens.append(try listen(row))
                    }
                }
            }
        }
        return changes
    }

    /// The number of the newest change.
    public func newestRecentChange() throws -> Int64 { try number("SELECT change FROM recent_sequence") }

    /// Forgets a listener's listens.
    public func removeRecentListens(userID: String, now: Int64) throws {
        try write { connection in
            try connection.run("DELETE FROM recent_listens WHERE user_id = ?1", [.text(userID)])
            try note(userID, removedAt: now, connection)
            try forgetRemoved(before: now, connection)
        }
    }

    private func listen(_ row: Statement) throws -> RecentListen {
        let action = row.string(at: 2)
        guard let action = EventAction(wireName: action) else {
            throw StorageError(
                .corrupt, "\(pool.writer.path): a recent listen has the unknown action “\(action)”; update the program")
        }
        return RecentListen(
            trackID: row.string(at: 0), timestamp: row.int64(at: 1), action: action,
            duration: Int32(clamping: row.int64(at: 3)), totalDuration: Int32(clamping: row.int64(at: 4)))
    }
}

extension SQLiteDocumentSchema {
    // `change` numbers the changes in the order of their transactions; a removed listener's is kept for some minutes, so that
    // readers of the changes are told.
    static let recent = """
        CREATE TABLE recent_listens (
            user_id TEXT NOT NULL,
            timestamp INTEGER NOT NULL,
            track_id TEXT NOT NULL,
            action TEXT NOT NULL,
            duration INTEGER NOT NULL,
            total_duration INTEGER NOT NULL,
            PRIMARY KEY (user_id, timestamp DESC, track_id)) WITHOUT ROWID;
        CREATE TABLE recent_users (
            user_id TEXT NOT NULL PRIMARY KEY,
            change INTEGER NOT NULL,
            removed_at INTEGER) WITHOUT ROWID;
        CREATE UNIQUE INDEX recent_users_change ON recent_users (change);
        CREATE INDEX recent_users_removed ON recent_users (removed_at) WHERE removed_at IS NOT NULL;
        CREATE TABLE recent_sequence (only INTEGER PRIMARY KEY CHECK (only = 0), change INTEGER NOT NULL);
        INSERT INTO recent_sequence VALUES (0, 0);

        """
}
