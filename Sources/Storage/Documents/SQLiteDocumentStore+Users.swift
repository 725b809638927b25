public import Domain
import SQLite

extension SQLiteDocumentStore {
    private static let columns = """
        _id, username, latent_vector, model_version, previous_vector, previous_model_version, last_updated
        """

    /// Inserts users or renames them; a nil name does not erase a known one.
    public func upsertUsers(_ users: [User]) throws {
        let sql = """
            INSERT INTO users (_id, username) VALUES (?1, ?2)
            ON CONFLICT (_id) DO UPDATE SET username = coalesce(excluded.username, username)
            """
        try writeInBatches(users, sql) { user, statement in
            try statement.bind(user.userID, at: 1)
            try statement.bind(user.username, at: 2)
        }
    }

    /// The user, or nil.
    public func user(id: String) throws -> User? {
        try rows("SELECT \(Self.columns) FROM users WHERE _id = ?1", [.text(id)], user).first
    }

    /// A page of users in order of id.
    public func users(after cursor: String?, limit: Int) throws -> [User] {
        // The empty string comes before every id.
        try rows(
            "SELECT \(Self.columns) FROM users WHERE _id > ?1 ORDER BY _id LIMIT ?2",
            [.text(cursor ?? ""), .integer(Int64(max(0, limit)))], user)
    }

    /// How many users there are.
    public func userCount() throws -> Int { Int(try number("SELECT count(*) FROM users")) }

    /// Writes vectors in transactions of bounded size; a publish that breaks off is done again as a whole.
    ///
    /// - Complexity: O(users · log(users)).
    public func upsertUserVectors(
        _ vectors: [(userID: String, values: [Float])], modelVersion: String, keeping: String?, at: Int64
    ) throws {
        // In DO UPDATE a bare column is the row as it was, so the order of the assignments does not matter.
        let moves = "model_version <> excluded.model_version AND (?5 IS NULL OR previous_model_version IS NOT ?5)"
        let sql = """
            INSERT INTO users (_id, latent_vector, model_version, last_updated) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (_id) DO UPDATE SET
                previous_vector = iif(\(moves), latent_vector, previous_vector),
                previous_model_version = iif(\(moves), model_version, previous_model_version),
                latent_vector = excluded.latent_vector,
                model_version = excluded.model_version,
                last_updated = excluded.last_updated
            """
        try writeInBatches(vectors, sql) { vector, statement in
            try statement.bind(vector.userID, at: 1)
            try vector.values.withUnsafeBytes { try statement.bind($0, at: 2) }
            try statement.bind(modelVersion, at: 3)
            try statement.bind(at, at: 4)
            try statement.bind(keeping, at: 5)
        }
    }

    /// Every user with a vector of that version, of one snapshot.
    public func forEachUserVector(modelVersion: String, _ body: (String, [Float]) throws -> Void) throws {
        let sql = """
            SELECT _id, iif(model_version = ?1, latent_vector, previous_vector) FROM users
            WHERE model_version = ?1 OR previous_model_version = ?1
            """
        try forEachRow(sql, [.text(modelVersion)]) { row in
            let userID = row.string(at: 0)
            try body(userID, try floats(row, at: 1, of: userID))
        }
    }

    private func user(_ row: Statement) throws -> User {
        let userID = row.string(at: 0)
        func vector(at column: Int, version: Int) throws -> UserVector? {
            guard let modelVersion = row.optionalString(at: version) else { return nil }
            return UserVector(modelVersion: modelVersion, values: try floats(row, at: column, of: userID))
        }
        return User(
            userID: userID, username: row.optionalString(at: 1), vector: try vector(at: 2, version: 3),
            previousVector: try vector(at: 4, version: 5), lastUpdated: row.optionalInt64(at: 6))
    }

    private func floats(_ row: Statement, at column: Int, of userID: String) throws -> [Float] {
        try row.withColumnBytes(at: column) { bytes throws(StorageError) in
            let size = MemoryLayout<Float>.size
            guard bytes.count % size == 0 else {
                throw StorageError(
                    .corrupt,
                    "\(pool.writer.path): the vector of user \(userID) has \(bytes.count) bytes, not a multiple of 4; "
                        + "train and publish again")
            }
            return [Float](unsafeUninitializedCapacity: bytes.count / size) { floats, count in
                UnsafeMutableRawBufferPointer(floats).copyMemory(from: bytes)
                count = bytes.count / size
            }
        }
    }
}
