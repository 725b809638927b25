public import DeltaTable
public import Domain
public import ObjectStore
import ServiceKit
import Synchronization

/// The lake as a Delta table of Parquet files (docs/design.md §3.2): `date=YYYY-MM-DD/part-<uuid>.snappy.parquet`.
///
/// Every engine that knows Delta Lake reads it as it is. May be used from many threads and from many processes at once:
/// only the commit decides.
public final class DeltaEventLake: EventLake {
    /// What a caller may want other than it is.
    public struct Options: Sendable {
        /// Options of the table below.
        public var table = DeltaTable.Options()
        /// Rows of a row group: what a reader decodes at once.
        public var rowGroupRowCount = 1 << 20

        /// The defaults.
        public init() {}
    }

    /// The table: for maintenance and for tests.
    public let table: DeltaTable
    let store: any ObjectStore
    let options: Options
    private let logger = Logger(label: "lake")

    /// The lake in `store`; the table is made by the first `append`.
    public init(store: any ObjectStore, options: Options = Options()) {
        self.store = store
        self.options = options
        table = DeltaTable(store: store, options: options.table)
    }

    var clock: any WallClock { options.table.clock }

    /// The newest version, or nil while nothing was ever committed.
    public func version() throws -> Int64? { try explaining { try table.snapshot()?.version } }

    /// The table's `metaData.id`; nil while nothing was ever committed.
    public func identity() throws -> String? { try explaining { try table.snapshot()?.metadata.id } }

    /// The next offset to read of each partition of `topic` by the newest version.
    public func positions(topic: String) throws -> [Int32: Int64] {
        try explaining {
            guard let snapshot = try table.snapshot() else { return [:] }
            let prefix = IngestTransaction.prefix(topic: topic)
            var positions: [Int32: Int64] = [:]
            for (appID, transaction) in snapshot.transactions where appID.hasPrefix(prefix) {
                guard let partition = Int32(appID.dropFirst(prefix.count)) else { continue }
                positions[partition] = transaction.version + 1
            }
            return positions
        }
    }

    /// Writes one file a day and commits them together with the new positions, put-if-absent.
    public func append(
        _ batches: [EventDay: EventBatch], topic: String, from: [Int32: Int64], to: [Int32: Int64],
        beforeCommit: () throws -> Void
    ) throws -> LakeCommit {
        try explaining {
            let snapshot = try openOrCreate()
            var change = ingestChange(snapshot, topic: topic, from: from, to: to)
            // Files cost the most, so a batch that is fenced already writes none.
            try fence(change, by: snapshot)
            let files = try writeFiles(batches)
            change.actions += files.map { .add($0) }
            let rowCount = batches.values.reduce(0) { $0 + $1.count }
            change.metrics = [
                "numFiles": "\(files.count)", "numOutputRows": "\(rowCount)",
                "numOutputBytes": "\(files.reduce(0) { $0 + $1.byteCount })",
            ]
            do {
                try beforeCommit()
                return try commit(change)
            } catch let error as DeltaError {
                // Nothing was committed, so the files are nobody's.
                remove(files)
                throw error
            }
        }
    }

    /// Commits, and asks again while it is not known whether the commit got through: writing the files anew for a reply
    /// that was lost would leave the old ones behind.
    private func commit(_ change: DeltaChange) throws -> LakeCommit {
        var backoff = Backoff(initial: .milliseconds(50), maximum: .seconds(2))
        while true {
            do {
                return LakeCommit(
                    try table.commit(change), rowCount: change.actions.reduce(0) { $0 + $1.addedRowCount })
            } catch let error as ObjectStoreError where error.isRetriable && backoff.attempts < 4 {
                logger.warning("the commit's outcome is not known; asking again", ["reason": "\(error)"])
                StopSignal().wait(for: backoff.next())
            }
        }
    }

    private func ingestChange(
        _ snapshot: DeltaSnapshot, topic: String, from: [Int32: Int64], to: [Int32: Int64]
    ) -> DeltaChange {
        var change = DeltaChange(
            operation: "STREAMING UPDATE", baseVersion: snapshot.version,
            parameters: ["outputMode": "Append", "topic": topic], tableID: snapshot.metadata.id)
        for (partition, position) in to.sorted(by: { $0.key < $1.key }) {
            let start = from[partition] ?? 0
            precondition(position >= start, "positions only go forward")
            let appID = IngestTransaction.prefix(topic: topic) + "\(partition)"
            change.expectedTransactions[appID] = start == 0 ? .some(nil) : start - 1
            guard position > start else { continue }
            change.actions.append(
                .transaction(DeltaTransaction(appID: appID, version: position - 1, lastUpdated: clock.now)))
        }
        return change
    }

    private func fence(_ change: DeltaChange, by snapshot: DeltaSnapshot) throws {
        for (appID, expected) in change.expectedTransactions where snapshot.transactions[appID]?.version != expected {
            throw DeltaError(
                .conflict(.transaction(appID: appID)),
                "the lake has \(appID) at \(snapshot.transactions[appID].map { "\($0.version)" } ?? "nothing"), this batch began "
                    + "after \(expected.map { "\($0)" } ?? "nothing")")
        }
    }

    /// Commits after `version`, ascending.
    public func commits(after version: Int64?) throws -> [LakeCommit] {
        try explaining {
            var commits: [LakeCommit] = []
            try table.forEachCommit(after: version) { commit in
                let added = commit.addsEvents ? commit.adds.filter(\.dataChange) : []
                let rowCount = try added.reduce(Int64(0)) { try $0 + self.rowCount(of: $1) }
                commits.append(LakeCommit(commit, rowCount: rowCount))
                return true
            }
            return commits
        }
    }

    /// The plays of one commit, read back from its files.
    public func plays(ofCommit version: Int64) throws -> CommitPlays {
        try explaining {
            var counted = CommitPlays(lakeID: try table.snapshot()?.metadata.id, lakeVersion: version, plays: [:])
            for file in try table.commit(version: version).adds where file.dataChange {
                let day = try EventPartition.day(of: file)
                try readFile(file, columns: [.trackID, .action]) { counted.add($0, of: day) }
            }
            return counted
        }
    }

    /// Reads the rows that one commit added.
    public func readRows(
        ofCommit version: Int64, columns: Set<EventColumn>, _ body: (EventColumns) throws -> Void
    ) throws {
        try explaining {
            for file in try table.commit(version: version).adds where file.dataChange {
                guard try isThere(try file.objectKey) else { continue }
                try readFile(file, columns: columns, body)
            }
        }
    }

    /// Rows and bytes a day of a version.
    public func days(version: Int64?) throws -> [LakeDay] {
        try explaining {
            guard let snapshot = try version.map({ try table.snapshot(version: $0) }) ?? table.snapshot() else {
                return []
            }
            var days: [EventDay: LakeDay] = [:]
            for file in snapshot.files.values {
                let day = try EventPartition.day(of: file)
                var sum = days[day] ?? LakeDay(day: day, rowCount: 0, fileCount: 0, byteCount: 0)
                sum.rowCount += try rowCount(of: file)
                sum.fileCount += 1
                sum.byteCount += file.byteCount
                days[day] = sum
            }
            return days.values.sorted { $0.day < $1.day }
        }
    }

    /// Throws with what is wrong and what to do when the lake cannot be used now.
    public func checkHealth() throws {
        try explaining {
            try store.checkWritable()
            if let snapshot = try table.snapshot() {
                try EventSchema.check(snapshot.metadata, location: store.location)
            }
        }
    }

    // MARK: - Table

    /// The table's newest snapshot; an empty place becomes a table.
    private func openOrCreate() throws -> DeltaSnapshot {
        let snapshot = try table.snapshot() ?? table.createIfMissing(EventSchema.metadata(createdAt: clock.now))
        try EventSchema.check(snapshot.metadata, location: store.location)
        return snapshot
    }

    /// Removes files that no commit names. One that stays is found by `vacuum`.
    func remove(_ files: [AddFile]) {
        for file in files {
            do {
                try store.delete(try file.objectKey)
            } catch {
                logger.warning("a file without a commit stays until vacuum", ["file": file.path, "reason": "\(error)"])
            }
        }
    }

    /// Rows of a file: by the log, or by the file's own footer when another writer left the number out.
    func rowCount(of file: AddFile) throws -> Int64 {
        if let count = file.rowCount { return count }
        return Int64(try EventFileReader(store: store, file: file).rowCount)
    }
}

/// How positions stand in the table's log: `ingest/<topic>/<partition>` → offset of the last event that is in.
enum IngestTransaction {
    static let prefix = "ingest/"

    static func prefix(topic: String) -> String { "\(prefix)\(topic)/" }
}

extension LakeCommit {
    init(_ commit: DeltaCommit, rowCount: Int64) {
        self.init(
            version: commit.version, timestamp: commit.timestamp, rowCount: rowCount,
            changesData: commit.addsEvents)
    }
}

extension DeltaCommit {
    /// Whether it added events. What was written anew without some rows, as `forget` does, holds none that were not there before.
    fileprivate var addsEvents: Bool {
        adds.contains(where: \.dataChange) && !removes.contains(where: \.dataChange)
    }
}

extension DeltaAction {
    fileprivate var addedRowCount: Int64 {
        if case .add(let file) = self { file.rowCount ?? 0 } else { 0 }
    }
}

extension EventAction {
    /// Whether the code of a column is a play.
    static func isPlay(code: UInt8) -> Bool { code != EventAction.skip.rawValue }
}
