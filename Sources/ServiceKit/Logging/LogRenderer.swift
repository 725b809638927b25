/// Turns a record into one line of bytes, newline included.
public struct LogRenderer: Sendable {
    /// Text or JSON.
    public let format: LogFormat
    /// Whether text is coloured.
    public let usesColour: Bool

    /// A renderer of that format; JSON is never coloured.
    public init(format: LogFormat, usesColour: Bool) {
        self.format = format
        self.usesColour = usesColour
    }

    /// Appends the line.
    public func render(_ record: LogRecord, into line: inout [UInt8]) {
        switch format {
        case .text: renderText(record, into: &line)
        case .json: renderJSON(record, into: &line)
        }
        line.append(UInt8(ascii: "\n"))
    }

    private func renderText(_ record: LogRecord, into line: inout [UInt8]) {
        let time = UTCTime(epochMilliseconds: record.time).text
        line += "\(dim)\(time)\(reset) \(colour(of: record.level))\(Self.word(record.level))\(reset) ".utf8
        line += "\(dim)\(record.label):\(reset) ".utf8
        Self.appendPlain(record.message, to: &line)
        for entry in record.metadata.entries {
            line += " \(dim)\(entry.key)=\(reset)".utf8
            if entry.value.utf8.contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "=") }) {
                JSONText.appendString(entry.value, to: &line)
            } else {
                Self.appendPlain(entry.value.isEmpty ? "\"\"" : entry.value, to: &line)
            }
        }
    }

    private func renderJSON(_ record: LogRecord, into line: inout [UInt8]) {
        line += "{\"time\":\"\(UTCTime(epochMilliseconds: record.time).text)\",\"level\":\"\(record.level.name)\"".utf8
        line += ",\"label\":".utf8
        JSONText.appendString(record.label, to: &line)
        line += ",\"message\":".utf8
        JSONText.appendString(record.message, to: &line)
        var seen: Set<String> = ["time", "level", "label", "message"]
        for entry in record.metadata.entries {
            // A key twice in one object is read differently by every parser.
            var key = entry.key
            while !seen.insert(key).inserted { key += "_" }
            line.append(UInt8(ascii: ","))
            JSONText.appendString(key, to: &line)
            line.append(UInt8(ascii: ":"))
            JSONText.appendString(entry.value, to: &line)
        }
        line.append(UInt8(ascii: "}"))
    }

    /// Control characters would let a logged value forge a line or drive the terminal, so they are written as `\u{…}`.
    private static func appendPlain(_ text: String, to line: inout [UInt8]) {
        for scalar in text.unicodeScalars {
            if scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) {
                line += scalar == "\n" ? "\\n".utf8 : "\\u{\(String(scalar.value, radix: 16))}".utf8
            } else {
                line += UTF8.encode(scalar).map { Array($0) } ?? []
            }
        }
    }

    private static func word(_ level: LogLevel) -> String {
        switch level {
        case .debug: "DEBUG "
        case .info: "INFO  "
        case .notice: "NOTICE"
        case .warning: "WARN  "
        case .error: "ERROR "
        }
    }

    private var reset: String { usesColour ? "\u{1b}[0m" : "" }
    private var dim: String { usesColour ? "\u{1b}[2m" : "" }

    private func colour(of level: LogLevel) -> String {
        guard usesColour else { return "" }
        return switch level {
        case .debug: "\u{1b}[2m"
        case .info: "\u{1b}[32m"
        case .notice: "\u{1b}[36m"
        case .warning: "\u{1b}[33m"
        case .error: "\u{1b}[1;31m"
        }
    }
}
