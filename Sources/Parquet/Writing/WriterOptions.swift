/// How a file is written. The defaults give files that every current reader opens.
public struct WriterOptions: Sendable {
    /// Compression of pages.
    public enum Compression: Sendable, Equatable {
        case uncompressed
        case snappy
        /// Levels 1...22; 3 is Zstandard's own default.
        case zstd(level: Int32 = 3)

        var codec: CompressionCodec {
            switch self {
            case .uncompressed: .uncompressed
            case .snappy: .snappy
            case .zstd: .zstd
            }
        }
    }

    /// Version of data pages.
    public enum DataPageVersion: Sendable {
        case v1
        case v2
    }

    /// Compression of pages.
    public var compression = Compression.snappy
    /// Version of data pages; every reader knows 1.
    public var dataPageVersion = DataPageVersion.v1
    /// Whether columns whose values repeat get a dictionary. Those whose values do not are written plain all the same.
    public var usesDictionaries = true
    /// A dictionary larger than this is not made.
    public var dictionaryByteLimit = 8 << 20
    /// Whether integers are written as differences (DELTA_BINARY_PACKED) where that is smaller.
    public var usesDeltas = true
    /// A data page ends when its values come to about this many bytes.
    public var pageByteTarget = 1 << 20
    /// A data page has no more slots than this (a row more for nested columns): what reading by page index skips.
    public var pageSlotLimit = 32_768
    /// `write` begins a new row group after so many rows.
    public var rowGroupRowLimit = 1 << 20
    /// Bounds of byte arrays are shortened to this many bytes.
    public var boundByteLimit = 64
    /// Whether column and offset indexes are written, by which readers skip pages.
    public var writesPageIndex = true
    /// Whether each page carries a CRC-32.
    public var writesChecksums = true
    /// How the caller has sorted the rows of each row group; noted, not checked.
    public var sortingColumns: [SortingColumn] = []
    /// Notes in the footer.
    public var keyValues: [FileMetadata.KeyValue] = []
    /// Name of the writer in the footer.
    public var createdBy = "segue-parquet version 1.0.0 (build 1)"

    /// The defaults.
    public init() {}
}
