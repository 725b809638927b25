import Foundation
import Ingestion
import ServiceKit
import Storage

/// A burst that hits a daemon with nothing to do: how long until lake and counts are level with the log again.
struct IngestBurst {
    private let events: Int
    private let writeSeconds: Double
    private let levelSeconds: Double
    private let largestLag: Int64
    private let peakResidentMegabytes: Double

    init(_ settings: IngestSettings, _ brokers: String, _ folder: URL) throws {
        events = settings.burst
        let name = "segue-bench-burst-\(UUID().uuidString.prefix(8))"
        let log = KafkaEventLog(configuration: IngestTopic.configuration(brokers), topic: name)
        defer { log.close() }
        try log.createIfMissing(partitions: settings.partitions)
        defer { IngestTopic.delete(name, brokers) }
        let own = folder.appendingPathComponent("burst")
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        let place = IngestPlace(
            topic: "kafka://\(brokers)/\(name)", store: settings.storeURI(folder: own), lake: own.path + "/lake")
        let process = place.process(settings, isDraining: false)
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        let first = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard first.hasPrefix("assigned") else { throw BenchmarkError("the daemon ended before its first record") }
        let start = MonotonicTime.now
        let writer = BurstWriter(log, settings)
        let thread = try WorkerThread(name: "burst") { try writer.run() }
        let levelled = Result { try Self.waitUntilLevel(place, settings.burst) }
        levelSeconds = start.elapsed.secondCount
        try thread.join()
        writeSeconds = writer.end.duration(since: start).secondCount
        try input.fileHandleForWriting.close()
        let rest = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        largestLag = try levelled.get()
        let numbers = rest.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        guard process.terminationStatus == 0, numbers.count == 4 else {
            throw BenchmarkError("the daemon ended with \(process.terminationStatus): \(rest)")
        }
        peakResidentMegabytes = numbers[2]
        _ = try place.check(events: settings.burst)
    }

    func report(in line: inout JSONLine) {
        line.set("burst_events", events)
        line.set("burst_write_s", writeSeconds, digits: 2)
        line.set("burst_largest_lag", Int(largestLag))
        line.set("burst_lag_zero_s", levelSeconds, digits: 2)
        line.set("burst_peak_rss_mb", peakResidentMegabytes, digits: 1)
    }

    /// - Returns: the largest lag that was seen.
    private static func waitUntilLevel(_ place: IngestPlace, _ events: Int) throws -> Int64 {
        try place.withParts { log, lake, store in
            let deadline = MonotonicTime.now.advanced(by: .seconds(600))
            var largest: Int64 = 0
            while MonotonicTime.now < deadline {
                let backlog = try Backlog.read(log: log, lake: lake, store: store)
                largest = max(largest, backlog.lag)
                if backlog.lag == 0, backlog.commitsBehind == 0 {
                    let rows = try lake.days().reduce(0) { $0 + $1.rowCount }
                    if rows == events { return largest }
                }
                StopSignal().wait(for: .milliseconds(100))
            }
            throw BenchmarkError("the lag is not zero after ten minutes")
        }
    }
}

/// Writes the burst, on a thread of its own.
private final class BurstWriter: @unchecked Sendable {
    // Sendable: the writing thread sets `end`, and it is read after that thread was joined.
    private let log: KafkaEventLog
    private let settings: IngestSettings
    private(set) var end = MonotonicTime.now

    init(_ log: KafkaEventLog, _ settings: IngestSettings) {
        self.log = log
        self.settings = settings
    }

    func run() throws {
        try IngestTopic.fill(log, settings, count: settings.burst)
        end = .now
    }
}
