import Glibc

/// What went wrong in training, in an index or in its file: what, where, what to do.
public struct LearningError: Error, Sendable, CustomStringConvertible {
    /// The kinds a caller may want to tell apart.
    public enum Code: Sendable, Equatable {
        /// The input or an option is not usable; trying again will not help.
        case invalid
        /// The file is damaged, cut short, or not one of ours.
        case corrupt
        /// The operating system refused to read, write or map.
        case file
        /// The caller asked to stop.
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

    init(_ code: Code, _ reason: String, file: String = #fileID, line: Int = #line) {
        self.code = code
        self.reason = reason
        self.file = file
        self.line = line
    }

    /// The reason.
    public var description: String { reason }
}

extension LearningError {
    /// An input or option nobody can work with.
    package static func invalid(_ reason: String, file: String = #fileID, line: Int = #line) -> LearningError {
        LearningError(.invalid, reason, file: file, line: line)
    }

    /// A damaged or foreign file.
    package static func corrupt(_ reason: String, file: String = #fileID, line: Int = #line) -> LearningError {
        LearningError(.corrupt, reason, file: file, line: line)
    }

    /// A refusal of the operating system; `code` is `errno`.
    package static func system(
        _ what: String, path: String, errno code: Int32, file: String = #fileID, line: Int = #line
    ) -> LearningError {
        LearningError(.file, "cannot \(what) \(path): \(String(cString: strerror(code)))", file: file, line: line)
    }

    /// The caller asked to stop.
    package static func stopped(file: String = #fileID, line: Int = #line) -> LearningError {
        LearningError(.stopped, "stopped before it was done", file: file, line: line)
    }
}
