import Synchronization

/// Writes what happens for the person who runs the program: one line an event, to standard error.
///
/// A value: make one a type, `Logger(label: "ingest")`, and copy it freely. Message and metadata are only built when
/// the level is on. Level and format are set once for the process by `LoggingSystem.configure`.
public struct Logger: Sendable {
    /// Who speaks: the module or the daemon.
    public let label: String
    private let fixedMetadata: LogMetadata
    private let output: (any LogOutput)?

    /// A logger that writes where the process's logs go.
    ///
    /// - Parameter metadata: added to every line.
    public init(label: String, metadata: LogMetadata = [:]) {
        self.label = label
        fixedMetadata = metadata
        output = nil
    }

    /// A logger with an output of its own that takes every level: for tests.
    public init(label: String, metadata: LogMetadata = [:], output: any LogOutput) {
        self.label = label
        fixedMetadata = metadata
        self.output = output
    }

    /// The same logger with more on every line.
    public func with(_ metadata: LogMetadata) -> Logger {
        Logger(label: label, metadata: fixedMetadata + metadata, chosenOutput: output)
    }

    private init(label: String, metadata: LogMetadata, chosenOutput: (any LogOutput)?) {
        self.label = label
        fixedMetadata = metadata
        output = chosenOutput
    }

    /// Whether lines of that level are written.
    ///
    /// - Complexity: one relaxed load.
    public func isEnabled(_ level: LogLevel) -> Bool { output != nil || LoggingSystem.isEnabled(level) }

    /// Writes a line when the level is on.
    public func log(
        _ level: LogLevel, _ message: @autoclosure () -> String, _ metadata: @autoclosure () -> LogMetadata = [:]
    ) {
        guard isEnabled(level) else { return }
        let record = LogRecord(
            time: SystemWallClock().now, level: level, label: label, message: message(),
            metadata: fixedMetadata + metadata())
        if let output { output.write(record) } else { LoggingSystem.write(record) }
    }

    /// For the developer: off unless asked for.
    public func debug(_ message: @autoclosure () -> String, _ metadata: @autoclosure () -> LogMetadata = [:]) {
        log(.debug, message(), metadata())
    }

    /// The ordinary course of things.
    public func info(_ message: @autoclosure () -> String, _ metadata: @autoclosure () -> LogMetadata = [:]) {
        log(.info, message(), metadata())
    }

    /// Ordinary but worth seeing: started, published, stopped.
    public func notice(_ message: @autoclosure () -> String, _ metadata: @autoclosure () -> LogMetadata = [:]) {
        log(.notice, message(), metadata())
    }

    /// Something is not as it should be; the program goes on.
    public func warning(_ message: @autoclosure () -> String, _ metadata: @autoclosure () -> LogMetadata = [:]) {
        log(.warning, message(), metadata())
    }

    /// Something failed and was not done.
    public func error(_ message: @autoclosure () -> String, _ metadata: @autoclosure () -> LogMetadata = [:]) {
        log(.error, message(), metadata())
    }
}

/// How much a line matters.
public enum LogLevel: UInt8, Sendable, CaseIterable, Comparable {
    /// For the developer.
    case debug
    /// The ordinary course of things.
    case info
    /// Ordinary but worth seeing.
    case notice
    /// Not as it should be; the program goes on.
    case warning
    /// Failed and was not done.
    case error

    /// The level's word in configuration and output.
    public var name: String { "\(self)" }

    /// The level of that word, or nil.
    public init?(name: String) {
        guard let match = Self.allCases.first(where: { $0.name == name.lowercased() }) else { return nil }
        self = match
    }

    /// Less important levels come first.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Facts beside a message, in the order they were written: `["user": "\(id)"]`.
public struct LogMetadata: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// One fact.
    public struct Entry: Sendable, Hashable {
        /// What it is.
        public var key: String
        /// Its value as text.
        public var value: String
    }

    /// The facts, in order.
    public var entries: [Entry]

    /// The facts of a dictionary literal, in the order written.
    public init(dictionaryLiteral elements: (String, String)...) {
        entries = elements.map { Entry(key: $0.0, value: $0.1) }
    }

    /// The facts of `left`, then those of `right`.
    public static func + (left: Self, right: Self) -> Self {
        if right.entries.isEmpty { return left }
        var sum = left
        sum.entries += right.entries
        return sum
    }

    /// The first fact of that key.
    public subscript(key: String) -> String? { entries.first { $0.key == key }?.value }
}

/// One line before it is rendered.
public struct LogRecord: Sendable {
    /// Epoch milliseconds.
    public var time: Int64
    /// How much it matters.
    public var level: LogLevel
    /// Who speaks.
    public var label: String
    /// What happened.
    public var message: String
    /// Facts beside it.
    public var metadata: LogMetadata

    /// Makes a record of its parts.
    public init(time: Int64, level: LogLevel, label: String, message: String, metadata: LogMetadata) {
        self.time = time
        self.level = level
        self.label = label
        self.message = message
        self.metadata = metadata
    }
}

/// Where records go.
public protocol LogOutput: Sendable {
    /// Takes a record; called from many threads.
    func write(_ record: LogRecord)
}
