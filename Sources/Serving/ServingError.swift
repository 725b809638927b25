/// Why a part of the serving daemon does not work: what, where, what to do.
public struct ServingError: Error, Sendable, CustomStringConvertible {
    /// The kinds a caller may want to tell apart.
    public enum Code: Sendable, Equatable {
        /// An option makes no sense.
        case badOption
        /// A model cannot be used.
        case badModel
    }

    /// Kind of failure.
    public let code: Code
    /// One sentence for a person.
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

    /// The reason.
    public var description: String { reason }

    static func badOption(_ reason: String, file: String = #fileID, line: Int = #line) -> Self {
        Self(.badOption, reason, file, line)
    }

    static func badModel(_ reason: String, file: String = #fileID, line: Int = #line) -> Self {
        Self(.badModel, reason, file, line)
    }
}
