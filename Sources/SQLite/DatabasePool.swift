import Synchronization

/// A database file with one connection that writes and several that read, so that readers neither wait for the writer
/// nor hold it up. Needs a file and the write-ahead log.
///
/// A reader sees the last commit before it began. All calls block and may be made from many threads.
public final class DatabasePool: Sendable {
    /// The connection that writes.
    public let writer: Database

    private let readers: [Database]
    private let turn = Atomic<Int>(0)

    /// Opens the file with one writer and `readerCount` readers.
    ///
    /// - Throws: `SQLiteError` when the file cannot be opened.
    public init(path: String, options: DatabaseOptions = DatabaseOptions(), readerCount: Int = 4) throws(SQLiteError) {
        precondition(readerCount > 0, "a pool needs a reader")
        precondition(path != ":memory:", "a pool needs a file")
        precondition(options.journalMode == .wal && !options.isReadOnly, "a pool needs a write-ahead log it may write")
        writer = try Database(path: path, options: options)
        var readOptions = options
        readOptions.isReadOnly = true
        var opened: [Database] = []
        for _ in 0..<readerCount { opened.append(try Database(path: path, options: readOptions)) }
        readers = opened
    }

    /// Calls `body` with a reading connection: an idle one, or the next in turn once it is free.
    @discardableResult
    public func read<R>(_ body: (Connection) throws -> R) throws -> R {
        let start = turn.wrappingAdd(1, ordering: .relaxed).newValue & Int.max
        for offset in 0..<readers.count {
            if let result = try readers[(start + offset) % readers.count].withIdleConnection(body) { return result }
        }
        return try readers[start % readers.count].withConnection(body)
    }

    /// Calls `body` in a read transaction: all its queries see the same commit.
    @discardableResult
    public func readSnapshot<R>(_ body: (Connection) throws -> R) throws -> R {
        try read { try $0.withTransaction(.deferred, body) }
    }

    /// Runs `body` in an immediate transaction of the writer; see `Connection.withTransaction`.
    @discardableResult
    public func write<R>(_ body: (Connection) throws -> R) throws -> R {
        try writer.withTransaction(.immediate, body)
    }

    /// Closes every connection, each once it is free; idempotent. Later calls throw.
    public func close() {
        for reader in readers { reader.close() }
        writer.close()
    }
}
