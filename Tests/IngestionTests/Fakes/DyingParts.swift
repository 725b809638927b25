import Domain
import Ingestion
import ServiceKit
import Storage
import Synchronization

/// Where a daemon dies once, as far as one can die without killing the test's process: the call does or does not take
/// effect, and then an error that is not retried ends the daemon at once.
final class Death: Sendable {
    enum Moment: String, CaseIterable, Sendable {
        case beforeParquet, afterParquet, afterCommit, beforeCounts, afterCounts, beforeOffsets, afterOffsets
    }

    private let moment: Moment
    private let rest: Atomic<Int>

    /// Dies when `moment` comes for the `occurrence`th time, from 1.
    init(_ moment: Moment, occurrence: Int) {
        self.moment = moment
        rest = Atomic(occurrence)
    }

    var hasStruck: Bool { rest.load(ordering: .sequentiallyConsistent) <= 0 }

    func pass(_ moment: Moment) throws {
        guard moment == self.moment, rest.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue == 0 else {
            return
        }
        throw StorageError(.invalid, "died at \(moment)")
    }
}

/// A lake, a store and a log that die.
struct DyingLake: EventLake {
    let lake: any EventLake
    let death: Death

    func version() throws -> Int64? { try lake.version() }
    func identity() throws -> String? { try lake.identity() }
    func positions(topic: String) throws -> [Int32: Int64] { try lake.positions(topic: topic) }
    func append(
        _ batches: [EventDay: EventBatch], topic: String, from: [Int32: Int64], to: [Int32: Int64],
        beforeCommit: () throws -> Void
    ) throws -> LakeCommit {
        try death.pass(.beforeParquet)
        let commit = try lake.append(batches, topic: topic, from: from, to: to) {
            try beforeCommit()
            try death.pass(.afterParquet)
        }
        try death.pass(.afterCommit)
        return commit
    }
    func commits(after version: Int64?) throws -> [LakeCommit] { try lake.commits(after: version) }
    func plays(ofCommit version: Int64) throws -> CommitPlays { try lake.plays(ofCommit: version) }
    func forget(userID: String, until stop: StopSignal) throws -> Int64 {
        try lake.forget(userID: userID, until: stop)
    }
    func readRows(ofCommit version: Int64, columns: Set<EventColumn>, _ body: (EventColumns) throws -> Void) throws {
        try lake.readRows(ofCommit: version, columns: columns, body)
    }
    func read(
        days: ClosedRange<EventDay>, columns: Set<EventColumn>, version: Int64?,
        _ body: (EventDay, EventColumns) throws -> Void
    ) throws -> Int64 { try lake.read(days: days, columns: columns, version: version, body) }
    func days(version: Int64?) throws -> [LakeDay] { try lake.days(version: version) }
    func checkHealth() throws { try lake.checkHealth() }
}

final class DyingLog: EventLog {
    let log: any EventLog
    let death: Death

    init(log: any EventLog, death: Death) {
        self.log = log
        self.death = death
    }

    var topic: String { log.topic }
    func createIfMissing(partitions: Int) throws { try log.createIfMissing(partitions: partitions) }
    func offsets() throws -> [PartitionOffsets] { try log.offsets() }
    func makeProducer() throws -> any EventLogProducer { try log.makeProducer() }
    func makeConsumer(group: String, listener: any EventLogRebalanceListener) throws -> any EventLogConsumer {
        DyingConsumer(consumer: try log.makeConsumer(group: group, listener: listener), death: death)
    }
    func sibling(topic: String) throws -> any EventLog { try log.sibling(topic: topic) }
    func checkHealth(timeout: Duration) throws { try log.checkHealth(timeout: timeout) }
    func close() { log.close() }
}

private final class DyingConsumer: EventLogConsumer {
    let consumer: any EventLogConsumer
    let death: Death

    init(consumer: any EventLogConsumer, death: Death) {
        self.consumer = consumer
        self.death = death
    }

    func poll(maxRecords: Int, timeout: Duration, _ body: (EventLogRecord) throws -> Void) throws -> Int {
        // The dead poll no more.
        if death.hasStruck { throw StorageError(.invalid, "dead") }
        return try consumer.poll(maxRecords: maxRecords, timeout: timeout, body)
    }
    var assignment: [Int32] { consumer.assignment }
    func seek(to positions: [Int32: Int64]) throws { try consumer.seek(to: positions) }
    func commit(_ positions: [Int32: Int64]) throws {
        if death.hasStruck { throw StorageError(.invalid, "dead") }
        try death.pass(.beforeOffsets)
        try consumer.commit(positions)
        try death.pass(.afterOffsets)
    }
    func lag() throws -> [Int32: Int64] { try consumer.lag() }
    func close() throws { try consumer.close() }
}
