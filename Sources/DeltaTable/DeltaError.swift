/// What went wrong with a Delta table: what, where, what to do.
public struct DeltaError: Error, Sendable, CustomStringConvertible {
    /// The kinds a caller may want to tell apart.
    public enum Code: Sendable, Equatable {
        /// There is no table, or no such version of it any more.
        case notFound
        /// A file of the log, a checkpoint or a data file is damaged or missing.
        case corrupt
        /// The table uses a part of the protocol that this program does not have.
        case unsupported
        /// Another writer has changed what this change was based on; it was not committed.
        case conflict(Conflict)
        /// The caller asked for something that makes no sense for this table.
        case invalid
    }

    /// What another writer did.
    public enum Conflict: Sendable, Equatable {
        /// It committed transactions of one of our application identifiers.
        case transaction(appID: String)
        /// It removed a file that we wanted to remove.
        case fileRemoved(path: String)
        /// It added a file under a name that we wanted to add.
        case fileAdded(path: String)
        /// It changed schema or properties, or made another table here.
        case metadata
        /// It kept taking the version we tried, longer than we were ready to try.
        case contention
    }

    /// Kind of failure.
    public let code: Code
    /// One sentence for a person: what, where, what to try.
    public let reason: String
    /// Source file that made the error.
    public let file: String
    /// Line that made the error.
    public let line: Int

    /// Makes an error; `file` and `line` are the maker's.
    public init(_ code: Code, _ reason: String, file: String = #fileID, line: Int = #line) {
        self.code = code
        self.reason = reason
        self.file = file
        self.line = line
    }

    /// The reason.
    public var description: String { reason }
}

extension DeltaError {
    static func damagedCommit(
        _ path: String, line lineNumber: Int, _ what: String, file: String = #fileID, line: Int = #line
    ) -> Self {
        Self(
            .corrupt,
            "\(path) line \(lineNumber) is damaged: \(what); restore the file from a backup, the table cannot be read past it",
            file: file, line: line)
    }

    static func missingCommit(_ path: String, after: Int64, file: String = #fileID, line: Int = #line) -> Self {
        Self(
            .corrupt,
            "\(path) is missing while newer commits are there; restore it, or a checkpoint newer than version \(after)",
            file: file, line: line)
    }

    static func noTable(_ location: String, file: String = #fileID, line: Int = #line) -> Self {
        Self(.notFound, "there is no Delta table in \(location): no _delta_log with a commit", file: file, line: line)
    }
}
