/// One line of a commit: a change of one aspect of the table
/// (https://github.com/delta-io/delta/blob/master/PROTOCOL.md#actions).
public enum DeltaAction: Sendable, Equatable {
    /// `protocol`: what a program must know to read or write the table.
    case protocolVersion(DeltaProtocol)
    /// `metaData`: schema, partitioning, properties.
    case metadata(DeltaMetadata)
    /// `txn`: how far an application has come.
    case transaction(DeltaTransaction)
    /// `add`: a data file belongs to the table from now on.
    case add(AddFile)
    /// `remove`: a data file belongs to the table no more.
    case remove(RemoveFile)
    /// `commitInfo`: who did what, and why; any JSON.
    case commitInfo(DeltaJSONObject)
    /// An action this program does not know, kept as it is. A table that needs it to be understood says so in `protocol`.
    case unknown(name: String, value: DeltaJSON)
}

/// The `protocol` action.
public struct DeltaProtocol: Sendable, Equatable {
    /// Least version of the protocol a reader must know.
    public var minReaderVersion: Int
    /// Least version of the protocol a writer must know.
    public var minWriterVersion: Int
    /// Features a reader must know; only with reader version 3.
    public var readerFeatures: [String]?
    /// Features a writer must know; only with writer version 7.
    public var writerFeatures: [String]?

    /// Makes the action.
    public init(
        minReaderVersion: Int = 1, minWriterVersion: Int = 2, readerFeatures: [String]? = nil,
        writerFeatures: [String]? = nil
    ) {
        self.minReaderVersion = minReaderVersion
        self.minWriterVersion = minWriterVersion
        self.readerFeatures = readerFeatures
        self.writerFeatures = writerFeatures
    }
}

/// The `metaData` action.
public struct DeltaMetadata: Sendable, Equatable {
    /// Identifier of the table, a UUID; another one means another table in the same place.
    public var id: String
    /// Name for people.
    public var name: String?
    /// Description for people.
    public var description: String?
    /// The schema as the log holds it; see `DeltaSchema`.
    public var schemaString: String
    /// Columns that files are partitioned by, in order.
    public var partitionColumns: [String]
    /// Table properties, `delta.…` and others.
    public var configuration: [String: String]
    /// When the table was made, epoch milliseconds.
    public var createdTime: Int64?
    /// Format of the data files; only `parquet` is in use.
    public var formatProvider: String
    /// Fields this program does not know.
    public var extra: DeltaJSONObject

    /// Makes the action.
    public init(
        id: String, name: String? = nil, description: String? = nil, schemaString: String, partitionColumns: [String],
        configuration: [String: String] = [:], createdTime: Int64? = nil, formatProvider: String = "parquet",
        extra: DeltaJSONObject = .init()
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.schemaString = schemaString
        self.partitionColumns = partitionColumns
        self.configuration = configuration
        self.createdTime = createdTime
        self.formatProvider = formatProvider
        self.extra = extra
    }
}

/// The `txn` action.
public struct DeltaTransaction: Sendable, Equatable {
    /// Who.
    public var appID: String
    /// How far, in the application's own counting.
    public var version: Int64
    /// When, epoch milliseconds.
    public var lastUpdated: Int64?

    /// Makes the action.
    public init(appID: String, version: Int64, lastUpdated: Int64? = nil) {
        self.appID = appID
        self.version = version
        self.lastUpdated = lastUpdated
    }
}

/// The `add` action.
public struct AddFile: Sendable, Equatable {
    /// Path of the file as the log holds it: relative to the table, percent-encoded. See `objectKey`.
    public var path: String
    /// Value of each partition column; nil for null.
    public var partitionValues: [String: String?]
    /// Size in bytes.
    public var byteCount: Int64
    /// When the file was written, epoch milliseconds.
    public var modificationTime: Int64
    /// Whether the table's rows are others after this commit; compaction says false.
    public var dataChange: Bool
    /// Statistics as JSON text; see `DeltaStatistics`.
    public var stats: String?
    /// Fields this program does not use (`tags`, `baseRowId`, …), kept as they are.
    public var extra: DeltaJSONObject

    /// Makes the action.
    public init(
        path: String, partitionValues: [String: String?], byteCount: Int64, modificationTime: Int64,
        dataChange: Bool = true, stats: String? = nil, extra: DeltaJSONObject = .init()
    ) {
        self.path = path
        self.partitionValues = partitionValues
        self.byteCount = byteCount
        self.modificationTime = modificationTime
        self.dataChange = dataChange
        self.stats = stats
        self.extra = extra
    }

    /// `numRecords` of the statistics; nil when there are none.
    public var rowCount: Int64? { stats.flatMap(DeltaStatistics.init(text:))?.numRecords }
}

/// The `remove` action: from then on a tombstone that keeps the file from being vacuumed for a while.
public struct RemoveFile: Sendable, Equatable {
    /// Path as in the `add`.
    public var path: String
    /// When it was removed, epoch milliseconds.
    public var deletionTimestamp: Int64?
    /// Whether the table's rows are others after this commit; compaction says false.
    public var dataChange: Bool
    /// Value of each partition column, when known.
    public var partitionValues: [String: String?]?
    /// Size in bytes, when known.
    public var byteCount: Int64?
    /// Fields this program does not use, kept as they are.
    public var extra: DeltaJSONObject

    /// Makes the action.
    public init(
        path: String, deletionTimestamp: Int64?, dataChange: Bool, partitionValues: [String: String?]? = nil,
        byteCount: Int64? = nil, extra: DeltaJSONObject = .init()
    ) {
        self.path = path
        self.deletionTimestamp = deletionTimestamp
        self.dataChange = dataChange
        self.partitionValues = partitionValues
        self.byteCount = byteCount
        self.extra = extra
    }

    /// The tombstone of a file that is in the table.
    public init(removing file: AddFile, at timestamp: Int64, dataChange: Bool) {
        self.init(
            path: file.path, deletionTimestamp: timestamp, dataChange: dataChange,
            partitionValues: file.partitionValues, byteCount: file.byteCount)
    }
}
