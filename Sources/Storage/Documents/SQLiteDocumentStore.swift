package import SQLite

/// The document store in one SQLite file: the embedded default.
///
/// One connection writes, several read; any number of processes may have the file open. A write returns when it is on
/// the disk. Methods throw `StorageError`.
public final class SQLiteDocumentStore: DocumentStore {
    let pool: DatabasePool

    /// Rows a writing transaction takes at most where the contract does not ask for one transaction: others get their
    /// turn in between.
    static let rowsPerTransaction = 5_000

    /// Opens the file, making it and its folders when they are not there.
    ///
    /// - Throws: `StorageError` when it cannot be opened or is no database.
    public init(path: String) throws {
        pool = try StorageError.fromSQLite { try DatabasePool(path: path) }
    }

    /// Creates the tables, or brings those of an older version up to date.
    public func prepare() throws {
        try StorageError.fromSQLite {
            _ = try pool.writer.migrate(SQLiteDocumentSchema.component, SQLiteDocumentSchema.migrations)
        }
    }

    /// Takes and releases the write lock, and looks for the tables.
    public func checkHealth() throws {
        let version = try write { _ in try self.pool.writer.schemaVersion(SQLiteDocumentSchema.component) }
        guard let version, version == SQLiteDocumentSchema.migrations.count else {
            throw StorageError(
                .invalid,
                "\(pool.writer.path): the store's tables are \(version.map { "of version \($0)" } ?? "missing"); "
                    + "prepare the store first")
        }
    }

    /// Closes the connections; idempotent.
    public func close() { pool.close() }

    /// Lets the file grow to so many pages and no further: how a test fills the disk.
    package func limitPages(to count: Int) throws {
        try StorageError.fromSQLite { try pool.writer.execute("PRAGMA max_page_count = \(count)") }
    }

    /// What made the files of the first release: how a test makes one.
    package static var migrationsOfVersion1: [SchemaMigration] { Array(SQLiteDocumentSchema.migrations.prefix(1)) }

    // MARK: - access

    /// A write transaction.
    @discardableResult
    func write<R>(_ body: (Connection) throws -> R) throws -> R {
        try StorageError.fromSQLite { try pool.write(body) }
    }

    /// Write transactions of bounded size over `elements`.
    func writeInBatches<Element>(
        _ elements: [Element], _ sql: String, _ bind: (Element, Statement) throws -> Void
    ) throws {
        var start = 0
        while start < elements.count {
            let end = min(start + Self.rowsPerTransaction, elements.count)
            try write { connection in
                try connection.withStatement(sql) { statement in
                    for element in elements[start..<end] {
                        try bind(element, statement)
                        try statement.run()
                    }
                }
            }
            start = end
        }
    }

    /// What `make` makes of each row.
    func rows<Row>(
        _ sql: String, _ values: [SQLiteValue] = [], _ make: (Statement) throws -> Row
    ) throws -> [Row] {
        var rows: [Row] = []
        try forEachRow(sql, values) { rows.append(try make($0)) }
        return rows
    }

    /// Calls `body` for each row of one snapshot.
    func forEachRow(_ sql: String, _ values: [SQLiteValue] = [], _ body: (Statement) throws -> Void) throws {
        try StorageError.fromSQLite { try pool.read { try $0.query(sql, values, body) } }
    }

    /// The number a query of one row and one column answers; 0 without a row.
    func number(_ sql: String, _ values: [SQLiteValue] = []) throws -> Int64 {
        try StorageError.fromSQLite { try pool.read { try $0.first(sql, values) { $0.int64(at: 0) } } ?? 0 }
    }
}
