import CSQLite
import Glibc
import Synchronization

/// One SQLite database file, opened by one connection that its callers use in turn.
///
/// All calls block and may be made from many threads: a call waits until the connection is free. A call made inside the
/// closure of another, on the same thread, gets the same connection (and inside its transaction becomes a savepoint).
/// For reading beside a writer see `DatabasePool`.
public final class Database: @unchecked Sendable {
    // Unchecked because `Connection` is not Sendable: it is only reached inside `withConnection`, by the thread that
    // holds `mutex`, or by the same thread again further down its stack.

    /// Path of the file, `:memory:` for a database that lives as long as this object.
    public let path: String
    /// How it was opened.
    public let options: DatabaseOptions

    private let connection: Connection
    private let mutex = Mutex(())
    /// `pthread_self` of the thread that holds `mutex`, 0 for none.
    private let owner = Atomic<UInt>(0)

    /// Opens the file.
    ///
    /// - Throws: `SQLiteError` when it cannot be opened, is no database, or cannot be set to the journal mode asked for.
    public init(path: String, options: DatabaseOptions = DatabaseOptions()) throws(SQLiteError) {
        self.path = path
        self.options = options
        self.connection = try Self.open(path: path, options: options)
    }

    // MARK: - use

    /// Calls `body` with the connection, once no other thread uses it.
    @discardableResult
    public func withConnection<R>(_ body: (Connection) throws -> R) throws -> R {
        let thread = pthread_self()
        // Only this thread could have stored its own id, so a relaxed load cannot mislead it.
        if owner.load(ordering: .relaxed) == thread { return try body(connection) }
        return try mutex.withLock { _ in
            owner.store(thread, ordering: .relaxed)
            defer { owner.store(0, ordering: .relaxed) }
            return HandedBack(value: try body(connection))
        }.value
    }

    /// As `withConnection` when the connection is free now; nil otherwise.
    func withIdleConnection<R>(_ body: (Connection) throws -> R) throws -> R? {
        let thread = pthread_self()
        guard owner.load(ordering: .relaxed) != thread else { return nil }
        return try mutex.withLockIfAvailable { _ in
            owner.store(thread, ordering: .relaxed)
            defer { owner.store(0, ordering: .relaxed) }
            return HandedBack(value: try body(connection))
        }?.value
    }

    /// Runs `body` in a transaction; see `Connection.withTransaction`.
    @discardableResult
    public func withTransaction<R>(_ kind: TransactionKind = .immediate, _ body: (Connection) throws -> R) throws -> R {
        try withConnection { try $0.withTransaction(kind, body) }
    }

    /// Runs a script of any number of statements without parameters.
    public func execute(_ script: String) throws {
        try withConnection { try $0.execute(script) }
    }

    /// Closes the connection, once no other thread uses it; idempotent. Later calls throw.
    public func close() {
        if owner.load(ordering: .relaxed) == pthread_self() { return connection.close() }
        mutex.withLock { _ in connection.close() }
    }

    // MARK: - opening

    private static func open(path: String, options: DatabaseOptions) throws(SQLiteError) -> Connection {
        if options.createsIfMissing && !options.isReadOnly && path != ":memory:" {
            try createFolders(above: path)
        }
        var flags = options.isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE
        if options.createsIfMissing && !options.isReadOnly { flags |= SQLITE_OPEN_CREATE }
        // `mutex` serialises, so SQLite need not.
        flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        guard let handle else { throw .ofCode(code, path: path) }
        guard code == SQLITE_OK else {
            let error = SQLiteError.ofConnection(handle, code: code, path: path, sql: nil)
            sqlite3_close_v2(handle)
            throw error
        }
        // From here the connection's deinit closes the handle when configuring throws.
        let connection = Connection(
            handle: handle, path: path, statementCacheCapacity: max(1, options.statementCacheCapacity))
        try connection.configure(options)
        return connection
    }

    private static func createFolders(above path: String) throws(SQLiteError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
        var folder = path.hasPrefix("/") ? "/" : ""
        for part in parts {
            folder += part + "/"
            if mkdir(folder, 0o777) != 0 && errno != EEXIST && errno != EISDIR {
                let cause = String(cString: strerror(errno))
                throw .ofCode(SQLITE_CANTOPEN, message: "cannot make the folder \(folder): \(cause)", path: path)
            }
        }
    }
}

/// Carries a result out of `Mutex.withLock`, which wants it sendable.
///
/// Unchecked because it never changes threads: it is made and opened by the thread that called `withConnection`.
private struct HandedBack<Value>: @unchecked Sendable {
    let value: Value
}
