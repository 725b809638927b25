import SQLite

extension SQLiteDocumentStore {
    /// Removes a listener from `users`.
    public func removeUser(id: String) throws {
        try write { try $0.run("DELETE FROM users WHERE _id = ?1", [.text(id)]) }
    }

    /// Notes that a listener is to be forgotten.
    public func addForgetting(_ request: ForgettingRequest) throws {
        try write { connection in
            try connection.run(
                """
                INSERT INTO forgettings (user_id, requested_at) VALUES (?1, ?2)
                ON CONFLICT (user_id) DO UPDATE SET requested_at = max(requested_at, excluded.requested_at)
                """,
                [.text(request.userID), .integer(request.requestedAt)])
        }
    }

    /// What is to be done, oldest first.
    public func forgettings() throws -> [ForgettingRequest] {
        try rows("SELECT user_id, requested_at FROM forgettings ORDER BY requested_at, user_id") {
            ForgettingRequest(userID: $0.string(at: 0), requestedAt: $0.int64(at: 1))
        }
    }

    /// Notes that a request is done.
    public func removeForgetting(_ request: ForgettingRequest) throws {
        try write { connection in
            try connection.run(
                "DELETE FROM forgettings WHERE user_id = ?1 AND requested_at <= ?2",
                [.text(request.userID), .integer(request.requestedAt)])
        }
    }
}

extension SQLiteDocumentSchema {
    static let forgettings = """
        CREATE TABLE forgettings (user_id TEXT NOT NULL PRIMARY KEY, requested_at INTEGER NOT NULL) WITHOUT ROWID;

        """
}
