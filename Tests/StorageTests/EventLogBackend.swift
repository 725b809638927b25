import Foundation
import Kafka
import Storage
import TestSupport
import Testing

/// A place for the shared suite to open event logs in.
enum EventLogBackend: String, CaseIterable, CustomTestStringConvertible {
    case sqlite
    /// The brokers of `SEGUE_TEST_BROKERS`, or librdkafka's mock cluster in this process.
    case kafka

    static let available: [EventLogBackend] = [.sqlite, .kafka]

    var testDescription: String { rawValue }

    /// Brokers to test against instead of the mock cluster.
    static let brokers = ProcessInfo.processInfo.environment["SEGUE_TEST_BROKERS"]

    /// Calls `body` with a function that opens logs of one and the same new topic; all are closed after.
    func withTopic(
        partitions: Int = 4, _ body: (_ open: () throws -> any EventLog) throws -> Void
    ) throws {
        switch self {
        case .sqlite:
            try withTemporaryDirectory { folder in
                try Self.closingAll(uri: "sqlite:\(folder.path("events.db"))", partitions, body)
            }
        case .kafka:
            let topic = "suite-\(UUID().uuidString)"
            // Short waits, so that a test does not take its time from sessions that run out.
            let options = "session.timeout.ms=6000&fetch.wait.max.ms=20&heartbeat.interval.ms=300"
            if let brokers = Self.brokers {
                defer { Self.delete(topic, brokers) }
                try Self.closingAll(uri: "kafka://\(brokers)/\(topic)?\(options)", partitions, body)
            } else {
                let cluster = try KafkaMockCluster()
                try cluster.createTopic(topic, partitions: partitions)
                let brokers = cluster.brokers.joined(separator: ",")
                try withExtendedLifetime(cluster) {
                    try Self.closingAll(uri: "kafka://\(brokers)/\(topic)?\(options)", partitions, body)
                }
            }
        }
    }

    /// Calls `body` with the log of a new topic.
    func withLog(partitions: Int = 4, _ body: (any EventLog) throws -> Void) throws {
        try withTopic(partitions: partitions) { open in try body(try open()) }
    }

    private static func closingAll(
        uri: String, _ partitions: Int, _ body: (() throws -> any EventLog) throws -> Void
    ) throws {
        var opened: [any EventLog] = []
        defer { for log in opened { log.close() } }
        try body {
            let log = try EventLogs.open(uri: uri)
            opened.append(log)
            try log.createIfMissing(partitions: partitions)
            return log
        }
    }

    private static func delete(_ topic: String, _ brokers: String) {
        do {
            let configuration = KafkaConfiguration(brokers: brokers.split(separator: ",").map(String.init))
            let admin = try KafkaAdmin(configuration: configuration)
            defer { admin.close() }
            try admin.deleteTopic(topic, timeout: .seconds(10))
        } catch {
            Issue.record("topic \(topic) is left behind: \(error)")
        }
    }
}

/// A record copied out of a consumer.
struct CopiedEvent: Hashable {
    let partition: Int32
    let offset: Int64
    let key: String
    let value: String

    init(_ record: EventLogRecord) {
        partition = record.partition
        offset = record.offset
        key = String(decoding: record.key, as: UTF8.self)
        value = String(decoding: record.value, as: UTF8.self)
    }
}

/// Keeps what it was told and answers with what it is given. Used from the thread that polls.
final class ScriptedListener: EventLogRebalanceListener, @unchecked Sendable {
    // Sendable: the consumer calls it from inside poll and close, on the test's thread.
    var starts: (Int32) -> Int64? = { _ in nil }
    var gained: [[Int32]] = []
    var revoked: [(partitions: [Int32], lost: Bool)] = []
    var held: Set<Int32> = []
    /// Thrown by the next calls of `assigned`.
    var failures: [any Error] = []

    func assigned(partitions: [Int32]) throws -> [Int32: Int64] {
        if !failures.isEmpty { throw failures.removeFirst() }
        gained.append(partitions)
        held.formUnion(partitions)
        return Dictionary(
            uniqueKeysWithValues: partitions.compactMap { partition in starts(partition).map { (partition, $0) } })
    }

    func revoked(partitions: [Int32], lost: Bool) throws {
        revoked.append((partitions, lost))
        held.subtract(partitions)
    }
}

extension EventLog {
    /// Appends `values` under keys `key(i)`, flushes and closes.
    func append(_ count: Int, from first: Int = 0, key: (Int) -> String = { "key-\($0)" }) throws {
        let producer = try makeProducer()
        for index in first..<(first + count) {
            try producer.append(key: Array(key(index).utf8), value: Array("\(index)".utf8))
        }
        try producer.flush(timeout: .seconds(30))
        try producer.close()
    }
}

extension EventLogConsumer {
    /// Polls until `count` events came or the time is over, then once more, so that a surplus is seen.
    func readAll(_ count: Int, within deadline: Duration = .seconds(40)) throws -> [CopiedEvent] {
        var events: [CopiedEvent] = []
        _ = try eventually(within: deadline) {
            try poll(maxRecords: 1_000, timeout: .milliseconds(50)) { events.append(CopiedEvent($0)) }
            return events.count >= count
        }
        try poll(maxRecords: 1_000, timeout: .milliseconds(100)) { events.append(CopiedEvent($0)) }
        return events
    }
}
