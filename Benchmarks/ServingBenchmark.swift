import Domain
import Foundation
import HTTPServer
import ServiceKit
import Serving
import Storage

/// The serving daemon in a process of its own, driven by wrk while the model is changed under it.
enum ServingBenchmark: Benchmark {
    static let command = "serving"
    static let summary =
        "home and next answers a second with titles joined, during hot swaps, driven by wrk on the same cores"
    static let options = [
        BenchmarkOption("songs", "songs of the generated catalogue (100000)"),
        BenchmarkOption("users", "listeners (100000)"),
        BenchmarkOption("factors", "floats a vector (64)"),
        BenchmarkOption("seconds", "length of each of the two runs (10)"),
        BenchmarkOption("limit", "songs in an answer (10)"),
        BenchmarkOption("connections", "connections wrk holds (64)"),
        BenchmarkOption("swaps", "changes of the model during each run (10)"),
        BenchmarkOption("threads", "event threads, 0 for one a core (0)"),
        BenchmarkOption("hold", "serve on this port until Ctrl-C instead of measuring"),
        BenchmarkOption("folder", "used by the benchmark itself: serve what lies there"),
    ]

    static func run(_ arguments: Arguments) throws {
        if let folder = arguments.string("folder") { return try serve(arguments, folder: folder) }
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("segue-serving-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let data = ServingData(
            folder: folder.path, songs: try arguments.integer("songs", default: 100_000),
            users: try arguments.integer("users", default: 100_000),
            factors: try arguments.integer("factors", default: 64))
        try data.write()
        if arguments.string("hold") != nil { return try serve(arguments, folder: folder.path) }
        let server = try ServingProcess(
            folder: folder.path, threads: try arguments.integer("threads", default: 0),
            limit: try arguments.integer("limit", default: 10))
        defer { server.stop() }
        var line = JSONLine(bench: "serving")
        line.set("songs", data.songs)
        line.set("users", data.users)
        for kind in [ServingLoad.Kind.home, .next] {
            let load = ServingLoad(
                kind: kind, users: data.users, songs: data.songs, limit: try arguments.integer("limit", default: 10))
            let driver = WrkDriver(
                port: server.port, threads: 1, connections: try arguments.integer("connections", default: 64),
                seconds: try arguments.integer("seconds", default: 10), script: load.script)
            let swaps = ModelSwaps(
                folder: folder.path, count: try arguments.integer("swaps", default: 10), seconds: driver.seconds)
            let start = server.processorSeconds
            let swapsBefore = try server.modelSwapCount()
            swaps.start()
            let report = try driver.run()
            let processor = server.processorSeconds - start
            try swaps.finish()
            let swapped = try server.modelSwapCount() - swapsBefore
            add(report, processor, swapped, driver.seconds, prefix: kind == .home ? "" : "next_", to: &line)
        }
        line.set("rss_mb", server.residentMegabytes, digits: 1)
        line.set("peak_rss_mb", server.peakResidentMegabytes, digits: 1)
        line.print()
    }

    private static func add(
        _ report: WrkDriver.Report, _ processorSeconds: Double, _ swaps: Int, _ seconds: Int, prefix: String,
        to line: inout JSONLine
    ) {
        line.set("\(prefix)rps", report.requestsPerSecond, digits: 0)
        line.set("\(prefix)p50_us", report.p50Microseconds, digits: 0)
        line.set("\(prefix)p99_us", report.p99Microseconds, digits: 0)
        line.set("\(prefix)p999_us", report.p999Microseconds, digits: 0)
        line.set("\(prefix)errors", report.errors)
        line.set("\(prefix)swaps", swaps)
        let requests = report.requestsPerSecond * Double(seconds)
        line.set("\(prefix)cpu_us", processorSeconds * 1e6 / requests, digits: 1)
    }

    /// The server's side: what lies in `folder`, until the input ends (the parent's way to stop it) or for ever.
    private static func serve(_ arguments: Arguments, folder: String) throws {
        var options = ServingOptions()
        options.http.port = try arguments.integer("hold", default: 0)
        options.http.threadCount = try arguments.integer("threads", default: 0)
        options.modelPollInterval = .milliseconds(50)
        let documents = try SQLiteDocumentStore(path: folder + "/segue.db")
        let service = try ServingService(
            options: options, documents: documents, models: try LocalModelStore(root: folder + "/models"),
            eventLog: DiscardingEventLog(), metrics: MetricsRegistry())
        let stop = StopSignal()
        let thread = try WorkerThread(name: "serve") { try service.run(until: stop) }
        let pause = StopSignal()
        while service.port == nil, !thread.isEnded { pause.wait(for: .milliseconds(5)) }
        StandardStream.output.write("port \(service.port ?? 0)\n")
        while readLine() != nil {}
        if arguments.string("hold") != nil { try thread.join() }
        stop.stop()
        try thread.join()
    }
}

/// Takes events and forgets them: the benchmark of serving is not one of the log.
private struct DiscardingEventLog: EventLog {
    let topic = "music_log"
    func createIfMissing(partitions: Int) throws {}
    func offsets() throws -> [PartitionOffsets] { [] }
    func makeProducer() throws -> any EventLogProducer { Producer() }
    func makeConsumer(group: String, listener: any EventLogRebalanceListener) throws -> any EventLogConsumer {
        throw StorageError(.invalid, "this log keeps nothing")
    }
    func sibling(topic: String) throws -> any EventLog { self }
    func checkHealth(timeout: Duration) throws {}
    func close() {}

    private struct Producer: EventLogProducer {
        func append(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws {}
        func flush(timeout: Duration) throws {}
        func close() throws {}
    }
}
