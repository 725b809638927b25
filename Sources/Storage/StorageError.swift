/// What went wrong in a store, a log, a lake or a model folder: what, where, what to do.
public struct StorageError: Error, Sendable, CustomStringConvertible {
    /// The kinds a caller may want to tell apart.
    public enum Code: Sendable, Equatable {
        /// Not reachable now; trying again later may help.
        case unavailable
        /// The address, option or content is not usable; trying again will not help.
        case invalid
        /// The thing asked for is not there.
        case notFound
        /// Another writer has advanced our partitions (docs/design.md §3.3): drop the batch, resume from the lake.
        case fenced
        /// Bytes on disk or on the wire are damaged.
        case corrupt
        /// No room left to write.
        case full
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

    /// Whether the same call may succeed later.
    public var isRetriable: Bool { code == .unavailable || code == .full }

    /// The reason.
    public var description: String { reason }
}
