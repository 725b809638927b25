import SQLite
import ServiceKit

/// A member of a group that reads one topic of a SQLite log.
final class SQLiteEventLogConsumer: EventLogConsumer {
    /// How long other processes' appends may go unnoticed.
    private static let lookInterval = Duration.milliseconds(50)

    private let topic: SQLiteEventLog.Topic
    private let file: SQLiteLogFile
    private let database: Database
    private let member: SQLiteGroupMember
    private let listener: any EventLogRebalanceListener
    private let logger: Logger
    /// Partitions being read.
    private var readers: [PartitionReader] = []
    /// Partitions that are ours, whose start the listener could not tell yet.
    private var undecided: [Int32] = []
    /// Which reader comes first in the next poll, so that none starves.
    private var turn = 0
    private var seenChanges: UInt64?
    private var seenVersion: Int64?
    private var isPolling = false
    private var isClosed = false

    init(
        topic: SQLiteEventLog.Topic, file: SQLiteLogFile, database: Database, member: SQLiteGroupMember,
        listener: any EventLogRebalanceListener, logger: Logger
    ) {
        self.topic = topic
        self.file = file
        self.database = database
        self.member = member
        self.listener = listener
        self.logger = logger
    }

    @discardableResult
    func poll(maxRecords: Int, timeout: Duration, _ body: (EventLogRecord) throws -> Void) throws -> Int {
        precondition(!isPolling, "poll is not called from inside poll")
        try check()
        isPolling = true
        defer { isPolling = false }
        let deadline = MonotonicTime.now.advanced(by: timeout)
        while true {
            let changes = file.changeCount
            try rebalance(isForced: seenChanges.map { $0 != changes } ?? true)
            try look(changes)
            if maxRecords > 0 {
                let count = try handOver(maxRecords, body)
                if count > 0 { return count }
            }
            let remaining = deadline.duration(since: .now)
            guard remaining > .zero else { return 0 }
            file.wait(
                beyond: changes, upTo: min(remaining, Self.lookInterval, max(.milliseconds(1), member.untilHeartbeat)))
        }
    }

    var assignment: [Int32] { readers.map(\.partition).sorted() }

    func seek(to positions: [Int32: Int64]) throws {
        try check()
        let held = try offsets()
        for reader in readers {
            guard let position = positions[reader.partition], let log = held[reader.partition] else { continue }
            reader.position = try EventLogStart.check(position, in: log, topic: topic.name, logger: logger)
        }
    }

    func commit(_ positions: [Int32: Int64]) throws {
        try check()
        try member.commit(positions)
    }

    func lag() throws -> [Int32: Int64] {
        try check()
        return Dictionary(uniqueKeysWithValues: readers.map { ($0.partition, max(0, $0.end - $0.position)) })
    }

    func close() throws {
        guard !isClosed else { return }
        isClosed = true
        defer { database.close() }
        let told = Result { try readers.isEmpty ? () : listener.revoked(partitions: assignment, lost: false) }
        readers = []
        try member.leave()
        try told.get()
    }

    private func check() throws {
        if isClosed { throw StorageError(.invalid, "the consumer of \(topic.name) is closed; make a new one") }
    }

    // MARK: - Reading

    private func handOver(_ maxRecords: Int, _ body: (EventLogRecord) throws -> Void) throws -> Int {
        guard !readers.isEmpty else { return 0 }
        turn = (turn + 1) % readers.count
        // A copy: the body may not poll, but a listener's commit may look at us.
        let order = readers[turn...] + readers[..<turn]
        var count = 0
        for reader in order where count < maxRecords {
            count += try reader.read(atMost: maxRecords - count, from: database, body)
        }
        return count
    }

    /// Asks for the partitions' ends when something has changed since.
    private func look(_ changes: UInt64) throws {
        let version = try StorageError.fromSQLite {
            try database.withConnection { try $0.first("PRAGMA data_version") { $0.int64(at: 0) } }
        }
        guard changes != seenChanges || version != seenVersion else { return }
        let held = try offsets()
        for reader in readers { if let log = held[reader.partition] { reader.extend(to: log) } }
        (seenChanges, seenVersion) = (changes, version)
    }

    private func offsets() throws -> [Int32: PartitionOffsets] {
        let rows = try StorageError.fromSQLite {
            try database.withConnection { try SQLiteEventLog.offsets(of: topic.topicID, $0) }
        }
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.partition, $0) })
    }

    // MARK: - Rebalance

    private func rebalance(isForced: Bool) throws {
        let verdict = try member.heartbeat(isForced: isForced)
        undecided.removeAll { verdict.lost.contains($0) || verdict.surplus.contains($0) }
        undecided += verdict.gained
        try withdraw(verdict.lost, isLost: true)
        try withdraw(verdict.surplus, isLost: false)
        try member.release(verdict.surplus)
        try decide()
    }

    private func withdraw(_ partitions: [Int32], isLost: Bool) throws {
        let read = assignment.filter { partitions.contains($0) }
        guard !read.isEmpty else { return }
        let told = Result { try listener.revoked(partitions: read, lost: isLost) }
        readers.removeAll { read.contains($0.partition) }
        try told.get()
    }

    /// Asks the listener where new partitions start. When it cannot say, it is asked again by the next poll.
    private func decide() throws {
        guard !undecided.isEmpty else { return }
        let starts = try listener.assigned(partitions: undecided.sorted())
        let held = try offsets()
        let added = try undecided.sorted().compactMap { partition -> PartitionReader? in
            guard let log = held[partition] else { return nil }
            let start = try EventLogStart.check(starts[partition], in: log, topic: topic.name, logger: logger)
            return PartitionReader(topic: topic, path: file.path, logger: logger, start: start, log: log)
        }
        undecided = []
        readers += added
    }
}
