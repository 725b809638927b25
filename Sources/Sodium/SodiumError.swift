/// Why a cryptographic call failed: what, where, what to do.
public struct SodiumError: Error, Sendable, CustomStringConvertible {
    /// The kinds a caller may want to tell apart.
    public enum Code: Sendable, Equatable {
        /// libsodium cannot be used on this machine.
        case unusable
        /// There is not enough memory for a password hash.
        case outOfMemory
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

    static func unusable(file: String = #fileID, line: Int = #line) -> Self {
        Self(.unusable, "libsodium finds no source of random bytes; check that /dev/urandom is there", file, line)
    }

    static func outOfMemory(byteCount: Int, file: String = #fileID, line: Int = #line) -> Self {
        Self(.outOfMemory, "a password hash needs \(byteCount) bytes of memory that are not there", file, line)
    }
}
