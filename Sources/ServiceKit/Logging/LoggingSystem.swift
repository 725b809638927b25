import Synchronization

/// How a record becomes bytes.
public enum LogFormat: String, Sendable, CaseIterable {
    /// For eyes: time, level, label, message, facts; coloured on a terminal.
    case text
    /// For machines: one JSON object a line.
    case json
}

/// The process's logging: least level, format, colours.
public enum LoggingSystem {
    private static let leastLevel = Atomic<UInt8>(LogLevel.info.rawValue)
    private static let renderer = Mutex(LogRenderer(format: .text, usesColour: Terminal.standardError.usesColour))

    /// Sets what is written and how, for all loggers of the process, from now on.
    ///
    /// - Parameter usesColour: nil asks the terminal: colours only on a terminal and without `NO_COLOR`.
    public static func configure(level: LogLevel, format: LogFormat = .text, usesColour: Bool? = nil) {
        leastLevel.store(level.rawValue, ordering: .releasing)
        renderer.withLock {
            $0 = LogRenderer(format: format, usesColour: usesColour ?? Terminal.standardError.usesColour)
        }
    }

    static func isEnabled(_ level: LogLevel) -> Bool { level.rawValue >= leastLevel.load(ordering: .relaxed) }

    static func write(_ record: LogRecord) {
        var line: [UInt8] = []
        let renderer = renderer.withLock { $0 }
        renderer.render(record, into: &line)
        LiveLine.standardError.writeAbove(line)
    }
}
