/// What went wrong with a Parquet file: what, where (file, column, page), what to do.
public struct ParquetError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds a caller may want to tell apart.
    public enum Code: Sendable, Equatable {
        /// The bytes contradict themselves or the format: truncated, overwritten, not a Parquet file.
        case damaged
        /// The file is sound but uses a part of the format that this library does not read.
        case unsupported
        /// The file asks for more memory than its size justifies or than the reader's limits allow.
        case limitExceeded
        /// The values, names or types asked for are not those of the schema.
        case mismatch
        /// The file could not be opened, read or written.
        case inputOutput
    }

    /// Kind of failure.
    public let code: Code
    /// One sentence for a person: what, where, what to try.
    public let reason: String
    /// Source file that made the error.
    public let file: String
    /// Line that made the error.
    public let line: Int

    private init(_ code: Code, _ reason: String, _ file: String, _ line: Int) {
        self.code = code
        self.reason = reason
        self.file = file
        self.line = line
    }

    static func damaged(_ reason: String, file: String = #fileID, line: Int = #line) -> ParquetError {
        ParquetError(.damaged, reason, file, line)
    }

    static func unsupported(_ reason: String, file: String = #fileID, line: Int = #line) -> ParquetError {
        ParquetError(.unsupported, reason, file, line)
    }

    static func limitExceeded(_ reason: String, file: String = #fileID, line: Int = #line) -> ParquetError {
        ParquetError(.limitExceeded, reason, file, line)
    }

    static func mismatch(_ reason: String, file: String = #fileID, line: Int = #line) -> ParquetError {
        ParquetError(.mismatch, reason, file, line)
    }

    static func inputOutput(_ reason: String, file: String = #fileID, line: Int = #line) -> ParquetError {
        ParquetError(.inputOutput, reason, file, line)
    }

    /// The same error with the place it happened in before it: `events.parquet: column track_id: page 3: …`.
    func at(_ place: String) -> ParquetError { ParquetError(code, "\(place): \(reason)", file, line) }

    /// The reason.
    public var description: String { reason }
}

/// Runs `body`; an error of this module that leaves it names `place` first.
func locating<Result>(_ place: @autoclosure () -> String, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as ParquetError {
        throw error.at(place())
    }
}
