import Domain
import Foundation
import Glibc
import Ingestion
import ServiceKit
import Storage

/// One reading of the topic by kcat.
struct KcatReading {
    let seconds: Double
    let processorSeconds: Double

    init(_ settings: IngestSettings, _ topic: IngestTopic) throws {
        // Ends with the last event: waiting for the end of a partition would add the time of an empty fetch. The size is
        // for brokers that answer with more than they were asked for.
        let process = settings.process([
            "kcat", "-C", "-q", "-b", topic.brokers, "-t", topic.name, "-o", "beginning", "-c", "\(topic.events)", "-X",
            "receive.message.max.bytes=1000000000",
        ])
        process.standardOutput = FileHandle.nullDevice
        let before = ChildProcesses.processorSeconds
        (seconds, _) = try Stopwatch.seconds {
            try process.run()
            process.waitUntilExit()
        }
        processorSeconds = ChildProcesses.processorSeconds - before
        guard process.terminationStatus == 0 else {
            throw BenchmarkError(
                "kcat ended with \(process.terminationStatus); is it installed (apt-get install kcat)?")
        }
    }
}

/// One reading of the topic by an ingest daemon, into a lake and a store of its own.
struct IngestReading {
    /// From the moment the partitions were assigned until everything was committed and counted.
    let seconds: Double
    /// From the daemon's start until the partitions were assigned.
    let joinSeconds: Double
    let processorSeconds: Double
    let commits: Int
    let peakResidentMegabytes: Double
    let backlog: Backlog

    init(_ settings: IngestSettings, _ topic: IngestTopic, _ folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let place = IngestPlace(topic: topic.uri, store: settings.storeURI(folder: folder), lake: folder.path + "/lake")
        let process = place.process(settings, isDraining: true)
        let output = Pipe()
        process.standardOutput = output
        let before = ChildProcesses.processorSeconds
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        processorSeconds = ChildProcesses.processorSeconds - before
        let numbers = text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        guard process.terminationStatus == 0, numbers.count == 4 else {
            throw BenchmarkError("the daemon ended with \(process.terminationStatus): \(text)")
        }
        (joinSeconds, seconds, peakResidentMegabytes, commits) = (numbers[0], numbers[1], numbers[2], Int(numbers[3]))
        backlog = try place.check(events: topic.events)
        try FileManager.default.removeItem(at: folder)
    }
}

/// Log, store and lake of a measured daemon.
struct IngestPlace {
    let topic: String
    let store: String
    let lake: String

    /// The daemon in a process of its own, so that its memory and time are its alone.
    func process(_ settings: IngestSettings, isDraining: Bool) -> Process {
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        return settings.process(
            [program, "ingest", "--daemon", "--topic", topic, "--store", store, "--lake", lake]
                + (isDraining ? [] : ["--keep-running"]) + settings.handedOn)
    }

    func withParts<R>(_ body: (any EventLog, any EventLake, any DocumentStore) throws -> R) throws -> R {
        let log = try EventLogs.open(uri: topic)
        defer { log.close() }
        let documents = try DocumentStores.open(uri: store)
        defer { documents.close() }
        return try body(log, EventLakes.open(uri: lake), documents)
    }

    /// How far behind the daemon is; throws unless lake and counts hold that many events.
    func check(events: Int) throws -> Backlog {
        try withParts { log, lake, documents in
            let rows = try lake.days().reduce(0) { $0 + $1.rowCount }
            guard rows == events else { throw BenchmarkError("the lake holds \(rows) of \(events) events") }
            var plays: Int64 = 0
            let days = EventDay(daysSinceEpoch: .min)...EventDay(daysSinceEpoch: .max)
            _ = try lake.read(days: days, columns: [.action], version: nil) { _, columns in
                for action in columns.actions where EventAction(rawValue: action)?.isPlay == true { plays += 1 }
            }
            var counted: Int64 = 0
            try documents.forEachSong { counted += $0.playsCumulative }
            guard counted == plays else { throw BenchmarkError("the store counts \(counted) of \(plays) plays") }
            return try Backlog.read(log: log, lake: lake, store: documents)
        }
    }
}

/// What the processes started here have used.
enum ChildProcesses {
    /// User and system time of those that have ended.
    static var processorSeconds: Double {
        var usage = rusage()
        guard getrusage(RUSAGE_CHILDREN.rawValue, &usage) == 0 else { return .nan }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
