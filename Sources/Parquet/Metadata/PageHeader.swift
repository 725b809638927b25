/// The header before each page (`PageHeader` of parquet.thrift).
struct PageHeader {
    /// What follows.
    enum Kind {
        case dictionary(valueCount: Int, encoding: Int32)
        case data(DataPage)
        /// A kind that holds no values, to be passed over.
        case other
    }

    /// A data page of either version.
    struct DataPage {
        /// Values, nulls included.
        var valueCount = 0
        /// Number of the encoding; it is made an `Encoding` when the page is read.
        var encoding: Int32 = 0
        /// Version 1: encodings of the levels.
        var definitionLevelEncoding = Encoding.rle.rawValue
        var repetitionLevelEncoding = Encoding.rle.rawValue
        /// Version 2: levels lie before the values, never compressed, of these sizes.
        var version2: Version2?
        var statistics: ColumnStatistics?
    }

    /// What only version 2 has.
    struct Version2 {
        var nullCount = 0
        var rowCount = 0
        var definitionByteCount = 0
        var repetitionByteCount = 0
        var isCompressed = true
    }

    var kind: Kind
    var uncompressedByteCount: Int
    var compressedByteCount: Int
    /// CRC-32 of the page as it lies in the file.
    var checksum: UInt32?
}

// MARK: - Reading

extension PageHeader {
    init(from reader: inout CompactReader) throws {
        var type: Int32?
        var uncompressed: Int?
        var compressed: Int?
        var checksum: UInt32?
        var data: DataPage?
        var dictionary: Kind?
        try reader.readStructure { reader, field in
            switch field.id {
            case 1: type = try reader.readInt32(field)
            case 2: uncompressed = try reader.readCount(field)
            case 3: compressed = try reader.readCount(field)
            case 4: checksum = UInt32(bitPattern: try reader.readInt32(field))
            case 5: data = try DataPage(version1: field, from: &reader)
            case 7: dictionary = try Self.readDictionary(field, from: &reader)
            case 8: data = try DataPage(version2: field, from: &reader)
            default: try reader.skip(field)
            }
        }
        guard let type, let uncompressed, let compressed else {
            throw ParquetError.damaged("a page header lacks its type or size")
        }
        self.init(
            kind: try Self.kind(type, data, dictionary), uncompressedByteCount: uncompressed,
            compressedByteCount: compressed, checksum: checksum)
    }

    private static func kind(_ type: Int32, _ data: DataPage?, _ dictionary: Kind?) throws -> Kind {
        switch type {
        case 0:
            guard let data, data.version2 == nil else { throw ParquetError.damaged("a data page lacks its header") }
            return .data(data)
        case 2:
            guard let dictionary else { throw ParquetError.damaged("a dictionary page lacks its header") }
            return dictionary
        case 3:
            guard let data, data.version2 != nil else { throw ParquetError.damaged("a data page lacks its header") }
            return .data(data)
        case 1: return .other
        default: throw ParquetError.damaged("a page has the unknown type \(type)")
        }
    }

    private static func readDictionary(_ field: CompactField, from reader: inout CompactReader) throws -> Kind {
        var valueCount: Int?
        var encoding: Int32 = 0
        try reader.readStructure(field) { reader, field in
            switch field.id {
            case 1: valueCount = try reader.readCount(field)
            case 2: encoding = try reader.readInt32(field)
            default: try reader.skip(field)
            }
        }
        guard let valueCount else { throw ParquetError.damaged("a dictionary page lacks its value count") }
        return .dictionary(valueCount: valueCount, encoding: encoding)
    }
}

extension PageHeader.DataPage {
    fileprivate init(version1 field: CompactField, from reader: inout CompactReader) throws {
        var page = PageHeader.DataPage()
        var hasCount = false
        try reader.readStructure(field) { reader, field in
            switch field.id {
            case 1:
                page.valueCount = try reader.readCount(field)
                hasCount = true
            case 2: page.encoding = try reader.readInt32(field)
            case 3: page.definitionLevelEncoding = try reader.readInt32(field)
            case 4: page.repetitionLevelEncoding = try reader.readInt32(field)
            case 5: page.statistics = try ColumnStatistics(field, from: &reader)
            default: try reader.skip(field)
            }
        }
        guard hasCount else { throw ParquetError.damaged("a data page lacks its value count") }
        self = page
    }

    fileprivate init(version2 field: CompactField, from reader: inout CompactReader) throws {
        var page = PageHeader.DataPage()
        var version2 = PageHeader.Version2()
        var hasCount = false
        try reader.readStructure(field) { reader, field in
            switch field.id {
            case 1:
                page.valueCount = try reader.readCount(field)
                hasCount = true
            case 2: version2.nullCount = try reader.readCount(field)
            case 3: version2.rowCount = try reader.readCount(field)
            case 4: page.encoding = try reader.readInt32(field)
            case 5: version2.definitionByteCount = try reader.readCount(field)
            case 6: version2.repetitionByteCount = try reader.readCount(field)
            case 7: version2.isCompressed = try reader.readBoolean(field)
            case 8: page.statistics = try ColumnStatistics(field, from: &reader)
            default: try reader.skip(field)
            }
        }
        guard hasCount else { throw ParquetError.damaged("a data page lacks its value count") }
        page.version2 = version2
        self = page
    }
}

// MARK: - Writing

extension PageHeader {
    func write(to buffer: OutputBuffer) {
        var writer = CompactWriter(buffer)
        writer.writeStructure { writer in
            writer.writeInt32(1, typeNumber)
            writer.writeInt32(2, Int32(clamping: uncompressedByteCount))
            writer.writeInt32(3, Int32(clamping: compressedByteCount))
            if let checksum { writer.writeInt32(4, Int32(bitPattern: checksum)) }
            switch kind {
            case .dictionary(let valueCount, let encoding):
                writer.writeStructure(7) {
                    $0.writeInt32(1, Int32(clamping: valueCount))
                    $0.writeInt32(2, encoding)
                }
            case .data(let page): page.write(to: &writer)
            case .other: break
            }
        }
    }

    private var typeNumber: Int32 {
        switch kind {
        case .dictionary: 2
        case .data(let page): page.version2 == nil ? 0 : 3
        case .other: 1
        }
    }
}

extension PageHeader.DataPage {
    fileprivate func write(to writer: inout CompactWriter) {
        guard let version2 else {
            writer.writeStructure(5) {
                $0.writeInt32(1, Int32(clamping: valueCount))
                $0.writeInt32(2, encoding)
                $0.writeInt32(3, definitionLevelEncoding)
                $0.writeInt32(4, repetitionLevelEncoding)
                if let statistics { $0.writeStructure(5) { statistics.writeContent(to: &$0) } }
            }
            return
        }
        writer.writeStructure(8) {
            $0.writeInt32(1, Int32(clamping: valueCount))
            $0.writeInt32(2, Int32(clamping: version2.nullCount))
            $0.writeInt32(3, Int32(clamping: version2.rowCount))
            $0.writeInt32(4, encoding)
            $0.writeInt32(5, Int32(clamping: version2.definitionByteCount))
            $0.writeInt32(6, Int32(clamping: version2.repetitionByteCount))
            $0.writeBoolean(7, version2.isCompressed)
            if let statistics { $0.writeStructure(8) { statistics.writeContent(to: &$0) } }
        }
    }
}
