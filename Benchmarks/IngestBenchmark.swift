import Foundation
import Ingestion
import ServiceKit
import Storage

/// `Benchmarks ingest`: events a second from a broker to a committed lake and counts in the store, beside what `kcat` reads
/// of the same topic in the same run. Either side gets one and the same core.
enum IngestBenchmark: Benchmark {
    static let command = "ingest"
    static let summary =
        "ingests a Kafka topic into lake and counts, beside kcat that merely reads it, on one core each"
    static let options = [
        BenchmarkOption("brokers", "HOST:PORT of a Kafka-compatible broker (starts noida-db or mock-kafka)"),
        BenchmarkOption("events", "events in the topic (1000000)"),
        BenchmarkOption("topic", "topic to read as it is, when it holds events (makes one and deletes it again)"),
        BenchmarkOption("partitions", "partitions of a topic that is made (16)"),
        BenchmarkOption("users", "simulated listeners (20000)"),
        BenchmarkOption("songs", "simulated songs (20000)"),
        BenchmarkOption("days", "days the events are spread over (1)"),
        BenchmarkOption("store", "store for the counts, emptied names are made per run (sqlite: in the lake's folder)"),
        BenchmarkOption("lake", "folder for lakes and stores (a temporary one); what is made in it is removed"),
        BenchmarkOption("runs", "times either side is measured; medians are told (3)"),
        BenchmarkOption("core", "processor both sides are pinned to; -1 for all (0)"),
        BenchmarkOption("burst", "events written at once to a daemon that has nothing to do; 0 for none (1000000)"),
        BenchmarkOption("batch-events", "events of a commit (the product's default)"),
        BenchmarkOption("log", "a librdkafka property for our consumer, NAME=VALUE,…"),
        BenchmarkOption("daemon", "internal: be the daemon that is measured"),
        BenchmarkOption("keep-running", "internal: go on when the log is empty"),
    ]

    static func run(_ arguments: Arguments) throws {
        if arguments.has("daemon") { return try IngestDaemon.run(arguments) }
        let settings = try IngestSettings(arguments)
        try settings.withFolder { folder in
            let broker = try IngestBroker(settings, folder: folder)
            defer { broker.stop() }
            let topic = try IngestTopic(settings, brokers: broker.address)
            defer { topic.remove() }
            try measure(settings, broker, topic, folder)
        }
    }

    private static func measure(
        _ settings: IngestSettings, _ broker: IngestBroker, _ topic: IngestTopic, _ folder: URL
    ) throws {
        var bare: [KcatReading] = []
        var ours: [IngestReading] = []
        // In turns, so that a machine that slows down slows both.
        for run in 0..<settings.runs {
            bare.append(try KcatReading(settings, topic))
            ours.append(try IngestReading(settings, topic, folder.appendingPathComponent("run-\(run)")))
        }
        let burst = try settings.burst > 0 ? IngestBurst(settings, broker.address, folder) : nil
        var line = JSONLine(bench: command)
        line.set("broker", broker.name)
        line.set("store", settings.storeName)
        line.set("events", topic.events)
        line.set("partitions", topic.partitions)
        line.set("runs", settings.runs)
        report(ours, beside: bare, topic.events, in: &line)
        burst?.report(in: &line)
        line.print()
    }

    private static func report(
        _ ours: [IngestReading], beside bare: [KcatReading], _ events: Int, in line: inout JSONLine
    ) {
        let count = Double(events)
        let eventsPerSecond = Stopwatch.median(ours.map { count / $0.seconds })
        let bareEventsPerSecond = Stopwatch.median(bare.map { count / $0.seconds })
        line.set("events_s", eventsPerSecond, digits: 0)
        line.set("bare_events_s", bareEventsPerSecond, digits: 0)
        line.set("ratio", eventsPerSecond / bareEventsPerSecond, digits: 3)
        let processor = Stopwatch.median(ours.map { $0.processorSeconds / count * 1e6 })
        let bareProcessor = Stopwatch.median(bare.map { $0.processorSeconds / count * 1e6 })
        line.set("cpu_us_per_event", processor, digits: 3)
        line.set("bare_cpu_us_per_event", bareProcessor, digits: 3)
        line.set("cpu_ratio", bareProcessor / processor, digits: 3)
        line.set("join_s", Stopwatch.median(ours.map(\.joinSeconds)), digits: 3)
        line.set("commits", Int(Stopwatch.median(ours.map { Double($0.commits) })))
        line.set("peak_rss_mb", ours.map(\.peakResidentMegabytes).max() ?? .nan, digits: 1)
        line.set("lag", Int(ours.map(\.backlog.lag).max() ?? -1))
        line.set("commits_behind", ours.map(\.backlog.commitsBehind).max() ?? -1)
    }
}

/// What the command line asked for.
struct IngestSettings {
    let brokers: String?
    let topic: String?
    let events: Int
    let partitions: Int
    let users: Int
    let songs: Int
    let days: Int
    let store: String?
    let lake: String?
    let runs: Int
    let core: Int
    let burst: Int
    /// Options handed on to the daemon as they are.
    let handedOn: [String]

    init(_ arguments: Arguments) throws {
        brokers = arguments.string("brokers")
        topic = arguments.string("topic")
        events = try arguments.integer("events", default: 1_000_000)
        partitions = try arguments.integer("partitions", default: 16)
        users = try arguments.integer("users", default: 20_000)
        songs = try arguments.integer("songs", default: 20_000)
        days = try arguments.integer("days", default: 1)
        store = arguments.string("store")
        lake = arguments.string("lake")
        runs = try arguments.integer("runs", default: 3)
        core = try arguments.integer("core", default: 0)
        burst = try arguments.integer("burst", default: 1_000_000)
        handedOn = ["batch-events", "log"].flatMap { name in
            arguments.string(name).map { ["--\(name)", $0] } ?? []
        }
        guard events > 0, partitions > 0, runs > 0 else {
            throw BenchmarkError("--events, --partitions and --runs are numbers from 1")
        }
    }

    /// Scheme of the store.
    var storeName: String { String((store ?? "sqlite").prefix { $0 != ":" }) }

    /// Runs `body` with a folder that is removed afterwards.
    func withFolder(_ body: (URL) throws -> Void) throws {
        let parent = lake.map { URL(fileURLWithPath: $0) } ?? FileManager.default.temporaryDirectory
        let folder = parent.appendingPathComponent("segue-ingest-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let result = Result { try body(folder) }
        try FileManager.default.removeItem(at: folder)
        try result.get()
    }

    /// A store nobody has counted in yet: the markers of another lake's commits would pass for ours.
    func storeURI(folder: URL) -> String {
        guard let store, let end = store.range(of: "//")?.upperBound, let slash = store[end...].firstIndex(of: "/")
        else {
            return "sqlite:\(folder.path)/segue.db"
        }
        let query = store[slash...].firstIndex(of: "?") ?? store.endIndex
        let name = String(UUID().uuidString.prefix(8))
        return store[..<query] + "_" + name + store[query...]
    }

    /// The words before a command that pin it.
    var pinning: [String] { core < 0 ? [] : ["taskset", "-c", "\(core)"] }

    /// Runs `words` on the pinned core.
    func process(_ words: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = pinning + words
        return process
    }
}
