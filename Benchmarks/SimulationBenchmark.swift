import Domain
import Foundation
import ServiceKit
import Simulation
import Storage
import Synchronization

/// `Benchmarks simulation`: how fast listens are made and encoded, without a log behind them.
enum SimulationBenchmark: Benchmark {
    static let command = "simulation"
    static let summary = "simulates listeners into a log that only counts, and tells events a second"
    static let options = [
        BenchmarkOption("users", "listeners (2000)"),
        BenchmarkOption("songs", "songs (5000)"),
        BenchmarkOption("events", "events (1000000)"),
        BenchmarkOption("days-back", "days (60)"),
        BenchmarkOption("seed", "world (1)"),
        BenchmarkOption("threads", "threads that generate (2)"),
        BenchmarkOption("save", "file: also writes the events as JSON lines, which takes the time of the disk"),
        BenchmarkOption("truth", "folder: also writes the hidden tastes"),
    ]

    static func run(_ arguments: Arguments) throws {
        let options = SimulationOptions(
            users: try arguments.integer("users", default: 2000), songs: try arguments.integer("songs", default: 5000),
            events: Int64(try arguments.integer("events", default: 1_000_000)),
            daysBack: try arguments.integer("days-back", default: 60),
            seed: UInt64(clamping: try arguments.integer("seed", default: 1)),
            threads: try arguments.integer("threads", default: 2))
        let log = try CountingEventLog(path: arguments.string("save"))
        let (setupSeconds, simulator) = try Stopwatch.seconds { try Simulator(options: options) }
        let (seconds, report) = try Stopwatch.seconds { try simulator.backfill(into: log) }
        precondition(log.count == report.events && report.events == options.events)
        if let folder = arguments.string("truth") { try simulator.truth.export(to: folder) }
        var line = JSONLine(bench: command)
        line.set("users", options.users)
        line.set("songs", options.songs)
        line.set("events", Int(report.events))
        line.set("days", options.daysBack)
        line.set("threads", options.threads)
        line.set("setup_s", setupSeconds)
        line.set("backfill_s", seconds)
        line.set("events_per_s", Double(report.events) / seconds, digits: 0)
        line.set("bytes_per_event", Double(log.byteCount) / Double(report.events), digits: 1)
        line.set("skip_share", Double(report.skips) / Double(report.events))
        line.set("complete_share", Double(report.completes) / Double(report.events))
        line.set("peak_rss_mb", MeasuredProcess.peakResidentMegabytes(), digits: 1)
        line.print()
    }
}

/// Counts events and bytes; writes them to a file when there is one.
private final class CountingEventLog: EventLog {
    private struct State {
        var count: Int64 = 0
        var byteCount: Int64 = 0
        var pending = Data()
    }

    let topic = "music_log"
    private let file: FileHandle?
    private let state = Mutex(State())

    init(path: String?) throws {
        file = try path.map { path in
            guard FileManager.default.createFile(atPath: path, contents: nil) else {
                throw BenchmarkError("cannot write \(path)")
            }
            return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        }
    }

    var count: Int64 { state.withLock { $0.count } }
    var byteCount: Int64 { state.withLock { $0.byteCount } }

    func append(_ value: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            state.count += 1
            state.byteCount += Int64(value.count)
            guard let file else { return }
            state.pending.append(contentsOf: value)
            state.pending.append(0x0a)
            if state.pending.count > 1 << 20 {
                try file.write(contentsOf: state.pending)
                state.pending.removeAll(keepingCapacity: true)
            }
        }
    }

    func flush() throws {
        try state.withLock { state in
            try file?.write(contentsOf: state.pending)
            state.pending.removeAll()
        }
    }

    func close() {}
    func makeProducer() throws -> any EventLogProducer { Producer(log: self) }
    func createIfMissing(partitions: Int) throws {}
    func offsets() throws -> [PartitionOffsets] { [PartitionOffsets(partition: 0, begin: 0, end: count)] }
    func makeConsumer(group: String, listener: any EventLogRebalanceListener) throws -> any EventLogConsumer {
        throw BenchmarkError("a counting log is only written")
    }
    func sibling(topic: String) throws -> any EventLog { throw BenchmarkError("a counting log has no siblings") }
    func checkHealth(timeout: Duration) throws {}

    private struct Producer: EventLogProducer {
        let log: CountingEventLog
        func append(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws { try log.append(value) }
        func flush(timeout: Duration) throws { try log.flush() }
        func close() throws { try log.flush() }
    }
}
