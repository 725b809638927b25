import Parquet
import Storage

/// The rows of a file in the two forms that callers have them in.
struct ParquetBenchmarkData {
    let schema: ParquetSchema
    let rowCount: Int
    /// Every string spelled out: what the peers' tables hold.
    let strings: [LeafColumn]
    /// Strings as codes into what is distinct in all rows: what an ingest batch hands to the lake's writer.
    let codes: [LeafColumn]

    /// Reads the file's first rows.
    /// - Throws: when it has nulls, lists or columns of other types, which an event does not have.
    init(path: String, rowLimit: Int) throws {
        let reader = try ParquetFileReader(MappedFileSource(path: path))
        var count = 0
        var groups: [Int] = []
        for (index, group) in reader.metadata.rowGroups.enumerated() where count < rowLimit {
            groups.append(index)
            count += group.rowCount
        }
        let rowCount = min(count, rowLimit)
        let columns = try reader.schema.leaves.map { leaf in
            var joined = try JoinedColumn(leaf)
            for group in groups { try joined.append(reader, group, leaf, rowLimit: rowCount) }
            return joined
        }
        self.rowCount = rowCount
        schema = try ParquetSchema(columns.map(\.field))
        strings = columns.map(\.strings)
        codes = columns.map(\.codes)
    }
}

/// A column of all row groups.
private struct JoinedColumn {
    let field: SchemaField
    private var integers: [Int32] = []
    private var longs: [Int64] = []
    private var codesOfRows: [UInt32] = []
    private var distinct = InternedStrings()

    init(_ leaf: SchemaLeaf) throws {
        switch leaf.type {
        case .int32: field = .int32(leaf.name)
        case .int64: field = .int64(leaf.name)
        case .byteArray: field = .string(leaf.name)
        default: throw BenchmarkError("column \(leaf.name) is \(leaf.type), which an event does not have.")
        }
    }

    mutating func append(_ reader: ParquetFileReader, _ group: Int, _ leaf: SchemaLeaf, rowLimit: Int) throws {
        let column = try reader.readColumn(rowGroup: group, column: leaf.index, byteArrays: .dictionary)
        guard column.values.count == reader.metadata.rowGroups[group].rowCount else {
            throw BenchmarkError("column \(leaf.name) has nulls or lists, which an event does not have.")
        }
        switch column.values {
        case .int32(let values): integers += values.prefix(rowLimit - integers.count)
        case .int64(let values): longs += values.prefix(rowLimit - longs.count)
        case .dictionary(let codes, let values):
            let known = values.bytes.withUnsafeBytes { bytes in
                (0..<values.count).map {
                    distinct.code(of: UnsafeRawBufferPointer(rebasing: bytes[values.range(of: $0)]))
                }
            }
            codesOfRows += codes.prefix(rowLimit - codesOfRows.count).lazy.map { known[Int($0)] }
        default: throw BenchmarkError("column \(leaf.name) cannot be read.")
        }
    }

    var codes: LeafColumn {
        if !integers.isEmpty { return LeafColumn(.int32(integers)) }
        if !longs.isEmpty { return LeafColumn(.int64(longs)) }
        let values = ByteArrayColumn(bytes: distinct.bytes, offsets: distinct.offsets)
        return LeafColumn(.dictionary(codes: codesOfRows, values: values))
    }

    var strings: LeafColumn {
        guard !codesOfRows.isEmpty else { return codes }
        let byteCount = codesOfRows.reduce(0) {
            $0 + Int(distinct.offsets[Int($1) + 1]) - Int(distinct.offsets[Int($1)])
        }
        var column = ByteArrayColumn()
        column.reserveCapacity(codesOfRows.count, byteCount: byteCount)
        distinct.bytes.withUnsafeBytes { bytes in
            for code in codesOfRows {
                let range = Int(distinct.offsets[Int(code)])..<Int(distinct.offsets[Int(code) + 1])
                column.append(UnsafeRawBufferPointer(rebasing: bytes[range]))
            }
        }
        return LeafColumn(.byteArrays(column))
    }
}
