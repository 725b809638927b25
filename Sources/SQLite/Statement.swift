import CSQLite

/// A prepared statement, handed out by `Connection.withStatement`. Use it on the thread and inside the closure that got
/// it, and no longer.
///
/// Parameters are numbered from 1 as in SQL's `?1`; columns from 0. An index outside the statement is a caller's bug and
/// traps.
public final class Statement {
    /// The SQL it was prepared from.
    public let sql: String
    /// How many columns a row has.
    public let columnCount: Int
    /// How many parameters it takes.
    public let parameterCount: Int

    private var handle: OpaquePointer?
    private let connectionHandle: OpaquePointer
    private let path: String

    /// Whether a closure holds it now: set by the connection's cache.
    var isInUse = false

    /// Prepares one statement; `sql` must not hold a second one.
    init(sql: String, connection: OpaquePointer, path: String) throws(SQLiteError) {
        var handle: OpaquePointer?
        var sqlCopy = sql
        let (code, hasTail) = sqlCopy.withUTF8 { text in
            text.withMemoryRebound(to: CChar.self) { text in
                var tail: UnsafePointer<CChar>?
                let code = sqlite3_prepare_v3(
                    connection, text.baseAddress, Int32(text.count), UInt32(SQLITE_PREPARE_PERSISTENT), &handle, &tail)
                guard let base = text.baseAddress, let tail else { return (code, false) }
                return (code, text[(tail - base)...].contains { $0 > 32 })
            }
        }
        guard code == SQLITE_OK else {
            throw .ofConnection(connection, code: code, path: path, sql: sql)
        }
        guard let handle, !hasTail else {
            sqlite3_finalize(handle)
            throw .ofCode(SQLITE_MISUSE, message: "expected exactly one statement", path: path, sql: sql)
        }
        self.sql = sql
        self.handle = handle
        self.connectionHandle = connection
        self.path = path
        self.columnCount = Int(sqlite3_column_count(handle))
        self.parameterCount = Int(sqlite3_bind_parameter_count(handle))
    }

    /// Releases the statement. Its result code repeats the last step's, which was thrown then.
    func finalize() {
        sqlite3_finalize(handle)
        handle = nil
    }

    deinit { sqlite3_finalize(handle) }

    private func fail(_ code: Int32, file: String = #fileID, line: Int = #line) -> SQLiteError {
        .ofConnection(connectionHandle, code: code, path: path, sql: sql, file: file, line: line)
    }

    private func check(_ code: Int32, file: String = #fileID, line: Int = #line) throws(SQLiteError) {
        guard code == SQLITE_OK else { throw fail(code, file: file, line: line) }
    }

    // MARK: - binding

    /// Binds an integer.
    public func bind(_ value: Int64, at index: Int) throws(SQLiteError) {
        precondition((1...parameterCount).contains(index), "no parameter \(index) in “\(sql)”")
        try check(sqlite3_bind_int64(handle, Int32(index), value))
    }

    /// Binds an integer.
    public func bind(_ value: Int, at index: Int) throws(SQLiteError) { try bind(Int64(value), at: index) }

    /// Binds an integer, or NULL for nil.
    public func bind(_ value: Int64?, at index: Int) throws(SQLiteError) {
        if let value { try bind(value, at: index) } else { try bindNull(at: index) }
    }

    /// Binds a double.
    public func bind(_ value: Double, at index: Int) throws(SQLiteError) {
        precondition((1...parameterCount).contains(index), "no parameter \(index) in “\(sql)”")
        try check(sqlite3_bind_double(handle, Int32(index), value))
    }

    /// Binds text; it is copied. NUL characters inside are kept.
    public func bind(_ value: String, at index: Int) throws(SQLiteError) {
        precondition((1...parameterCount).contains(index), "no parameter \(index) in “\(sql)”")
        var value = value
        let code = value.withUTF8 { text in
            text.withMemoryRebound(to: CChar.self) { text in
                withUnsafePointer(to: CChar(0)) { empty in
                    segue_sqlite3_bind_text_copy(
                        handle, Int32(index), text.baseAddress ?? empty, UInt64(text.count))
                }
            }
        }
        try check(code)
    }

    /// Binds text, or NULL for nil.
    public func bind(_ value: String?, at index: Int) throws(SQLiteError) {
        if let value { try bind(value, at: index) } else { try bindNull(at: index) }
    }

    /// Binds text given as UTF-8 bytes, which are copied and not checked.
    public func bindText(utf8 bytes: UnsafeRawBufferPointer, at index: Int) throws(SQLiteError) {
        precondition((1...parameterCount).contains(index), "no parameter \(index) in “\(sql)”")
        let code = withUnsafePointer(to: CChar(0)) { empty in
            segue_sqlite3_bind_text_copy(
                handle, Int32(index), bytes.baseAddress?.assumingMemoryBound(to: CChar.self) ?? empty,
                UInt64(bytes.count))
        }
        try check(code)
    }

    /// Binds bytes; they are copied. No bytes make an empty blob, not NULL.
    public func bind(_ bytes: UnsafeRawBufferPointer, at index: Int) throws(SQLiteError) {
        precondition((1...parameterCount).contains(index), "no parameter \(index) in “\(sql)”")
        try check(bindBlob(bytes, at: index))
    }

    private func bindBlob(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Int32 {
        // A null pointer would bind NULL.
        guard let base = bytes.baseAddress else { return sqlite3_bind_zeroblob(handle, Int32(index), 0) }
        return segue_sqlite3_bind_blob_copy(handle, Int32(index), base, UInt64(bytes.count))
    }

    /// Binds bytes; they are copied.
    public func bind(_ bytes: [UInt8], at index: Int) throws(SQLiteError) {
        precondition((1...parameterCount).contains(index), "no parameter \(index) in “\(sql)”")
        let code = bytes.withUnsafeBytes { bindBlob($0, at: index) }
        try check(code)
    }

    /// Binds NULL.
    public func bindNull(at index: Int) throws(SQLiteError) {
        precondition((1...parameterCount).contains(index), "no parameter \(index) in “\(sql)”")
        try check(sqlite3_bind_null(handle, Int32(index)))
    }

    /// Binds a value of any kind.
    public func bind(_ value: SQLiteValue, at index: Int) throws(SQLiteError) {
        switch value {
        case .integer(let number): try bind(number, at: index)
        case .real(let number): try bind(number, at: index)
        case .text(let text): try bind(text, at: index)
        case .blob(let bytes): try bind(bytes, at: index)
        case .null: try bindNull(at: index)
        }
    }

    /// Binds values to the parameters 1, 2, …
    public func bind(_ values: [SQLiteValue]) throws(SQLiteError) {
        precondition(values.count <= parameterCount, "\(values.count) values for “\(sql)”")
        for (offset, value) in values.enumerated() { try bind(value, at: offset + 1) }
    }

    // MARK: - running

    /// Goes to the next row; false after the last one.
    public func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            let error = fail(code)
            sqlite3_reset(handle)
            throw error
        }
    }

    /// Runs to the end, discarding rows, and makes the statement ready for the next binding.
    ///
    /// - Returns: rows inserted, changed or deleted.
    @discardableResult
    public func run() throws(SQLiteError) -> Int {
        while try step() {}
        let changes = Int(sqlite3_changes64(connectionHandle))
        try reset()
        return changes
    }

    /// Calls `body` for each row; the statement is ready again afterwards.
    public func forEachRow(_ body: (Statement) throws -> Void) throws {
        do {
            while try step() { try body(self) }
        } catch {
            sqlite3_reset(handle)
            throw error
        }
        try reset()
    }

    /// Makes the statement ready to run again; bound values stay.
    public func reset() throws(SQLiteError) {
        try check(sqlite3_reset(handle))
    }

    /// Ends whatever it was doing. The code of `sqlite3_reset` repeats the last step's, which was thrown then.
    func clear() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    // MARK: - reading columns

    /// Whether the column is NULL.
    public func isNull(at column: Int) -> Bool {
        precondition((0..<columnCount).contains(column), "no column \(column) in “\(sql)”")
        return sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL
    }

    /// The integer in a column; 0 for NULL, converted as SQLite does for other types.
    public func int64(at column: Int) -> Int64 {
        precondition((0..<columnCount).contains(column), "no column \(column) in “\(sql)”")
        return sqlite3_column_int64(handle, Int32(column))
    }

    /// The integer in a column, or nil for NULL.
    public func optionalInt64(at column: Int) -> Int64? { isNull(at: column) ? nil : int64(at: column) }

    /// The double in a column; 0 for NULL.
    public func double(at column: Int) -> Double {
        precondition((0..<columnCount).contains(column), "no column \(column) in “\(sql)”")
        return sqlite3_column_double(handle, Int32(column))
    }

    /// The text in a column, empty for NULL; malformed UTF-8 is repaired.
    public func string(at column: Int) -> String { optionalString(at: column) ?? "" }

    /// The text in a column, or nil for NULL; malformed UTF-8 is repaired.
    public func optionalString(at column: Int) -> String? {
        precondition((0..<columnCount).contains(column), "no column \(column) in “\(sql)”")
        guard let text = sqlite3_column_text(handle, Int32(column)) else { return nil }
        let byteCount = Int(sqlite3_column_bytes(handle, Int32(column)))
        return String(decoding: UnsafeBufferPointer(start: text, count: byteCount), as: UTF8.self)
    }

    /// The bytes in a column, copied; empty for NULL.
    public func bytes(at column: Int) -> [UInt8] { withColumnBytes(at: column) { Array($0) } }

    /// Calls `body` with the bytes of a blob or text column, empty for NULL. The buffer is SQLite's: do not let it
    /// escape the closure, and do not step inside it.
    public func withColumnBytes<R, E: Error>(
        at column: Int, _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        precondition((0..<columnCount).contains(column), "no column \(column) in “\(sql)”")
        let base = sqlite3_column_blob(handle, Int32(column))
        let byteCount = base == nil ? 0 : Int(sqlite3_column_bytes(handle, Int32(column)))
        return try body(UnsafeRawBufferPointer(start: base, count: byteCount))
    }
}
