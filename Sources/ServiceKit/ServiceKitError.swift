/// What went wrong in configuration, arguments, files or threads: what, where, what to do.
public struct ServiceKitError: Error, Sendable, CustomStringConvertible {
    /// The kinds a caller may want to tell apart.
    public enum Code: Sendable, Equatable {
        /// A file, variable or option holds something that cannot be used.
        case invalid
        /// The operating system refused: no such file, no space, no more threads.
        case system
        /// The work was cut short because it was asked to stop.
        case stopped
    }

    /// Kind of failure.
    public let code: Code
    /// One sentence for a person: what, where, what to try.
    public let reason: String
    /// Source file that made the error.
    public let file: String
    /// Line that made the error.
    public let line: Int

    /// The reason.
    public var description: String { reason }

    /// Something that was written by a person cannot be used.
    public static func invalid(_ reason: String, file: String = #fileID, line: Int = #line) -> Self {
        Self(code: .invalid, reason: reason, file: file, line: line)
    }

    /// A call to the operating system failed with `errorNumber`.
    public static func system(
        _ action: String, errorNumber: Int32, file: String = #fileID, line: Int = #line
    ) -> Self {
        Self(code: .system, reason: "\(action): \(SystemErrorText.text(of: errorNumber))", file: file, line: line)
    }

    /// The caller asked to stop before the work was done.
    public static func stopped(_ what: String, file: String = #fileID, line: Int = #line) -> Self {
        Self(code: .stopped, reason: "\(what) was stopped", file: file, line: line)
    }
}
