/// Why a server could not start: what, where, what to do.
public struct HTTPServerError: Error, Sendable, CustomStringConvertible {
    /// The kinds a caller may want to tell apart.
    public enum Code: Sendable, Equatable {
        /// The address cannot be listened on.
        case cannotListen
        /// Certificate or key cannot be used.
        case badCertificate
        /// An option makes no sense.
        case badOption
        /// libmicrohttpd refused to start.
        case cannotStart
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

    static func cannotListen(_ reason: String, file: String = #fileID, line: Int = #line) -> Self {
        Self(.cannotListen, reason, file, line)
    }

    static func badCertificate(_ reason: String, file: String = #fileID, line: Int = #line) -> Self {
        Self(.badCertificate, reason, file, line)
    }

    static func badOption(_ reason: String, file: String = #fileID, line: Int = #line) -> Self {
        Self(.badOption, reason, file, line)
    }

    static func cannotStart(_ reason: String, file: String = #fileID, line: Int = #line) -> Self {
        Self(.cannotStart, reason, file, line)
    }
}
