import Glibc
import ServiceKit

/// Why a training run did not end with a model: what, and what to do.
public struct TrainingError: Error, Sendable, CustomStringConvertible {
    /// The kinds a caller may want to tell apart.
    public enum Code: Sendable, Equatable {
        /// The lake holds nothing a model could be learned from.
        case nothingToLearn
        /// An option is not usable.
        case invalid
        /// There is no such model, or its parts are gone.
        case notFound
        /// A file of a run cannot be read or written.
        case file
        /// The caller asked to stop; nothing was published.
        case stopped
    }

    /// Kind of failure.
    public let code: Code
    /// One sentence for a person.
    public let reason: String
    /// Source file that made the error.
    public let file: String
    /// Line that made the error.
    public let line: Int

    private init(_ code: Code, _ reason: String, file: String, line: Int) {
        self.code = code
        self.reason = reason
        self.file = file
        self.line = line
    }

    /// The reason.
    public var description: String { reason }

    static func nothingToLearn(_ reason: String, file: String = #fileID, line: Int = #line) -> TrainingError {
        TrainingError(.nothingToLearn, reason, file: file, line: line)
    }

    static func invalid(_ reason: String, file: String = #fileID, line: Int = #line) -> TrainingError {
        TrainingError(.invalid, reason, file: file, line: line)
    }

    static func notFound(_ reason: String, file: String = #fileID, line: Int = #line) -> TrainingError {
        TrainingError(.notFound, reason, file: file, line: line)
    }

    /// A file that is not what it should be.
    static func damaged(_ reason: String, file: String = #fileID, line: Int = #line) -> TrainingError {
        TrainingError(.file, reason, file: file, line: line)
    }

    /// What the system refused.
    static func file(_ what: String, errno code: Int32, file: String = #fileID, line: Int = #line) -> TrainingError {
        TrainingError(.file, "cannot \(what): \(String(cString: strerror(code)))", file: file, line: line)
    }

    /// Runs `body`; what it throws is told as the failure of `what`.
    static func explaining<Result>(
        _ what: String, file: String = #fileID, line: Int = #line, _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch {
            throw TrainingError(.file, "cannot \(what): \(error)", file: file, line: line)
        }
    }

    static func stoppedListing(
        _ version: String, file: String = #fileID, line: Int = #line
    ) -> TrainingError {
        TrainingError(
            .stopped,
            "stopped before the lists of similar songs were there; model \(version) serves, segue similar makes its lists",
            file: file, line: line)
    }

    static func stopped(file: String = #fileID, line: Int = #line) -> TrainingError {
        TrainingError(.stopped, "training was stopped; the current model stays", file: file, line: line)
    }
}
