/// What went wrong in a simulation or an import: what, where, what to do.
public struct SimulationError: Error, Sendable, CustomStringConvertible {
    /// The kinds a caller may want to tell apart.
    public enum Code: Sendable, Equatable {
        /// Options that do not go together, or a folder that is not what it is said to be.
        case invalid
        /// A file or folder is not there.
        case notFound
    }

    /// Kind of failure.
    public let code: Code
    /// One sentence for a person.
    public let reason: String
    /// Source file that made the error.
    public let file: String
    /// Line that made the error.
    public let line: Int

    /// The reason.
    public var description: String { reason }

    static func invalid(_ reason: String, file: String = #fileID, line: Int = #line) -> Self {
        Self(code: .invalid, reason: reason, file: file, line: line)
    }

    static func notFound(_ reason: String, file: String = #fileID, line: Int = #line) -> Self {
        Self(code: .notFound, reason: reason, file: file, line: line)
    }
}
