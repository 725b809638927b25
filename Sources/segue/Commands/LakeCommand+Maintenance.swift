import Domain
import Ingestion
import ServiceKit
import Storage

extension LakeCommand {
    private static let isQuick = Flag("quick", "Only commits, sizes, footers and row counts: decodes no value.")

    private struct Verification: Encodable {
        struct Problem: Encodable {
            var key, what: String
        }
        var isWhole: Bool
        var files: Int
        var problems: [Problem]
    }

    /// `segue lake verify`.
    static let verify = Command(
        "verify", "Reads the lake again and names every file that is missing, damaged or not what the log says",
        arguments: [isQuick, CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            let stop = try CommonOptions.stopOnSignals()
            let report = try installation.deltaLake().verify(
                arguments[isQuick] ? .quick : .thorough, stop: stop)
            if arguments[CommonOptions.json] {
                try Output.json(
                    Verification(
                        isWhole: report.problems.isEmpty, files: report.fileCount,
                        problems: report.problems.map { .init(key: $0.key, what: $0.what) }))
            } else {
                for problem in report.problems { print("\(problem.key): \(problem.what)") }
                print(
                    report.problems.isEmpty
                        ? "\(HumanText.count(report.fileCount)) files are whole"
                        : "\(report.problems.count) problems in \(HumanText.count(report.fileCount)) files")
            }
            guard report.problems.isEmpty else { throw CommandExit(status: 1) }
        }
    }

    private struct Compaction: Encodable {
        var days, contendedDays: [String]
        var removedFiles, addedFiles: Int
        var rows, removedBytes, addedBytes: Int64
    }

    private static let before = OptionalOption<String>(
        "before", valueName: "YYYY-MM-DD", absence: "today", "Days before this one are compacted.")

    /// `segue lake compact`.
    static let compact = Command(
        "compact", "Joins the small files of closed days into few, rows in order of listener; ingest may go on",
        arguments: [before, CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            var options = LakeCompactionOptions()
            if let text = arguments[before] {
                guard let day = EventDay(text) else {
                    throw UsageError(
                        "--before is \"\(text)\"; it takes a date, YYYY-MM-DD", command: "segue lake compact")
                }
                options.before = day
            }
            let stop = try CommonOptions.stopOnSignals()
            let report = try installation.deltaLake().compact(options, stop: stop)
            if arguments[CommonOptions.json] {
                return try Output.json(
                    Compaction(
                        days: report.days.map { "\($0)" }, contendedDays: report.contendedDays.map { "\($0)" },
                        removedFiles: report.removedFileCount, addedFiles: report.addedFileCount, rows: report.rowCount,
                        removedBytes: report.removedByteCount, addedBytes: report.addedByteCount))
            }
            print(
                "Compacted \(report.days.count) days: \(HumanText.count(report.removedFileCount)) files "
                    + "(\(HumanText.bytes(report.removedByteCount))) into \(HumanText.count(report.addedFileCount)) "
                    + "(\(HumanText.bytes(report.addedByteCount)))")
        }
    }

    private static let retention = OptionalOption<Duration>(
        "retention", valueName: "DURATION", absence: "the table's setting, else 7d",
        "How long files that no version needs any more are kept for readers of older versions.")
    private static let isDryRun = Flag("dry-run", "Tells what would go, and removes nothing.")
    private static let isForced = Flag("force", "Allows a retention below an hour.")

    private struct Vacuum: Encodable {
        var files: [String]
        var bytes: Int64
        var isDryRun: Bool
    }

    /// `segue lake vacuum`.
    static let vacuum = Command(
        "vacuum", "Removes files that no retained version needs",
        arguments: [retention, isDryRun, isForced, CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            var options = LakeVacuumOptions()
            options.retention = arguments[retention]
            options.isDryRun = arguments[isDryRun]
            options.allowsShortRetention = arguments[isForced]
            // Plays that are not counted yet are counted from these files.
            let (lake, store) = (try installation.deltaLake(), try installation.store())
            let isCounted = try store.countedLakeID() == lake.identity()
            options.keepingCommitsFrom = isCounted ? try store.appliedCommitsFloor() : 0
            let report = try lake.vacuum(options)
            if arguments[CommonOptions.json] {
                return try Output.json(
                    Vacuum(files: report.files, bytes: report.byteCount, isDryRun: options.isDryRun))
            }
            if options.isDryRun { for file in report.files { print(file) } }
            print(
                "\(options.isDryRun ? "Would remove" : "Removed") \(HumanText.count(report.files.count)) files, "
                    + HumanText.bytes(report.byteCount))
        }
    }
}

extension Installation {
    /// The lake, for looking into it and maintaining it.
    func deltaLake() throws -> DeltaEventLake { try EventLakes.openDelta(uri: configuration[Settings.Lake.uri]) }
}
