import SQLite

extension SQLiteDocumentStore {
    /// Keeps ratings. Writers take turns, so changes are numbered in the order in which they can be seen.
    public func setRatings(_ ratings: [Rating], userID: String) throws {
        guard !ratings.isEmpty else { return }
        try write { connection in
            for rating in ratings {
                try connection.run(
                    """
                    INSERT INTO ratings (user_id, track_id, rating, rated_at) VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT (user_id, track_id) DO UPDATE SET
                        rating = excluded.rating, rated_at = excluded.rated_at
                    """,
                    [.text(userID), .text(rating.trackID), .text(rating.value.name), .integer(rating.ratedAt)])
            }
            try noteRatings(of: userID, emptiedAt: nil, connection)
        }
    }

    /// Takes a rating back.
    public func removeRating(userID: String, trackID: String, now: Int64) throws -> Bool {
        try write { connection in
            let isThere = try connection.first(
                "SELECT 1 FROM ratings WHERE user_id = ?1 AND track_id = ?2", [.text(userID), .text(trackID)]
            ) { $0.int64(at: 0) }
            guard isThere != nil else { return false }
            try connection.run(
                "DELETE FROM ratings WHERE user_id = ?1 AND track_id = ?2", [.text(userID), .text(trackID)])
            try noteRatings(of: userID, emptiedAt: now, connection)
            return true
        }
    }

    /// Forgets all a listener rated.
    public func removeRatings(userID: String, now: Int64) throws {
        try write { connection in
            try connection.run("DELETE FROM ratings WHERE user_id = ?1", [.text(userID)])
            try noteRatings(of: userID, emptiedAt: now, connection)
        }
    }

    /// Gives the listener's change the next number; `emptiedAt` is noted when no rating is left.
    private func noteRatings(of userID: String, emptiedAt: Int64?, _ connection: Connection) throws {
        try connection.run("UPDATE rating_sequence SET change = change + 1")
        try connection.run(
            """
            INSERT INTO rating_users (user_id, change, emptied_at)
            VALUES (?1, (SELECT change FROM rating_sequence),
                iif(EXISTS (SELECT 1 FROM ratings WHERE user_id = ?1), NULL, ?2))
            ON CONFLICT (user_id) DO UPDATE SET change = excluded.change, emptied_at = excluded.emptied_at
            """,
            [.text(userID), emptiedAt.map { .integer($0) } ?? .null])
        if let emptiedAt {
            try connection.run(
                "DELETE FROM rating_users WHERE emptied_at < ?1",
                [.integer(emptiedAt - RatingRemoval.noticeMilliseconds)])
        }
    }

    /// A page of a listener's ratings, newest first.
    public func ratings(userID: String, after cursor: RatingPosition?, limit: Int) throws -> [Rating] {
        try rows(
            """
            SELECT track_id, rating, rated_at FROM ratings
            WHERE user_id = ?1 AND (rated_at < ?2 OR (rated_at = ?2 AND track_id > ?3))
            ORDER BY rated_at DESC, track_id LIMIT ?4
            """,
            [
                .text(userID), .integer(cursor?.ratedAt ?? .max), .text(cursor?.trackID ?? ""),
                .integer(Int64(max(0, limit))),
            ], rating)
    }

    /// Whose ratings changed, of one snapshot.
    public func ratingChanges(after cursor: Int64?, limit: Int) throws -> RatingChanges {
        var changes = RatingChanges(users: [], cursor: cursor ?? 0)
        try StorageError.fromSQLite {
            try pool.readSnapshot { connection in
                try connection.query(
                    "SELECT user_id, change FROM rating_users WHERE change > ?1 ORDER BY change LIMIT ?2",
                    [.integer(changes.cursor), .integer(Int64(max(0, limit)))]
                ) { row in
                    changes.users.append(UserRatings(userID: row.string(at: 0), ratings: []))
                    changes.cursor = row.int64(at: 1)
                }
                for index in changes.users.indices {
                    try connection.query(
                        "SELECT track_id, rating, rated_at FROM ratings WHERE user_id = ?1",
                        [.text(changes.users[index].userID)]
                    ) { changes.users[index].ratings.append(try rating($0)) }
                }
            }
        }
        return changes
    }

    private func rating(_ row: Statement) throws -> Rating {
        let name = row.string(at: 1)
        guard let value = RatingValue(name: name) else {
            throw StorageError(.corrupt, "\(pool.writer.path): a rating says '\(name)'; remove that row of ratings")
        }
        return Rating(trackID: row.string(at: 0), value: value, ratedAt: row.int64(at: 2))
    }
}

extension SQLiteDocumentSchema {
    // `change` of a listener is the number of the last change of any of their ratings. Who has no rating any more stays in
    // `rating_users` for some minutes.
    static let ratings = """
        CREATE TABLE ratings (
            user_id TEXT NOT NULL,
            track_id TEXT NOT NULL,
            rating TEXT NOT NULL,
            rated_at INTEGER NOT NULL,
            PRIMARY KEY (user_id, track_id)) WITHOUT ROWID;
        CREATE INDEX ratings_newest ON ratings (user_id, rated_at DESC, track_id);
        CREATE TABLE rating_users (
            user_id TEXT NOT NULL PRIMARY KEY,
            change INTEGER NOT NULL,
            emptied_at INTEGER) WITHOUT ROWID;
        CREATE UNIQUE INDEX rating_users_change ON rating_users (change);
        CREATE INDEX rating_users_emptied ON rating_users (emptied_at) WHERE emptied_at IS NOT NULL;
        CREATE TABLE rating_sequence (only INTEGER PRIMARY KEY CHECK (only = 0), change INTEGER NOT NULL);
        INSERT INTO rating_sequence VALUES (0, 0);

        """
}
