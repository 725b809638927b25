import CSQLite

/// How a transaction takes its lock (https://www.sqlite.org/lang_transaction.html).
public enum TransactionKind: String, Sendable {
    /// At the first statement; a read that turns into a write may fail with `isBusy`. For reading.
    case deferred
    /// The write lock at once, waiting up to the busy timeout. For writing.
    case immediate
    /// No other connection may even read, unless in a write-ahead log.
    case exclusive
}

/// The one connection of a `Database`, handed out by `withConnection` and `withTransaction`. Use it on the thread and
/// inside the closure that got it, and no longer.
public final class Connection {
    /// Path of the database file.
    public let path: String

    private var handle: OpaquePointer?
    private var statements: [String: Statement] = [:]
    private let statementCacheCapacity: Int
    private var savepointDepth = 0

    init(handle: OpaquePointer, path: String, statementCacheCapacity: Int) {
        self.handle = handle
        self.path = path
        self.statementCacheCapacity = statementCacheCapacity
    }

    deinit { close() }

    /// Finalizes every statement and closes; idempotent.
    func close() {
        guard let handle else { return }
        for statement in statements.values { statement.finalize() }
        statements = [:]
        // v2 cannot fail: a statement still out finishes as a zombie.
        sqlite3_close_v2(handle)
        self.handle = nil
    }

    private func openHandle() throws(SQLiteError) -> OpaquePointer {
        guard let handle else { throw .closed(path: path) }
        return handle
    }

    /// Whether a transaction is open.
    public var isInTransaction: Bool { handle.map { sqlite3_get_autocommit($0) == 0 } ?? false }

    /// Row id of the last insert on this connection.
    public var lastInsertRowID: Int64 { handle.map { sqlite3_last_insert_rowid($0) } ?? 0 }

    // MARK: - statements

    /// Calls `body` with the prepared statement of `sql`, from the cache when it is there and not in use further up the
    /// stack. It comes reset and without bindings, and is reset afterwards.
    ///
    /// - Throws: `SQLiteError` when the SQL is wrong, or what `body` throws.
    @discardableResult
    public func withStatement<R>(_ sql: String, _ body: (Statement) throws -> R) throws -> R {
        let statement = try checkOut(sql)
        defer {
            statement.clear()
            statement.isInUse = false
        }
        return try body(statement)
    }

    private func checkOut(_ sql: String) throws(SQLiteError) -> Statement {
        let handle = try openHandle()
        if let cached = statements[sql] {
            if !cached.isInUse {
                cached.isInUse = true
                return cached
            }
            return try Statement(sql: sql, connection: handle, path: path)
        }
        let statement = try Statement(sql: sql, connection: handle, path: path)
        statement.isInUse = true
        if statements.count >= statementCacheCapacity, let idle = statements.first(where: { !$0.value.isInUse }) {
            statements[idle.key] = nil
        }
        if statements.count < statementCacheCapacity { statements[sql] = statement }
        return statement
    }

    /// A statement of its own, not cached, finalized when it goes.
    func prepareOnce(_ sql: String) throws(SQLiteError) -> Statement {
        try Statement(sql: sql, connection: try openHandle(), path: path)
    }

    /// Runs one statement with values bound to ?1, ?2, …
    ///
    /// - Returns: rows inserted, changed or deleted.
    @discardableResult
    public func run(_ sql: String, _ values: [SQLiteValue] = []) throws -> Int {
        try withStatement(sql) { statement in
            try statement.bind(values)
            return try statement.run()
        }
    }

    /// Calls `body` for each row of a query with values bound to ?1, ?2, …
    public func query(_ sql: String, _ values: [SQLiteValue] = [], _ body: (Statement) throws -> Void) throws {
        try withStatement(sql) { statement in
            try statement.bind(values)
            try statement.forEachRow(body)
        }
    }

    /// What `body` makes of the first row, or nil when there is none.
    public func first<R>(
        _ sql: String, _ values: [SQLiteValue] = [], _ body: (Statement) throws -> R
    ) throws -> R? {
        try withStatement(sql) { statement in
            try statement.bind(values)
            return try statement.step() ? try body(statement) : nil
        }
    }

    /// Runs a script of any number of statements without parameters, discarding rows.
    public func execute(_ script: String) throws(SQLiteError) {
        let handle = try openHandle()
        let code = sqlite3_exec(handle, script, nil, nil, nil)
        guard code == SQLITE_OK else { throw .ofConnection(handle, code: code, path: path, sql: script) }
    }

    // MARK: - transactions

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws. Inside another transaction
    /// it is a savepoint, and `kind` does not matter.
    ///
    /// - Throws: what `body` throws, or `SQLiteError` when begin or commit fail (then nothing is changed).
    @discardableResult
    public func withTransaction<R>(_ kind: TransactionKind = .immediate, _ body: (Connection) throws -> R) throws -> R {
        if isInTransaction { return try withSavepoint(body) }
        try execute("BEGIN \(kind.rawValue)")
        do {
            let result = try body(self)
            try execute("COMMIT")
            return result
        } catch {
            try rollBack("ROLLBACK", after: error)
            throw error
        }
    }

    private func withSavepoint<R>(_ body: (Connection) throws -> R) throws -> R {
        savepointDepth += 1
        defer { savepointDepth -= 1 }
        let name = "nested_\(savepointDepth)"
        try execute("SAVEPOINT \(name)")
        do {
            let result = try body(self)
            try execute("RELEASE \(name)")
            return result
        } catch {
            try rollBack("ROLLBACK TO \(name); RELEASE \(name)", after: error)
            throw error
        }
    }

    /// After a full disk, an I/O error or a lost lock SQLite may have rolled back by itself: then there is nothing to
    /// do. A rollback that fails leaves the file's journal to do it; the first error is the one to report, so the second
    /// only adds to it by making the connection unusable.
    private func rollBack(_ script: String, after error: any Error) throws {
        guard isInTransaction else { return }
        do {
            try execute(script)
        } catch let second {
            close()
            throw SQLiteError.ofCode(
                second.extendedCode, message: "rolling back failed (\(second.reason)) after: \(error)", path: path)
        }
    }
}
