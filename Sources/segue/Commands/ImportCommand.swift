import Domain
import Foundation
import ServiceKit
import Simulation
import Storage

/// `segue import`: real listens and songs.
enum ImportCommand {
    private static let layout = Positional<ImportLayout>(
        "layout", "What it looks like: spotify-exports, lastfm-hetrec, movielens, msd-songs, csv or tsv.")
    private static let path = Positional<String>("path", "Folder of the data, or the file for csv and tsv.")
    private static let map = Option<String>(
        "map", default: "", valueName: "FIELD=COLUMN,…",
        "csv and tsv: which column holds what (title=track_name,artist=artist_name).")
    private static let latin1 = Flag("latin1", "csv and tsv: the file is ISO 8859-1, not UTF-8.")
    private static let noHeader = Flag("no-header", "csv and tsv: the first line is data; columns are numbers from 1.")
    private static let now = OptionalOption<String>(
        "now", valueName: "YYYY-MM-DD", absence: "today", "Plays without a time are spread over the days before.")
    private static let windowDays = Option<Int>(
        "window-days", default: 90, in: 1...3650, "Over how many days plays without a time are spread.")
    private static let playLimit = Option<Int>(
        "play-limit", default: 20, in: 1...1_000_000, "Most plays of one listener and song where only a count is known."
    )
    private static let prefix = Option<String>(
        "id-prefix", default: "", valueName: "TEXT", "Put before every id, so that two data sets can live together.")

    static let command = Command(
        "import", "Brings real listens and songs into the log and the catalogue",
        discussion: """
            Bad rows are counted and reported with their line numbers, and left out; they never stop an import. Events go
            to the log in order of time, songs and listeners to the store: run segue ingest afterwards.
            """,
        examples: [
            .init("segue import spotify-exports ~/exports", "events.tsv.gz and songs.csv.gz"),
            .init("segue import movielens ml-latest-small", "ratings as listens"),
            .init("segue import csv plays.csv --map user_id=who,track_id=song,timestamp=when", "any table"),
        ],
        arguments: [layout, path, map, latin1, noHeader, now, windowDays, playLimit, prefix, CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            var options = ImportOptions(
                layout: arguments[layout], path: arguments[path], mapping: try ColumnMapping(text: arguments[map]))
            options.encoding = arguments[latin1] ? .latin1 : .utf8
            options.hasHeader = !arguments[noHeader]
            if let now = try TrainCommand.endOfDay(arguments[now]) { options.now = now }
            options.windowDays = arguments[windowDays]
            options.playCountLimit = arguments[playLimit]
            options.idPrefix = arguments[prefix]
            let log = try installation.log()
            try log.createIfMissing(partitions: installation.configuration[Settings.Log.partitions])
            let stop = try CommonOptions.stopOnSignals()
            let report = try run(Importer(options: options), log, try installation.store(), stop)
            if arguments[CommonOptions.json] { try Output.json(report) } else { Output.text(report.text) }
        }
    }

    /// Draws a bar a file, and one for the events.
    private static func run(
        _ importer: Importer, _ log: any EventLog, _ store: any DocumentStore, _ stop: StopSignal
    ) throws -> ImportReport {
        var bar: ProgressBar?
        var title = ""
        defer { bar?.finish() }
        return try importer.run(log: log, store: store, until: stop) { progress in
            let next = progress.stage == .reading ? "Reading \(progress.file)" : "Writing events"
            if next != title {
                bar?.finish()
                title = next
                bar = ProgressBar(next, total: progress.total, unit: progress.stage == .reading ? "bytes" : "events")
            }
            bar?.update(to: progress.done, total: progress.total)
        }
    }
}
