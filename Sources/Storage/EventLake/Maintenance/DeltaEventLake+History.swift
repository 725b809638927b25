import DeltaTable
public import Domain
import ObjectStore

/// A commit, for people.
public struct LakeHistoryEntry: Sendable, Equatable {
    /// Version it made.
    public var version: Int64
    /// When, epoch milliseconds.
    public var timestamp: Int64
    /// What was done: `STREAMING UPDATE`, `OPTIMIZE`, …; empty when the writer did not say.
    public var operation: String
    /// Who did it: `Segue`, `delta-rs:…`, …
    public var engine: String
    /// Figures the writer left.
    public var metrics: [String: String]
    /// Files added.
    public var addedFileCount: Int
    /// Files removed.
    public var removedFileCount: Int
    /// Rows in the files added, as far as the log says.
    public var addedRowCount: Int64
    /// Next offset to read by `topic/partition`, as far as this commit moved it.
    public var positions: [String: Int64]

    init(_ commit: DeltaCommit) {
        version = commit.version
        timestamp = commit.timestamp
        operation = commit.info?["operation"]?.stringValue ?? ""
        engine = commit.info?["engineInfo"]?.stringValue ?? ""
        metrics = commit.info?["operationMetrics"]?.objectValue?.strings?.compactMapValues { $0 } ?? [:]
        addedFileCount = commit.adds.count
        removedFileCount = commit.removes.count
        addedRowCount = commit.adds.reduce(0) { $0 + ($1.rowCount ?? 0) }
        positions = [:]
        for transaction in commit.transactions where transaction.appID.hasPrefix(IngestTransaction.prefix) {
            positions[String(transaction.appID.dropFirst(IngestTransaction.prefix.count))] = transaction.version + 1
        }
    }
}

/// A file that a commit added or removed.
public struct LakeFileChange: Sendable, Equatable {
    /// Version of the commit.
    public var version: Int64
    /// Name of the file in the lake's store.
    public var key: String
    /// Day of its rows; nil when a removal does not tell.
    public var day: EventDay?
    /// Whether it was added; else it was removed.
    public var isAdded: Bool
    /// Whether rows came or went by it; false for compaction, which only moves them.
    public var changesData: Bool
    /// Rows, when the log says.
    public var rowCount: Int64?
    /// Size, when the log says.
    public var byteCount: Int64?
}

/// A file of the lake as of a version.
public struct LakeFile: Sendable, Equatable {
    /// Name in the lake's store.
    public var key: String
    /// Day of its rows.
    public var day: EventDay
    /// Rows, when the log says.
    public var rowCount: Int64?
    /// Size.
    public var byteCount: Int64
    /// When it was written, epoch milliseconds.
    public var modifiedAt: Int64
}

extension DeltaEventLake {
    /// The newest commits, newest first.
    public func history(limit: Int = 50) throws -> [LakeHistoryEntry] {
        try explaining {
            guard let newest = try table.snapshot()?.version else { return [] }
            var entries: [LakeHistoryEntry] = []
            try table.forEachCommit(after: max(-1, newest - Int64(limit))) { commit in
                entries.append(LakeHistoryEntry(commit))
                return true
            }
            return entries.suffix(limit).reversed()
        }
    }

    /// The files of a version (nil: the newest), by day and name.
    public func files(version: Int64? = nil) throws -> [LakeFile] {
        try explaining {
            guard let snapshot = try version.map({ try table.snapshot(version: $0) }) ?? table.snapshot() else {
                return []
            }
            return try snapshot.files.values.map { file in
                LakeFile(
                    key: try file.objectKey, day: try EventPartition.day(of: file), rowCount: file.rowCount,
                    byteCount: file.byteCount, modifiedAt: file.modificationTime)
            }.sorted { ($0.day, $0.key) < ($1.day, $1.key) }
        }
    }

    /// What happened to files after `version` (exclusive), in order: what an engine that follows the lake has to read.
    ///
    /// - Throws: `.notFound` when commits after `version` are not retained any more.
    public func files(since version: Int64) throws -> [LakeFileChange] {
        try explaining {
            var changes: [LakeFileChange] = []
            var expected = version + 1
            try table.forEachCommit(after: version) { commit in
                guard commit.version == expected else {
                    throw DeltaError(
                        .notFound,
                        "the commits after \(version) of \(store.location) are not retained any more, the oldest is "
                            + "\(commit.version): read the whole table instead")
                }
                expected += 1
                for action in commit.actions {
                    if let change = try LakeFileChange(action, version: commit.version) { changes.append(change) }
                }
                return true
            }
            return changes
        }
    }
}

extension LakeFileChange {
    fileprivate init?(_ action: DeltaAction, version: Int64) throws {
        switch action {
        case .add(let file):
            self.init(
                version: version, key: try file.objectKey, day: try EventPartition.day(of: file), isAdded: true,
                changesData: file.dataChange, rowCount: file.rowCount, byteCount: file.byteCount)
        case .remove(let file):
            let day = (file.partitionValues?[EventSchema.dayColumn] ?? nil).flatMap { EventDay($0) }
            self.init(
                version: version, key: try file.objectKey, day: day, isAdded: false, changesData: file.dataChange,
                rowCount: nil, byteCount: file.byteCount)
        default: return nil
        }
    }
}
