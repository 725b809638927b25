/// What a file's footer tells: schema, row groups, where each column's bytes lie.
public struct FileMetadata: Sendable {
    /// Version of the format, 1 or 2.
    public var version: Int32
    /// Columns.
    public var schema: ParquetSchema
    /// Rows of all row groups.
    public var rowCount: Int
    /// The row groups in order.
    public var rowGroups: [RowGroupMetadata]
    /// What writers note beside the data.
    public var keyValues: [KeyValue]
    /// Who wrote the file.
    public var createdBy: String?

    /// One note of a writer.
    public struct KeyValue: Sendable, Equatable {
        /// Name.
        public var key: String
        /// Text, if any.
        public var value: String?

        /// Makes the pair.
        public init(key: String, value: String?) {
            self.key = key
            self.value = value
        }
    }
}

/// Rows that are stored together, one chunk a column.
public struct RowGroupMetadata: Sendable {
    /// One chunk a leaf, in the order of the schema.
    public var columns: [ColumnChunkMetadata]
    /// Rows.
    public var rowCount: Int
    /// Bytes of its pages before compression, page headers included.
    public var uncompressedByteCount: Int
    /// Bytes of its pages in the file, page headers included.
    public var compressedByteCount: Int
    /// How its rows are sorted, as far as the writer tells.
    public var sortingColumns: [SortingColumn]
}

/// A column that rows are sorted by.
public struct SortingColumn: Sendable, Equatable {
    /// Index of the leaf.
    public var leaf: Int
    /// Greatest first.
    public var isDescending: Bool
    /// Nulls before values.
    public var isNullsFirst: Bool

    /// Makes the note.
    public init(leaf: Int, isDescending: Bool = false, isNullsFirst: Bool = true) {
        self.leaf = leaf
        self.isDescending = isDescending
        self.isNullsFirst = isNullsFirst
    }
}

/// Where one column of one row group lies and how it is written.
public struct ColumnChunkMetadata: Sendable {
    /// Stored type.
    public var type: PhysicalType
    /// Every encoding that its pages use, levels included.
    public var encodings: [Encoding]
    /// Names from the root to the leaf.
    public var path: [String]
    /// Compression of its pages.
    public var codec: CompressionCodec
    /// Values, nulls included (for nested columns: levels).
    public var valueCount: Int
    /// Bytes before compression, page headers included.
    public var uncompressedByteCount: Int
    /// Bytes in the file, page headers included.
    public var compressedByteCount: Int
    /// Where its first data page begins.
    public var dataPageOffset: Int
    /// Where its dictionary page begins, if it has one.
    public var dictionaryPageOffset: Int?
    /// Least and greatest value and nulls.
    public var statistics: ColumnStatistics?
    /// Pages by kind and encoding.
    public var encodingStatistics: [PageEncodingStatistics]
    /// Where the offset index lies, if there is one.
    public var offsetIndexRange: Range<Int>?
    /// Where the column index lies, if there is one.
    public var columnIndexRange: Range<Int>?
    /// Other file that holds the chunk; nil for this one.
    var externalPath: String?
    /// Whether the chunk is encrypted.
    var isEncrypted = false

    /// First byte of the chunk.
    public var startOffset: Int {
        if let dictionary = dictionaryPageOffset, dictionary > 0, dictionary < dataPageOffset { return dictionary }
        return dataPageOffset
    }
}

/// How many pages of a kind use an encoding.
public struct PageEncodingStatistics: Sendable, Equatable {
    /// Number of the kind of page in the format: 0 data, 2 dictionary, 3 data of version 2.
    public var pageType: Int32
    /// Encoding of the values.
    public var encoding: Encoding
    /// Pages.
    public var count: Int
}

/// What is known of the values of a chunk or a page without reading them.
public struct ColumnStatistics: Sendable, Equatable {
    /// Nulls, if told.
    public var nullCount: Int?
    /// Distinct values, if told.
    public var distinctCount: Int?
    /// A lower bound of the values in the format's plain encoding (byte arrays without their length), if told.
    public var minimum: [UInt8]?
    /// An upper bound likewise.
    public var maximum: [UInt8]?
    /// Whether `minimum` is itself a value, not a shortened bound.
    public var isMinimumExact: Bool
    /// Whether `maximum` is itself a value.
    public var isMaximumExact: Bool
    /// Whether the bounds come from fields whose order was never defined for unsigned types.
    var isFromOlderFields = false

    /// Makes the statistics.
    public init(
        nullCount: Int? = nil, distinctCount: Int? = nil, minimum: [UInt8]? = nil, maximum: [UInt8]? = nil,
        isMinimumExact: Bool = true, isMaximumExact: Bool = true
    ) {
        self.nullCount = nullCount
        self.distinctCount = distinctCount
        self.minimum = minimum
        self.maximum = maximum
        self.isMinimumExact = isMinimumExact
        self.isMaximumExact = isMaximumExact
    }
}
