import Domain
import ServiceKit
import Storage

/// `segue doctor`: looks at every part and says what to fix.
enum DoctorCommand {
    static let command = Command(
        "doctor", "Checks configuration, log, store, lake and model, and says what to fix",
        discussion: "Exit code 0 when everything can be used, 1 otherwise.", arguments: [CommonOptions.json]
    ) { arguments in
        let installation = Installation(try CommonOptions.configuration(arguments))
        defer { installation.close() }
        let findings = [
            examine("configuration") { "can be read" },
            examine("log") { try checkLog(installation) },
            examine("store") { try checkStore(installation) },
            examine("lake") { try checkLake(installation) },
            examine("model") { try checkModel(installation) },
        ]
        if arguments[CommonOptions.json] {
            try Output.json(Report(findings: findings))
        } else {
            for finding in findings { print(finding.line) }
        }
        if findings.contains(where: { !$0.isWell }) {
            Message.show("segue: something needs attention: see above")
            throw CommandExit(status: 1)
        }
    }

    private struct Report: Encodable {
        var findings: [Finding]
    }

    private struct Finding: Encodable {
        var part: String
        var isWell: Bool
        var text: String

        var line: String {
            let colour = Terminal.standardOutput.usesColour
            let mark = isWell ? (colour ? "\u{1b}[32m✓\u{1b}[0m" : "✓") : (colour ? "\u{1b}[31m✗\u{1b}[0m" : "✗")
            return "\(mark) \(part): \(text)"
        }
    }

    private static func examine(_ part: String, _ body: () throws -> String) -> Finding {
        do {
            return Finding(part: part, isWell: true, text: try body())
        } catch {
            return Finding(part: part, isWell: false, text: "\(error)")
        }
    }

    private static func checkLog(_ installation: Installation) throws -> String {
        let uri = installation.configuration[Settings.Log.uri]
        let log = try installation.log()
        try log.checkHealth(timeout: .seconds(5))
        let offsets = try log.offsets()
        guard !offsets.isEmpty else { return "\(uri) answers; topic \(log.topic) is made when the first daemon starts" }
        let count = offsets.reduce(Int64(0)) { $0 + $1.end - $1.begin }
        return "\(uri) holds \(HumanText.count(count)) events in \(offsets.count) partitions"
    }

    private static func checkStore(_ installation: Installation) throws -> String {
        let store = try installation.store()
        try store.checkHealth()
        return "\(HumanText.count(try store.songCount())) songs, \(HumanText.count(try store.userCount())) listeners"
    }

    private static func checkLake(_ installation: Installation) throws -> String {
        let lake = try installation.lake()
        try lake.checkHealth()
        let days = try lake.days()
        guard let first = days.first, let last = days.last else { return "empty: segue ingest fills it" }
        let rows = days.reduce(Int64(0)) { $0 + $1.rowCount }
        return "\(HumanText.count(rows)) rows from \(first.day) to \(last.day)"
    }

    private static func checkModel(_ installation: Installation) throws -> String {
        guard let record = try installation.store().currentModel() else { return "none yet: segue train makes one" }
        try installation.models().verify(version: record.manifest.version)
        return "\(record.manifest.version) serves \(HumanText.count(record.manifest.items)) songs, files are whole"
    }
}
