/// One step of a schema's history: the script that leads from version `version - 1` to `version`.
///
/// A released step never changes; what later code needs is a new step.
public struct SchemaMigration: Sendable {
    /// The version the script leads to; the first is 1.
    public var version: Int64
    /// Statements without parameters, run in one transaction with the new version number.
    public var script: String

    /// Makes the step.
    public init(version: Int64, script: String) {
        self.version = version
        self.script = script
    }
}

extension Database {
    /// Brings the tables of `component` to the last of `migrations`, each step once, all in one transaction. Components
    /// keep their own version numbers, so several may live in one file.
    ///
    /// - Returns: the version found before.
    /// - Throws: `SQLiteError`; also when the file was written by code newer than `migrations`.
    @discardableResult
    public func migrate(_ component: String, _ migrations: [SchemaMigration]) throws -> Int64 {
        precondition(
            zip(migrations, 1...).allSatisfy { $0.version == $1 }, "migrations of \(component) are numbered 1, 2, …")
        let newest = Int64(migrations.count)
        if let found = try schemaVersion(component), found == newest { return found }
        return try withTransaction(.immediate) { connection in
            try connection.execute(
                """
                CREATE TABLE IF NOT EXISTS schema_versions (
                    component TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID
                """)
            let found = try self.schemaVersion(component) ?? 0
            guard found <= newest else { throw SQLiteError.newerSchema(component, found, newest, path: self.path) }
            for migration in migrations where migration.version > found { try connection.execute(migration.script) }
            try connection.run(
                "INSERT INTO schema_versions VALUES (?1, ?2) ON CONFLICT DO UPDATE SET version = excluded.version",
                [.text(component), .integer(newest)])
            return found
        }
    }

    /// Version of a component's tables, or nil when the file has none.
    public func schemaVersion(_ component: String) throws -> Int64? {
        try withConnection { connection in
            let table = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_versions'"
            guard try connection.first(table, [], { _ in true }) == true else { return nil }
            return try connection.first(
                "SELECT version FROM schema_versions WHERE component = ?1", [.text(component)], { $0.int64(at: 0) })
        }
    }
}
