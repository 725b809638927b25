import CSQLite

/// What SQLite refused, where, and what to do about it. Made only by this module.
public struct SQLiteError: Error, Sendable, CustomStringConvertible {
    /// SQLite's extended result code (https://www.sqlite.org/rescode.html); `SQLITE_MISUSE` for a closed database.
    public let extendedCode: Int32
    /// One sentence: the file, what SQLite said, what to try.
    public let reason: String
    /// Path of the database file.
    public let path: String
    /// The statement that failed, cut to a readable length; nil when it was not a statement.
    public let sql: String?
    /// Source file that made the error.
    public let file: String
    /// Line that made the error.
    public let line: Int

    private init(extendedCode: Int32, reason: String, path: String, sql: String?, file: String, line: Int) {
        self.extendedCode = extendedCode
        self.reason = reason
        self.path = path
        self.sql = sql
        self.file = file
        self.line = line
    }

    /// The primary result code: the low byte of the extended one.
    public var primaryCode: Int32 { extendedCode & 0xFF }
    /// Another connection held the lock for longer than the busy timeout; the same call may succeed later.
    public var isBusy: Bool { primaryCode == SQLITE_BUSY || primaryCode == SQLITE_LOCKED }
    /// The disk, the quota or `PRAGMA max_page_count` leaves no room.
    public var isFull: Bool { primaryCode == SQLITE_FULL }
    /// The file is damaged or is no SQLite database.
    public var isCorrupt: Bool { primaryCode == SQLITE_CORRUPT || primaryCode == SQLITE_NOTADB }
    /// The file, its folder or the connection does not allow writing.
    public var isReadOnly: Bool { primaryCode == SQLITE_READONLY }
    /// The file cannot be opened.
    public var isCannotOpen: Bool { primaryCode == SQLITE_CANTOPEN }
    /// The operating system could not read or write.
    public var isInputOutput: Bool { primaryCode == SQLITE_IOERR }
    /// A unique, not-null, check or foreign-key constraint was violated.
    public var isConstraint: Bool { primaryCode == SQLITE_CONSTRAINT }
    /// A value does not have the type the schema or the reader asks for.
    public var isMismatch: Bool { primaryCode == SQLITE_MISMATCH }

    /// The reason.
    public var description: String { reason }

    // MARK: makers

    /// The last error of a connection.
    static func ofConnection(
        _ handle: OpaquePointer, code: Int32, path: String, sql: String?, file: String = #fileID, line: Int = #line
    ) -> SQLiteError {
        let extended = sqlite3_extended_errcode(handle)
        // The message belongs to the last call on the connection; when that is not the failed one, the code speaks.
        let isSame = extended & 0xFF == code & 0xFF
        let message = isSame ? String(cString: sqlite3_errmsg(handle)) : String(cString: sqlite3_errstr(code))
        return ofCode(isSame ? extended : code, message: message, path: path, sql: sql, file: file, line: line)
    }

    /// An error of a result code, in SQLite's words or ours.
    static func ofCode(
        _ code: Int32, message: String? = nil, path: String, sql: String? = nil, file: String = #fileID,
        line: Int = #line
    ) -> SQLiteError {
        let statement = sql.map(shortened)
        let said = message ?? String(cString: sqlite3_errstr(code))
        let place = statement.map { " in “\($0)”" } ?? ""
        return SQLiteError(
            extendedCode: code, reason: "\(path): \(said) (SQLite code \(code))\(place)\(advice(code))", path: path,
            sql: statement, file: file, line: line)
    }

    /// The connection was closed before this call.
    static func closed(path: String, file: String = #fileID, line: Int = #line) -> SQLiteError {
        ofCode(SQLITE_MISUSE, message: "the database is closed", path: path, file: file, line: line)
    }

    /// The file's tables were made by newer code.
    static func newerSchema(
        _ component: String, _ found: Int64, _ known: Int64, path: String, file: String = #fileID, line: Int = #line
    ) -> SQLiteError {
        ofCode(
            SQLITE_MISMATCH,
            message:
                "the tables of \(component) have version \(found), this program knows \(known); update the program",
            path: path, file: file, line: line)
    }

    private static func advice(_ code: Int32) -> String {
        switch code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED: "; another process or thread holds the database, try again"
        case SQLITE_FULL: "; free some disk space and try again"
        case SQLITE_CORRUPT, SQLITE_NOTADB: "; restore the file from a copy, or move it away to start afresh"
        case SQLITE_READONLY: "; check the permissions of the file and of its folder"
        case SQLITE_CANTOPEN: "; check that the path exists and may be read and written"
        case SQLITE_IOERR: "; check the disk"
        default: ""
        }
    }

    private static func shortened(_ sql: String) -> String {
        let words = sql.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.count <= 160 ? words : words.prefix(159) + "…"
    }
}
