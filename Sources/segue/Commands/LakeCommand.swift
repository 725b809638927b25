import Domain
import ServiceKit
import Storage

/// `segue lake`: what the lake holds.
enum LakeCommand {
    static let command = Command(
        "lake", "Looks into the lake, keeps it in order",
        subcommands: [list, cat, history, files, verify, compact, vacuum, recount])

    private struct Day: Encodable {
        var day: String
        var rows: Int64
        var files: Int
        var bytes: Int64
    }

    private struct List: Encodable {
        var version: Int64?
        var days: [Day]
    }

    private static let list = Command(
        "ls", "Lists the days, their rows, files and bytes", arguments: [CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            let lake = try installation.lake()
            let days = try lake.days()
            if arguments[CommonOptions.json] {
                let rows = days.map {
                    Day(day: "\($0.day)", rows: $0.rowCount, files: $0.fileCount, bytes: $0.byteCount)
                }
                return try Output.json(List(version: try lake.version(), days: rows))
            }
            guard !days.isEmpty else { return print("The lake is empty: segue ingest fills it") }
            var table = Table([
                ("day", .left), ("rows", .right), ("files", .right), ("size", .right), ("", .left),
            ])
            let most = days.map(\.rowCount).max() ?? 1
            for day in days {
                let bar = String(repeating: "█", count: Int(day.rowCount * 30 / max(1, most)))
                table.append([
                    "\(day.day)", HumanText.count(day.rowCount), "\(day.fileCount)", HumanText.bytes(day.byteCount),
                    bar,
                ])
            }
            print(table.render(), terminator: "")
            print("version \(try lake.version() ?? 0), \(HumanText.count(days.reduce(0) { $0 + $1.rowCount })) rows")
        }
    }
}
