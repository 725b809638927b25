import SQLite

extension SQLiteDocumentSchema {
    static let clients = """
        CREATE TABLE clients (
            _id TEXT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL,
            secret_hash TEXT NOT NULL,
            scopes TEXT NOT NULL,
            requests_per_minute INTEGER NOT NULL,
            created_at INTEGER NOT NULL);
        CREATE TABLE listener_tokens (
            _id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT NOT NULL,
            created_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX listener_tokens_user_id ON listener_tokens (user_id);
        CREATE TABLE signing_keys (
            _id TEXT NOT NULL PRIMARY KEY,
            secret TEXT NOT NULL,
            created_at INTEGER NOT NULL);

        """
}

extension SQLiteDocumentStore {
    private static let clientColumns = "_id, name, secret_hash, scopes, requests_per_minute, created_at"

    /// Inserts or replaces a client.
    public func saveClient(_ client: APIClient) throws {
        try write { connection in
            try connection.run(
                "INSERT OR REPLACE INTO clients (\(Self.clientColumns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                [
                    .text(client.id), .text(client.name), .text(client.secretHash),
                    .text(client.scopes.joined(separator: " ")), .integer(Int64(client.requestsPerMinute)),
                    .integer(client.createdAt),
                ])
        }
    }

    /// The client, or nil.
    public func client(id: String) throws -> APIClient? {
        try rows("SELECT \(Self.clientColumns) FROM clients WHERE _id = ?1", [.text(id)], Self.client).first
    }

    /// All clients in order of id.
    public func clients() throws -> [APIClient] {
        try rows("SELECT \(Self.clientColumns) FROM clients ORDER BY _id", [], Self.client)
    }

    /// Removes a client.
    public func removeClient(id: String) throws -> Bool {
        try write { try $0.run("DELETE FROM clients WHERE _id = ?1", [.text(id)]) > 0 }
    }

    /// Adds a token of a listener.
    public func saveListenerToken(_ token: ListenerToken) throws {
        try write { connection in
            try connection.run(
                "INSERT OR REPLACE INTO listener_tokens (_id, user_id, created_at) VALUES (?1, ?2, ?3)",
                [.text(token.digest), .text(token.userID), .integer(token.createdAt)])
        }
    }

    /// The token of a digest, or nil.
    public func listenerToken(digest: String) throws -> ListenerToken? {
        try rows("SELECT _id, user_id, created_at FROM listener_tokens WHERE _id = ?1", [.text(digest)]) { row in
            ListenerToken(digest: row.string(at: 0), userID: row.string(at: 1), createdAt: row.int64(at: 2))
        }.first
    }

    /// Removes all tokens of a listener.
    public func removeListenerTokens(userID: String) throws -> Int {
        try write { try $0.run("DELETE FROM listener_tokens WHERE user_id = ?1", [.text(userID)]) }
    }

    /// Adds a key.
    public func addSigningKey(_ key: SigningKey) throws {
        try write { connection in
            try connection.run(
                "INSERT OR IGNORE INTO signing_keys (_id, secret, created_at) VALUES (?1, ?2, ?3)",
                [.text(key.id), .text(key.secret), .integer(key.createdAt)])
        }
    }

    /// All keys, newest first.
    public func signingKeys() throws -> [SigningKey] {
        try rows("SELECT _id, secret, created_at FROM signing_keys ORDER BY created_at DESC, _id") { row in
            SigningKey(id: row.string(at: 0), secret: row.string(at: 1), createdAt: row.int64(at: 2))
        }
    }

    /// Removes the keys made before that instant.
    public func removeSigningKeys(before instant: Int64) throws {
        try write { try $0.run("DELETE FROM signing_keys WHERE created_at < ?1", [.integer(instant)]) }
    }

    private static func client(_ row: Statement) -> APIClient {
        APIClient(
            id: row.string(at: 0), name: row.string(at: 1), secretHash: row.string(at: 2),
            scopes: row.string(at: 3).split(separator: " ").map(String.init), requestsPerMinute: Int(row.int64(at: 4)),
            createdAt: row.int64(at: 5))
    }
}
