public import Domain
public import ServiceKit

/// The immutable lake of events: a Delta table partitioned by UTC day (docs/design.md §3.2 and §3.3).
///
/// All calls block. The one implementation is `DeltaEventLake`, over any object store; `EventLakes.open(uri:)` picks the
/// store by scheme (`file:`, `s3:`, `memory:`).
public protocol EventLake: Sendable {
    /// The newest version, or nil while nothing was ever committed.
    func version() throws -> Int64?

    /// What tells this lake from any other, also from one that is made anew in its place; nil while there is none.
    func identity() throws -> String?

    /// The next offset to read of each partition of `topic` by the newest version.
    func positions(topic: String) throws -> [Int32: Int64]

    /// Writes one file a day and commits them together with the new positions, put-if-absent.
    ///
    /// - Parameters:
    ///   - batches: rows by day; empty batches are left out.
    ///   - topic: name of the log's topic, part of the `txn` identifiers.
    ///   - from: the position each partition had when the batch was begun: what fences us when it has moved.
    ///   - to: the next offset to read of each partition once this batch is in.
    ///   - beforeCommit: called once, when all files are durable and nothing is committed yet: where crash tests stop.
    /// - Throws: `StorageError` `.fenced` when another writer advanced one of our partitions; nothing was committed then.
    func append(
        _ batches: [EventDay: EventBatch], topic: String, from: [Int32: Int64], to: [Int32: Int64],
        beforeCommit: () throws -> Void
    ) throws -> LakeCommit

    /// Commits after `version` (exclusive, nil: all that are retained), ascending.
    func commits(after version: Int64?) throws -> [LakeCommit]

    /// The plays of one commit, read back from its files: how counts are made good after a crash.
    func plays(ofCommit version: Int64) throws -> CommitPlays

    /// Reads the rows that one commit added, file by file, only the columns asked for. Files that are gone since, because they
    /// were rewritten and the old ones removed, are left out.
    func readRows(ofCommit version: Int64, columns: Set<EventColumn>, _ body: (EventColumns) throws -> Void) throws

    /// Reads the rows of a span of days as of a lake version, file by file, only the columns asked for.
    ///
    /// - Parameters:
    ///   - version: nil for the newest.
    ///   - body: called once a file (or row group), on the calling thread; throw to stop.
    /// - Returns: the version that was read.
    @discardableResult
    func read(
        days: ClosedRange<EventDay>, columns: Set<EventColumn>, version: Int64?,
        _ body: (EventDay, EventColumns) throws -> Void
    ) throws -> Int64

    /// The same, files shared out over threads: `body` is called on several at once, in no order.
    ///
    /// - Parameter threadCount: files read at once, at most.
    /// - Throws: the first error of any thread; no further file is begun then.
    @discardableResult
    func read(
        days: ClosedRange<EventDay>, columns: Set<EventColumn>, version: Int64?, threadCount: Int,
        _ body: @escaping @Sendable (EventDay, EventColumns) throws -> Void
    ) throws -> Int64

    /// Removes every row of a listener from the newest version, while others may go on writing.
    ///
    /// - Parameter stop: ends the work early; what is returned is then what was done until then.
    /// - Returns: rows that are gone.
    func forget(userID: String, until stop: StopSignal) throws -> Int64

    /// Rows and bytes a day of a version (nil: the newest), by the log's statistics alone.
    func days(version: Int64?) throws -> [LakeDay]

    /// Throws with what is wrong and what to do when the lake cannot be used now.
    func checkHealth() throws
}

extension EventLake {
    /// Rows and bytes a day of the newest version.
    public func days() throws -> [LakeDay] { try days(version: nil) }

    /// One thread after all: for lakes that are in memory.
    @discardableResult
    public func read(
        days: ClosedRange<EventDay>, columns: Set<EventColumn>, version: Int64?, threadCount: Int,
        _ body: @escaping @Sendable (EventDay, EventColumns) throws -> Void
    ) throws -> Int64 {
        try read(days: days, columns: columns, version: version, body)
    }
}

/// A commit of ingest.
public struct LakeCommit: Sendable, Equatable {
    /// Version of the table it made.
    public var version: Int64
    /// When, epoch milliseconds.
    public var timestamp: Int64
    /// Rows added.
    public var rowCount: Int64
    /// Whether it added rows of events (`dataChange`), as compaction does not.
    public var changesData: Bool

    /// Makes the record.
    public init(version: Int64, timestamp: Int64, rowCount: Int64, changesData: Bool) {
        self.version = version
        self.timestamp = timestamp
        self.rowCount = rowCount
        self.changesData = changesData
    }
}

/// A day of the lake.
public struct LakeDay: Sendable, Equatable {
    /// The UTC day.
    public var day: EventDay
    /// Rows in it.
    public var rowCount: Int64
    /// Files that hold them.
    public var fileCount: Int
    /// Their size.
    public var byteCount: Int64

    /// Makes the record.
    public init(day: EventDay, rowCount: Int64, fileCount: Int, byteCount: Int64) {
        self.day = day
        self.rowCount = rowCount
        self.fileCount = fileCount
        self.byteCount = byteCount
    }
}

/// The columns of the lake's schema.
public enum EventColumn: String, Sendable, CaseIterable {
    /// The seven fields of docs/design.md §3.1, by their names on the wire.
    case userID = "user_id"
    case trackID = "track_id"
    case timestamp
    case action
    case duration
    case totalDuration = "total_duration"
    case source
}

/// Rows of a day, column by column. A column that was not asked for is empty.
public struct EventColumns: Sendable {
    /// Rows.
    public var count: Int
    /// Users: codes into a dictionary, as the file holds them, so that a string is looked up once and not once a row.
    public var users: DictionaryColumn
    /// Tracks likewise.
    public var tracks: DictionaryColumn
    /// Epoch milliseconds.
    public var timestamps: [Int64]
    /// `EventAction.rawValue`.
    public var actions: [UInt8]
    /// Milliseconds listened.
    public var durations: [Int32]
    /// Milliseconds the song lasts.
    public var totalDurations: [Int32]
    /// `EventSource.rawValue`.
    public var sources: [UInt8]

    /// Makes the columns; those not read stay empty.
    public init(
        count: Int, users: DictionaryColumn = .init(), tracks: DictionaryColumn = .init(), timestamps: [Int64] = [],
        actions: [UInt8] = [], durations: [Int32] = [], totalDurations: [Int32] = [], sources: [UInt8] = []
    ) {
        self.count = count
        self.users = users
        self.tracks = tracks
        self.timestamps = timestamps
        self.actions = actions
        self.durations = durations
        self.totalDurations = totalDurations
        self.sources = sources
    }
}

/// A column of strings as codes into a dictionary.
public struct DictionaryColumn: Sendable {
    /// One code a row.
    public var codes: [UInt32]
    /// The distinct strings.
    public var values: [String]

    /// Makes the column.
    public init(codes: [UInt32] = [], values: [String] = []) {
        self.codes = codes
        self.values = values
    }

    /// The string of a row.
    public subscript(row: Int) -> String { values[Int(codes[row])] }
}
