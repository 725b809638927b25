import Domain
import ServiceKit
import Storage

extension LakeCommand {
    private static let limit = Option<Int>("limit", default: 20, in: 1...1_000_000, "Commits to show.")

    private struct Commit: Encodable {
        var version, timestamp: Int64
        var operation, engine: String
        var addedFiles, removedFiles: Int
        var addedRows: Int64
        var positions: [String: Int64]
    }

    private struct History: Encodable {
        var commits: [Commit]
    }

    /// `segue lake history`.
    static let history = Command(
        "history", "Lists the newest commits: who did what, how many rows, up to which offsets",
        arguments: [limit, CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            let entries = try installation.deltaLake().history(limit: arguments[limit])
            guard !arguments[CommonOptions.json] else { return try Output.json(History(commits: entries.map(report))) }
            var table = Table([
                ("version", .right), ("time", .left), ("operation", .left), ("by", .left), ("files", .right),
                ("rows", .right),
            ])
            for entry in entries {
                table.append([
                    "\(entry.version)", UTCTime(epochMilliseconds: entry.timestamp).text, entry.operation, entry.engine,
                    "+\(entry.addedFileCount) −\(entry.removedFileCount)", HumanText.count(entry.addedRowCount),
                ])
            }
            print(table.render(width: max(80, Terminal.standardOutput.width)), terminator: "")
        }
    }

    private static func report(_ entry: LakeHistoryEntry) -> Commit {
        Commit(
            version: entry.version, timestamp: entry.timestamp, operation: entry.operation, engine: entry.engine,
            addedFiles: entry.addedFileCount, removedFiles: entry.removedFileCount, addedRows: entry.addedRowCount,
            positions: entry.positions)
    }

    private static let since = OptionalOption<Int>(
        "since", in: 0...Int.max, valueName: "VERSION", absence: "the files of the newest version",
        "What was added and removed after that version.")
    private static let atVersion = OptionalOption<Int>(
        "version", in: 0...Int.max, valueName: "N", absence: "the newest", "The files of this version of the lake.")

    private struct File: Encodable {
        var version: Int64?
        var key: String
        var day: String?
        var rows, bytes: Int64?
        var isAdded: Bool
        var changesData: Bool?
    }

    private struct Files: Encodable {
        var files: [File]
    }

    /// `segue lake files`.
    static let files = Command(
        "files", "Lists the lake's files, or what changed since a version",
        arguments: [atVersion, since, CommonOptions.json]
    ) { arguments in
        guard arguments[since] == nil || arguments[atVersion] == nil else {
            throw UsageError("give either --version or --since", command: "segue lake files")
        }
        try CommonOptions.withInstallation(arguments) { installation in
            let lake = try installation.deltaLake()
            let files =
                try arguments[since].map { try changes(in: lake, since: Int64($0)) }
                ?? files(in: lake, at: arguments[atVersion].map(Int64.init))
            guard !arguments[CommonOptions.json] else { return try Output.json(Files(files: files)) }
            for file in files {
                let rows = file.rows.map { HumanText.count($0) } ?? "?"
                let bytes = file.bytes.map { HumanText.bytes($0) } ?? "?"
                print("\(file.isAdded ? "+" : "−") \(file.key)  \(rows) rows  \(bytes)")
            }
        }
    }

    private static func changes(in lake: DeltaEventLake, since version: Int64) throws -> [File] {
        try lake.files(since: version).map { change in
            File(
                version: change.version, key: change.key, day: change.day.map { "\($0)" }, rows: change.rowCount,
                bytes: change.byteCount, isAdded: change.isAdded, changesData: change.changesData)
        }
    }

    private static func files(in lake: DeltaEventLake, at version: Int64?) throws -> [File] {
        try lake.files(version: version).map { file in
            File(
                version: nil, key: file.key, day: "\(file.day)", rows: file.rowCount, bytes: file.byteCount,
                isAdded: true,
                changesData: nil)
        }
    }
}
