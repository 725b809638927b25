import Foundation
import Ingestion
import ServiceKit
import Storage

/// The measured daemon: ingests, and tells join seconds, seconds, peak megabytes and commits on one line when it ends.
///
/// With `--keep-running` it prints a line once its partitions are assigned, and ends with its standard input.
enum IngestDaemon {
    static func run(_ arguments: Arguments) throws {
        let start = MonotonicTime.now
        LoggingSystem.configure(level: .warning)
        let log = try EventLogs.open(uri: logURI(arguments))
        defer { log.close() }
        let store = try DocumentStores.open(uri: try arguments.required("store"))
        defer { store.close() }
        try store.prepare()
        let lake = try EventLakes.open(uri: try arguments.required("lake"))
        var options = IngestionOptions()
        options.batchEventCount = try arguments.integer("batch-events", default: options.batchEventCount)
        options.isDraining = !arguments.has("keep-running")
        let service = IngestionService(log: log, lake: lake, store: store, options: options)
        let stop = StopSignal()
        let assigned = AssignmentWatch(service, tells: !options.isDraining)
        let watch = try WorkerThread(name: "watch") { assigned.wait(until: stop) }
        if !options.isDraining {
            // Not joined: it sits in `readLine` until the parent closes the pipe.
            _ = try WorkerThread(name: "input") {
                while readLine() != nil {}
                stop.stop()
            }
        }
        try service.run(until: stop)
        let end = MonotonicTime.now
        stop.stop()
        try watch.join()
        let joined = assigned.time ?? end
        let numbers = [
            joined.duration(since: start).secondCount, end.duration(since: joined).secondCount,
            MeasuredProcess.peakResidentMegabytes(), Double(service.status.commits),
        ]
        StandardStream.output.write(numbers.map { "\($0)" }.joined(separator: " ") + "\n")
    }

    private static func logURI(_ arguments: Arguments) throws -> String {
        let topic = try arguments.required("topic")
        guard let properties = arguments.string("log") else { return topic }
        return topic + "?" + properties.split(separator: ",").joined(separator: "&")
    }
}

/// Sees when the group has given the daemon its partitions.
private final class AssignmentWatch: @unchecked Sendable {
    // Sendable: the watching thread writes `time`, and it is read after that thread was joined.
    private let service: IngestionService
    private let tells: Bool
    private(set) var time: MonotonicTime?

    init(_ service: IngestionService, tells: Bool) {
        self.service = service
        self.tells = tells
    }

    func wait(until stop: StopSignal) {
        while service.status.rebalances == 0 {
            if stop.wait(for: .milliseconds(1)) { return }
        }
        time = .now
        if tells { StandardStream.output.write("assigned\n") }
    }
}
