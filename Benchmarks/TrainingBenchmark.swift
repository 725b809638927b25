import Domain
import Foundation
import Learning
import Parquet
import ServiceKit
import Storage
import Training

/// `Benchmarks training`: from a lake to a published model, stage by stage.
enum TrainingBenchmark: Benchmark {
    static let command = "training"
    static let summary =
        "trains from a lake of an events file and publishes, and tells each stage's seconds and the peak memory"
    static let options = [
        BenchmarkOption(
            "events", "Parquet file of the lake's columns, e.g. data/M/events.parquet: what a new lake is made of"),
        BenchmarkOption("lake", "folder of the lake; made of --events when there is none (a temporary one)"),
        BenchmarkOption("now", "last day of the window (2025-03-31)"),
        BenchmarkOption("factors", "latent factors (64)"),
        BenchmarkOption("iterations", "iterations (15)"),
        BenchmarkOption("threads", "threads (2)"),
    ]

    static func run(_ arguments: Arguments) throws {
        let folder = NSTemporaryDirectory() + "segue-bench-training-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let lake = try EventLakes.open(uri: "file:\(arguments.string("lake") ?? "\(folder)/lake")")
        var fillSeconds = 0.0
        if try lake.version() == nil {
            let events = try arguments.required("events")
            (fillSeconds, _) = try Stopwatch.seconds { try fill(lake, from: events) }
        }
        let documents = try DocumentStores.open(uri: "sqlite:\(folder)/segue.db")
        defer { documents.close() }
        try documents.prepare()
        var options = TrainingOptions()
        options.als.factors = try arguments.integer("factors", default: 64)
        options.als.iterations = try arguments.integer("iterations", default: 15)
        options.threadCount = try arguments.integer("threads", default: 2)
        // All iterations are made, so that runs compare.
        options.earlyStopPatience = 0
        guard let day = EventDay(arguments.string("now") ?? "2025-03-31") else {
            throw BenchmarkError("--now takes a date, YYYY-MM-DD")
        }
        let run = try TrainingRun(
            lake: lake, documents: documents, models: try LocalModelStore(root: "\(folder)/models"), options: options)
        MeasuredProcess.resetPeak()
        let (seconds, outcome) = try Stopwatch.seconds { try run.run(now: day.startMilliseconds) }
        report(outcome, options, seconds: seconds, fillSeconds: fillSeconds)
    }

    private static func report(
        _ outcome: TrainingRun.Outcome, _ options: TrainingOptions, seconds: Double, fillSeconds: Double
    ) {
        let manifest = outcome.record.manifest
        var line = JSONLine(bench: command)
        line.set("events", Int(manifest.events))
        line.set("users", manifest.users)
        line.set("items", manifest.items)
        line.set("factors", options.als.factors)
        line.set("iters", options.als.iterations)
        line.set("threads", options.threadCount ?? 0)
        line.set("fill_s", fillSeconds)
        line.set("total_s", seconds)
        for stage in TrainingStage.allCases {
            line.set("\(stage.rawValue)_s", outcome.seconds[stage] ?? 0)
            line.set("\(stage.rawValue)_share", (outcome.seconds[stage] ?? 0) / seconds)
        }
        line.set("ndcg@10", manifest.metrics["ndcg@10"] ?? .nan)
        line.set("published", outcome.record.status == .published)
        line.set("peak_rss_mb", MeasuredProcess.peakResidentMegabytes(), digits: 1)
        line.print()
    }

    /// Appends the events of a file, a commit a row group.
    private static func fill(_ lake: any EventLake, from path: String) throws {
        let file = try ParquetFileReader(FileSource(path: path))
        var position: Int64 = 0
        for group in 0..<file.metadata.rowGroups.count {
            let batches = try self.batches(of: file, group)
            let count = Int64(batches.values.reduce(0) { $0 + $1.count })
            _ = try lake.append(batches, topic: "bench", from: [0: position], to: [0: position + count]) {}
            position += count
        }
    }

    private static func batches(of file: ParquetFileReader, _ group: Int) throws -> [EventDay: EventBatch] {
        func texts(_ column: EventColumn) throws -> [String] {
            guard let texts = try file.readColumn(rowGroup: group, named: column.rawValue).values.texts else {
                throw BenchmarkError("\(column.rawValue) is no column of strings")
            }
            return texts
        }
        func integers(_ column: EventColumn) throws -> [Int64] {
            switch try file.readColumn(rowGroup: group, named: column.rawValue).values {
            case .int64(let values): return values
            case .int32(let values): return values.map(Int64.init)
            default: throw BenchmarkError("\(column.rawValue) is no column of integers")
            }
        }
        let users = try texts(.userID), tracks = try texts(.trackID), actions = try texts(.action)
        let sources = try texts(.source), times = try integers(.timestamp), heard = try integers(.duration)
        let lengths = try integers(.totalDuration)
        var batches: [EventDay: EventBatch] = [:]
        for row in users.indices {
            guard let action = EventAction(wireName: actions[row]), let source = EventSource(wireName: sources[row])
            else { throw BenchmarkError("row \(row): \(actions[row]) of \(sources[row]) is no event") }
            let event = ListeningEvent(
                userID: users[row], trackID: tracks[row], timestamp: times[row], action: action,
                duration: Int32(clamping: heard[row]), totalDuration: Int32(clamping: lengths[row]), source: source)
            batches[event.day, default: EventBatch()].append(event)
        }
        return batches
    }
}
