// Field numbers are those of parquet.thrift (https://github.com/apache/parquet-format).
extension FileMetadata {
    /// Reads a footer.
    init(from reader: inout CompactReader) throws {
        var version: Int32?
        var elements: [SchemaElement] = []
        var rowCount: Int?
        var rowGroups: [RowGroupMetadata] = []
        var keyValues: [KeyValue] = []
        var createdBy: String?
        try reader.readStructure { reader, field in
            switch field.id {
            case 1: version = try reader.readInt32(field)
            case 2: try reader.readList(field, of: .structure) { elements.append(try SchemaElement(from: &$0)) }
            case 3: rowCount = try reader.readOffset(field)
            case 4: try reader.readList(field, of: .structure) { rowGroups.append(try RowGroupMetadata(from: &$0)) }
            case 5: try reader.readList(field, of: .structure) { keyValues.append(try KeyValue(from: &$0)) }
            case 6: createdBy = try reader.readString(field)
            case 8: throw ParquetError.unsupported("the file is encrypted")
            default: try reader.skip(field)
            }
        }
        guard let version, let rowCount else { throw ParquetError.damaged("the footer lacks its version or row count") }
        self.init(
            version: version, schema: try ParquetSchema(elements: elements), rowCount: rowCount, rowGroups: rowGroups,
            keyValues: keyValues, createdBy: createdBy)
    }
}

extension FileMetadata.KeyValue {
    fileprivate init(from reader: inout CompactReader) throws {
        var key: String?
        var value: String?
        try reader.readStructure { reader, field in
            switch field.id {
            case 1: key = try reader.readString(field)
            case 2: value = try reader.readString(field)
            default: try reader.skip(field)
            }
        }
        guard let key else { throw ParquetError.damaged("the footer has a note without a key") }
        self.init(key: key, value: value)
    }
}

extension RowGroupMetadata {
    fileprivate init(from reader: inout CompactReader) throws {
        var columns: [ColumnChunkMetadata] = []
        var rowCount: Int?
        var uncompressed = 0
        var compressed: Int?
        var sorting: [SortingColumn] = []
        try reader.readStructure { reader, field in
            switch field.id {
            case 1: try reader.readList(field, of: .structure) { columns.append(try ColumnChunkMetadata(from: &$0)) }
            case 2: uncompressed = try reader.readOffset(field)
            case 3: rowCount = try reader.readOffset(field)
            case 4: try reader.readList(field, of: .structure) { sorting.append(try SortingColumn(from: &$0)) }
            case 6: compressed = try reader.readOffset(field)
            default: try reader.skip(field)
            }
        }
        guard let rowCount else { throw ParquetError.damaged("a row group lacks its row count") }
        self.init(
            columns: columns, rowCount: rowCount, uncompressedByteCount: uncompressed,
            compressedByteCount: compressed ?? 0, sortingColumns: sorting)
    }
}

extension SortingColumn {
    fileprivate init(from reader: inout CompactReader) throws {
        var column = SortingColumn(leaf: 0)
        try reader.readStructure { reader, field in
            switch field.id {
            case 1: column.leaf = try reader.readCount(field)
            case 2: column.isDescending = try reader.readBoolean(field)
            case 3: column.isNullsFirst = try reader.readBoolean(field)
            default: try reader.skip(field)
            }
        }
        self = column
    }
}

extension ColumnChunkMetadata {
    fileprivate init(from reader: inout CompactReader) throws {
        var content: ColumnChunkMetadata?
        var externalPath: String?
        var isEncrypted = false
        var offsetIndex: (offset: Int?, length: Int?)
        var columnIndex: (offset: Int?, length: Int?)
        try reader.readStructure { reader, field in
            switch field.id {
            case 1: externalPath = try reader.readString(field)
            case 3: content = try ColumnChunkMetadata(field, from: &reader)
            case 4: offsetIndex.offset = try reader.readOffset(field)
            case 5: offsetIndex.length = try reader.readCount(field)
            case 6: columnIndex.offset = try reader.readOffset(field)
            case 7: columnIndex.length = try reader.readCount(field)
            case 8, 9:
                isEncrypted = true
                try reader.skip(field)
            default: try reader.skip(field)
            }
        }
        guard var content else {
            throw isEncrypted
                ? ParquetError.unsupported("the file is encrypted") : .damaged("a column chunk lacks its metadata")
        }
        content.externalPath = externalPath
        content.isEncrypted = isEncrypted
        content.offsetIndexRange = try Self.range(offsetIndex)
        content.columnIndexRange = try Self.range(columnIndex)
        self = content
    }

    private static func range(_ place: (offset: Int?, length: Int?)) throws -> Range<Int>? {
        guard let offset = place.offset, let length = place.length, length > 0 else { return nil }
        let (end, overflow) = offset.addingReportingOverflow(length)
        guard !overflow else { throw ParquetError.damaged("an index lies beyond all files") }
        return offset..<end
    }

    /// The structure `ColumnMetaData`.
    private init(_ field: CompactField, from reader: inout CompactReader) throws {
        var parts = ColumnMetadataParts()
        try reader.readStructure(field) { reader, field in try parts.read(field, from: &reader) }
        self = try parts.metadata()
    }
}

/// `ColumnMetaData` while it is read.
private struct ColumnMetadataParts {
    private var type: PhysicalType?
    private var encodings: [Encoding] = []
    private var path: [String] = []
    private var codec: CompressionCodec?
    private var valueCount: Int?
    private var uncompressedByteCount = 0
    private var compressedByteCount: Int?
    private var dataPageOffset: Int?
    private var dictionaryPageOffset: Int?
    private var statistics: ColumnStatistics?
    private var encodingStatistics: [PageEncodingStatistics] = []

    mutating func read(_ field: CompactField, from reader: inout CompactReader) throws {
        switch field.id {
        case 1: type = try known(PhysicalType.init(rawValue:), try reader.readInt32(field), "type")
        case 2:
            // An encoding that is not known is told when a page with it is met.
            try reader.readList(field, of: .int32) { reader in
                if let encoding = Encoding(rawValue: try reader.readInt32Element()) { encodings.append(encoding) }
            }
        case 3: try reader.readList(field, of: .binary) { path.append(try $0.readStringElement()) }
        case 4: codec = try known(CompressionCodec.init(rawValue:), try reader.readInt32(field), "compression")
        case 5: valueCount = try reader.readOffset(field)
        case 6: uncompressedByteCount = try reader.readOffset(field)
        case 7: compressedByteCount = try reader.readOffset(field)
        case 9: dataPageOffset = try reader.readOffset(field)
        case 11: dictionaryPageOffset = try reader.readOffset(field)
        case 12: statistics = try ColumnStatistics(field, from: &reader)
        case 13: try reader.readList(field, of: .structure) { try readEncodingStatistics(from: &$0) }
        default: try reader.skip(field)
        }
    }

    private func known<Value>(_ make: (Int32) -> Value?, _ number: Int32, _ what: String) throws -> Value {
        guard let value = make(number) else {
            throw ParquetError.unsupported("a column chunk has the unknown \(what) \(number)")
        }
        return value
    }

    private mutating func readEncodingStatistics(from reader: inout CompactReader) throws {
        var pageType: Int32 = 0
        var encoding: Encoding?
        var count = 0
        try reader.readStructure { reader, field in
            switch field.id {
            case 1: pageType = try reader.readInt32(field)
            case 2: encoding = Encoding(rawValue: try reader.readInt32(field))
            case 3: count = try reader.readCount(field)
            default: try reader.skip(field)
            }
        }
        guard let encoding else { return }
        encodingStatistics.append(PageEncodingStatistics(pageType: pageType, encoding: encoding, count: count))
    }

    func metadata() throws -> ColumnChunkMetadata {
        guard let type, let codec, let valueCount, let compressedByteCount, let dataPageOffset else {
            throw ParquetError.damaged("the metadata of column chunk \(path.joined(separator: ".")) is not whole")
        }
        return ColumnChunkMetadata(
            type: type, encodings: encodings, path: path, codec: codec, valueCount: valueCount,
            uncompressedByteCount: uncompressedByteCount, compressedByteCount: compressedByteCount,
            dataPageOffset: dataPageOffset, dictionaryPageOffset: dictionaryPageOffset, statistics: statistics,
            encodingStatistics: encodingStatistics)
    }
}

extension ColumnStatistics {
    /// The structure `Statistics`.
    ///
    /// The older pair `min`, `max` is taken only where the newer is absent; whether its order can be trusted depends on
    /// the type, which `ValueOrder` knows.
    init(_ field: CompactField, from reader: inout CompactReader) throws {
        var statistics = ColumnStatistics()
        var older: (minimum: [UInt8]?, maximum: [UInt8]?)
        try reader.readStructure(field) { reader, field in
            switch field.id {
            case 1: older.maximum = try reader.readBinary(field)
            case 2: older.minimum = try reader.readBinary(field)
            case 3: statistics.nullCount = try reader.readOffset(field)
            case 4: statistics.distinctCount = try reader.readOffset(field)
            case 5: statistics.maximum = try reader.readBinary(field)
            case 6: statistics.minimum = try reader.readBinary(field)
            case 7: statistics.isMaximumExact = try reader.readBoolean(field)
            case 8: statistics.isMinimumExact = try reader.readBoolean(field)
            default: try reader.skip(field)
            }
        }
        if statistics.minimum == nil, statistics.maximum == nil, older.minimum != nil || older.maximum != nil {
            statistics.minimum = older.minimum
            statistics.maximum = older.maximum
            statistics.isFromOlderFields = true
        }
        self = statistics
    }
}
