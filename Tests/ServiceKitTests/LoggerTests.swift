import ServiceKit
import Synchronization
import TestSupport
import Testing

/// Keeps what is logged.
final class RecordingLogOutput: LogOutput {
    private let kept = Mutex<[LogRecord]>([])
    func write(_ record: LogRecord) { kept.withLock { $0.append(record) } }
    var records: [LogRecord] { kept.withLock { $0 } }
}

@Suite struct LoggerTests {
    private let record = LogRecord(
        time: 1_700_000_000_123, level: .warning, label: "ingest", message: "two\nlines \u{1b}[31m",
        metadata: ["user": "Nguyễn", "note": "a \"b\"", "empty": ""])

    private func render(_ format: LogFormat, colour: Bool = false) -> String {
        var line: [UInt8] = []
        LogRenderer(format: format, usesColour: colour).render(record, into: &line)
        return String(decoding: line, as: UTF8.self)
    }

    @Test func textStaysOnOneLineAndShowsControlCharacters() {
        #expect(
            render(.text)
                == "2023-11-14T22:13:20.123Z WARN   ingest: two\\nlines \\u{1b}[31m user=Nguyễn "
                + "note=\"a \\\"b\\\"\" empty=\"\"\n")
        #expect(render(.text, colour: true).contains("\u{1b}[33mWARN"))
    }

    @Test func jsonIsOneObjectALine() {
        #expect(
            render(.json)
                == "{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"warning\",\"label\":\"ingest\","
                + "\"message\":\"two\\nlines \\u001b[31m\",\"user\":\"Nguyễn\",\"note\":\"a \\\"b\\\"\",\"empty\":\"\"}\n"
        )
    }

    @Test func metadataOfTheLoggerComesBeforeThatOfTheLine() {
        let output = RecordingLogOutput()
        Logger(label: "x", metadata: ["a": "1"], output: output).with(["b": "2"]).error("failed", ["c": "3"])
        #expect(output.records.map(\.metadata) == [["a": "1", "b": "2", "c": "3"]])
        #expect(output.records.map(\.level) == [.error])
    }

    @Test func aLevelThatIsOffBuildsNothing() {
        var built = false
        func message() -> String {
            built = true
            return "built"
        }
        Logger(label: "x").debug(message())
        #expect(!built)
        Logger(label: "x", output: RecordingLogOutput()).debug(message())
        #expect(built)
    }

    @Test func levelsAreReadByName() {
        #expect(LogLevel(name: "WARNING") == .warning)
        #expect(LogLevel(name: "loud") == nil)
        #expect(LogLevel.debug < .error)
    }
}
