/// Where the pages of a chunk lie and which rows they hold (`OffsetIndex` of parquet.thrift).
struct OffsetIndex {
    struct Page {
        /// First byte of the header.
        var offset: Int
        /// Header and body.
        var byteCount: Int
        /// Counted from the first row of the row group.
        var firstRow: Int
    }

    var pages: [Page]

    init(_ pages: [WrittenPage]) {
        self.pages = pages.map { Page(offset: $0.offset, byteCount: $0.byteCount, firstRow: $0.firstRow) }
    }

    init(from reader: inout CompactReader) throws {
        var pages: [Page] = []
        try reader.readStructure { reader, field in
            guard field.id == 1 else { return try reader.skip(field) }
            try reader.readList(field, of: .structure) { pages.append(try Page(from: &$0)) }
        }
        self.pages = pages
    }

    func write(to buffer: OutputBuffer) {
        var writer = CompactWriter(buffer)
        writer.writeStructure { writer in
            writer.writeList(1, of: .structure, pages) { writer, page in
                writer.writeStructure {
                    $0.writeInt64(1, Int64(page.offset))
                    $0.writeInt32(2, Int32(clamping: page.byteCount))
                    $0.writeInt64(3, Int64(page.firstRow))
                }
            }
        }
    }
}

extension OffsetIndex.Page {
    fileprivate init(from reader: inout CompactReader) throws {
        var offset: Int?
        var byteCount: Int?
        var firstRow: Int?
        try reader.readStructure { reader, field in
            switch field.id {
            case 1: offset = try reader.readOffset(field)
            case 2: byteCount = try reader.readCount(field)
            case 3: firstRow = try reader.readOffset(field)
            default: try reader.skip(field)
            }
        }
        guard let offset, let byteCount, let firstRow else {
            throw ParquetError.damaged("an entry of the offset index is not whole")
        }
        self.init(offset: offset, byteCount: byteCount, firstRow: firstRow)
    }
}

/// Bounds and nulls of the pages of a chunk (`ColumnIndex` of parquet.thrift).
struct ColumnIndex {
    /// How the bounds of successive pages follow each other; numbers as in the format.
    enum BoundaryOrder: Int32 {
        case unordered = 0
        case ascending = 1
        case descending = 2
    }

    /// Whether a page has nulls only; its bounds are empty then.
    var isNullPage: [Bool] = []
    var minimums: [[UInt8]] = []
    var maximums: [[UInt8]] = []
    var boundaryOrder = BoundaryOrder.unordered
    var nullCounts: [Int64]?

    /// Nil when a page with values has no bounds: an index holds those of all pages or is not written.
    init?(_ pages: [WrittenPage], order: ValueOrder?, limit: Int, isText: Bool) {
        guard let order else { return nil }
        for page in pages {
            isNullPage.append(page.nullCount == page.slotCount)
            guard page.nullCount < page.slotCount else {
                minimums.append([])
                maximums.append([])
                continue
            }
            let statistics = page.bounds?.statistics(order: order, nullCount: 0, limit: limit, isText: isText)
            guard let minimum = statistics?.minimum, let maximum = statistics?.maximum else { return nil }
            minimums.append(minimum)
            maximums.append(maximum)
        }
        nullCounts = pages.map { Int64($0.nullCount) }
        boundaryOrder = Self.boundaryOrder(minimums, maximums, isNullPage, order)
    }

    private static func boundaryOrder(
        _ minimums: [[UInt8]], _ maximums: [[UInt8]], _ isNullPage: [Bool], _ order: ValueOrder
    ) -> BoundaryOrder {
        let pages = isNullPage.indices.filter { !isNullPage[$0] }
        var isAscending = true
        var isDescending = true
        for (previous, next) in zip(pages, pages.dropFirst()) {
            let lows = (minimums[previous], minimums[next])
            let highs = (maximums[previous], maximums[next])
            if order.isLess(lows.1, lows.0) || order.isLess(highs.1, highs.0) { isAscending = false }
            if order.isLess(lows.0, lows.1) || order.isLess(highs.0, highs.1) { isDescending = false }
        }
        return isAscending ? .ascending : isDescending ? .descending : .unordered
    }

    init(from reader: inout CompactReader) throws {
        try reader.readStructure { reader, field in
            switch field.id {
            case 1: try reader.readList(field, of: .booleanTrue) { isNullPage.append(try $0.readBooleanElement()) }
            case 2: try reader.readList(field, of: .binary) { minimums.append(try $0.readBinaryElement()) }
            case 3: try reader.readList(field, of: .binary) { maximums.append(try $0.readBinaryElement()) }
            case 4: boundaryOrder = BoundaryOrder(rawValue: try reader.readInt32(field)) ?? .unordered
            case 5:
                var counts: [Int64] = []
                try reader.readList(field, of: .int64) { counts.append(try $0.readInt64Element()) }
                nullCounts = counts
            default: try reader.skip(field)
            }
        }
        let count = isNullPage.count
        guard minimums.count == count, maximums.count == count, nullCounts?.count ?? count == count else {
            throw ParquetError.damaged("the lists of the column index differ in length")
        }
    }

    func write(to buffer: OutputBuffer) {
        var writer = CompactWriter(buffer)
        writer.writeStructure { writer in
            writer.writeList(1, of: .booleanTrue, isNullPage) { $0.writeBooleanElement($1) }
            writer.writeList(2, of: .binary, minimums) { $0.writeBinaryElement($1) }
            writer.writeList(3, of: .binary, maximums) { $0.writeBinaryElement($1) }
            writer.writeInt32(4, boundaryOrder.rawValue)
            if let nullCounts { writer.writeList(5, of: .int64, nullCounts) { $0.writeInt64Element($1) } }
        }
    }
}
