import Foundation
import ServiceKit
import Storage
import TestSupport
import Testing

/// A broker that goes away in the middle and comes back with what it had: noida-db from PyPI, started here.
///
/// Skipped without it (`pip install noida-db` in `.venv`; scripts/setup does).
@Suite(
    .serialized,
    .enabled(if: NoidaBroker.executable != nil, "no Kafka-compatible broker: pip install noida-db in .venv"))
struct EventLogBrokerRestartTests {
    private static let options = "session.timeout.ms=6000&fetch.wait.max.ms=20&heartbeat.interval.ms=300"

    @Test func eventsAppendedAcrossARestartAreReadOnceAndInOrder() throws {
        try NoidaBroker.with { broker, address in
            let log = try EventLogs.open(uri: "kafka://\(address)/plays?\(Self.options)")
            defer { log.close() }
            try log.createIfMissing(partitions: 4)
            let producer = try log.makeProducer()
            for index in 0..<20_000 {
                if index == 7_000 { try producer.flush(timeout: .seconds(30)) }
                if index == 10_000 { broker.terminate() }
                if index == 12_000 { try broker.start() }
                try producer.append(key: Array("user-\(index % 53)".utf8), value: Array("\(index)".utf8))
            }
            try producer.flush(timeout: .seconds(60))
            try producer.close()
            let consumer = try log.makeConsumer(group: "g", listener: ScriptedListener())
            let events = try consumer.readAll(20_000)
            try consumer.close()
            #expect(events.count == 20_000)
            #expect(Set(events.map(\.value)).count == 20_000)
            for (_, ofKey) in Dictionary(grouping: events, by: \.key) {
                let numbers = ofKey.compactMap { Int($0.value) }
                #expect(numbers == numbers.sorted())
            }
        }
    }

    @Test func consumerGoesOnWhereItWasAfterARestart() throws {
        try NoidaBroker.with { broker, address in
            let log = try EventLogs.open(uri: "kafka://\(address)/plays?\(Self.options)")
            defer { log.close() }
            try log.createIfMissing(partitions: 4)
            try log.append(1_000)
            var next: [Int32: Int64] = [:]
            let listener = ScriptedListener()
            listener.starts = { next[$0] ?? 0 }
            let consumer = try log.makeConsumer(group: "g", listener: listener)
            var surprises = 0
            func read(until count: Int64) throws -> Bool {
                try eventually(within: .seconds(60)) {
                    do {
                        try consumer.poll(maxRecords: 500, timeout: .milliseconds(50)) { record in
                            if record.offset != next[record.partition] ?? 0 { surprises += 1 }
                            next[record.partition] = record.offset + 1
                        }
                    } catch let error as StorageError where error.isRetriable {
                        // The broker is down, or has only just come back.
                    }
                    return next.values.reduce(0, +) >= count
                }
            }
            #expect(try read(until: 1_000))
            broker.terminate()
            try consumer.poll(maxRecords: 500, timeout: .milliseconds(300)) { _ in surprises += 1 }
            try broker.start()
            try log.append(1_000, from: 1_000)
            #expect(try read(until: 2_000))
            #expect(surprises == 0)
            #expect(try eventually { try consumer.poll(maxRecords: 1, timeout: .milliseconds(20)) { _ in } == 0 })
            #expect(try consumer.lag().values.reduce(0, +) == 0)
            try consumer.close()
            #expect(next.values.reduce(0, +) == 2_000)
        }
    }
}

/// A Kafka-compatible broker in a process of its own, with a folder and a port that outlive a restart.
enum NoidaBroker {
    /// The server itself. What PyPI puts on the path is a script that starts it and ends before it when both are told to
    /// end, so that a restart would meet the old server still saving its data.
    static let executable: URL? = {
        guard let script = ServerProcess.executable(named: "noida-db") else { return nil }
        let libraries = script.resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("lib")
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: libraries.path)) ?? []
        return versions.map { libraries.appendingPathComponent("\($0)/site-packages/noida_db/noida-db") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }()

    /// Calls `body` with a running broker that is gone afterwards.
    static func with(_ body: (_ broker: ServerProcess, _ address: String) throws -> Void) throws {
        let broker = try ServerProcess(#require(executable)) { port, folder in
            ["start", "--only", "kafka", "--kafka-port", "\(port)", "--data-dir", "\(folder.path)/data"]
        }
        let result = Result { try body(broker, "127.0.0.1:\(broker.port)") }
        try broker.stop()
        try result.get()
    }
}
