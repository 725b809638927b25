/// What went wrong in an object store: what, where, what to do.
public struct ObjectStoreError: Error, Sendable, CustomStringConvertible {
    /// The kinds a caller may want to tell apart.
    public enum Code: Sendable, Equatable {
        /// There is no object of that name.
        case notFound
        /// The key, range, address or credentials are not usable; trying again will not help.
        case invalid
        /// Not reachable or failing now; trying again later may help. The outcome of a write is not known.
        case unavailable
        /// The operating system or the server refuses us.
        case denied
        /// No room left to write.
        case full
        /// The object is not what it was when it was opened, or what arrived is not what was sent.
        case corrupt
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

extension ObjectStoreError {
    static func notFound(_ key: String, in location: String, file: String = #fileID, line: Int = #line) -> Self {
        Self(.notFound, "there is no object \(key) in \(location)", file: file, line: line)
    }

    static func invalidKey(_ key: String, _ rule: String, file: String = #fileID, line: Int = #line) -> Self {
        Self(.invalid, "\"\(key.prefix(200))\" is not a usable object name: \(rule)", file: file, line: line)
    }

    static func rangeLeavesObject(
        _ range: Range<Int64>, key: String, byteCount: Int64, file: String = #fileID, line: Int = #line
    ) -> Self {
        Self(
            .invalid,
            "bytes \(range.lowerBound)..<\(range.upperBound) of \(key) were asked for, which has \(byteCount)",
            file: file, line: line)
    }

    static func becameShorter(_ path: String, file: String = #fileID, line: Int = #line) -> Self {
        Self(.corrupt, "\(path) became shorter while it was read: another program truncated it", file: file, line: line)
    }

    static func finishedWriter(_ key: String, file: String = #fileID, line: Int = #line) -> Self {
        Self(.invalid, "the writer of \(key) is finished or cancelled", file: file, line: line)
    }
}
