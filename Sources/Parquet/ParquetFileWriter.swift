/// Writes a Parquet file, row group by row group.
///
/// ```swift
/// let writer = try ParquetFileWriter(schema: schema, sink: FileSink(path: path))
/// try writer.writeRowGroup([.dictionary(codes: codes, values: users), .int64(timestamps)])
/// let written = try writer.close()
/// ```
///
/// The file is whole once `close` has returned; closing the sink is the caller's. Not for use from two threads at once.
public final class ParquetFileWriter {
    /// The columns and their tree.
    public let schema: ParquetSchema
    /// How the file is written.
    public let options: WriterOptions
    /// Bytes given to the sink so far.
    public private(set) var byteCount = 0

    private let sink: any ParquetSink
    private let compressor: Compressor
    private let buffers = WriterBuffers()
    private var buffer: OutputBuffer { buffers.chunk }
    private var rowGroups: [RowGroupMetadata] = []
    private var pages: [[[WrittenPage]]] = []
    private var state = State.open

    private enum State {
        case open
        case failed
        case closed
    }

    /// Begins a file.
    public init(schema: ParquetSchema, options: WriterOptions = WriterOptions(), sink: any ParquetSink) throws {
        if let wrong = options.sortingColumns.first(where: { !schema.leaves.indices.contains($0.leaf) }) {
            throw ParquetError.mismatch("sorting column \(wrong.leaf) is not in the schema")
        }
        self.schema = schema
        self.options = options
        self.sink = sink
        compressor = try Compressor(options.compression)
        buffer.append(ParquetFileReader.magic)
        try flush()
    }

    /// Writes columns without nulls, one a leaf in the order of the schema, as one row group.
    public func writeRowGroup(_ columns: [ColumnValues]) throws { try writeRowGroup(columns.map { LeafColumn($0) }) }

    /// Writes columns, one a leaf in the order of the schema and all of the same number of rows, as one row group.
    ///
    /// A group without rows is left out.
    /// - Throws: when the columns are not those of the schema, nothing being written then; when the sink throws, after
    ///   which the file cannot be ended.
    public func writeRowGroup(_ columns: [LeafColumn]) throws {
        let rowCount = try validate(columns)
        guard rowCount > 0 else { return }
        try writeSlices(
            columns.map { LeafSlice(column: $0, slots: 0..<$0.slotCount, values: 0..<$0.values.count) },
            rowCount: rowCount)
    }

    /// Writes columns as row groups of `options.rowGroupRowLimit` rows each, the last one of what is left.
    public func write(_ columns: [LeafColumn]) throws {
        let rowCount = try validate(columns)
        var cursors = zip(columns, schema.leaves).map { RowCursor($0, $1) }
        var row = 0
        while row < rowCount {
            let count = min(options.rowGroupRowLimit, rowCount - row)
            try writeSlices(cursors.indices.map { cursors[$0].take(rows: count) }, rowCount: count)
            row += count
        }
    }

    /// Writes indexes and footer and tells what the file holds.
    ///
    /// - Returns: the footer, as a reader will find it.
    @discardableResult
    public func close() throws -> FileMetadata {
        try requireOpen()
        do {
            if options.writesPageIndex { try writePageIndexes() }
            let metadata = FileMetadata(
                version: 2, schema: schema, rowCount: rowGroups.reduce(0) { $0 + $1.rowCount }, rowGroups: rowGroups,
                keyValues: options.keyValues, createdBy: options.createdBy)
            metadata.write(to: buffer)
            guard let length = UInt32(exactly: buffer.count) else {
                throw ParquetError.limitExceeded("the footer comes to more than 4 GiB")
            }
            buffer.append(littleEndian: length)
            buffer.append(ParquetFileReader.magic)
            try flush()
            state = .closed
            return metadata
        } catch {
            state = .failed
            throw error
        }
    }

    // MARK: row groups

    private func requireOpen() throws {
        guard state == .open else {
            throw ParquetError.inputOutput(
                state == .closed ? "the file is closed already" : "an earlier write failed; the file cannot be ended")
        }
    }

    private func validate(_ columns: [LeafColumn]) throws -> Int {
        try requireOpen()
        guard columns.count == schema.leaves.count else {
            throw ParquetError.mismatch("\(columns.count) columns are given, the schema has \(schema.leaves.count)")
        }
        var rowCount: Int?
        for (leaf, column) in zip(schema.leaves, columns) {
            try column.validate(for: leaf)
            guard rowCount == nil || rowCount == column.rowCount else {
                throw ParquetError.mismatch(
                    "column \(leaf.name) has \(column.rowCount) rows, those before it \(rowCount ?? 0)")
            }
            rowCount = column.rowCount
        }
        return rowCount ?? 0
    }

    private func writeSlices(_ slices: [LeafSlice], rowCount: Int) throws {
        do {
            var chunks: [WrittenChunk] = []
            for (leaf, slice) in zip(schema.leaves, slices) {
                var writer = ColumnChunkWriter(leaf: leaf, options: options, compressor: compressor, buffers: buffers)
                chunks.append(try writer.write(slice, at: byteCount))
                try flush()
            }
            let columns = chunks.map(\.metadata)
            rowGroups.append(
                RowGroupMetadata(
                    columns: columns, rowCount: rowCount,
                    uncompressedByteCount: columns.reduce(0) { $0 + $1.uncompressedByteCount },
                    compressedByteCount: columns.reduce(0) { $0 + $1.compressedByteCount },
                    sortingColumns: options.sortingColumns))
            pages.append(chunks.map(\.pages))
        } catch {
            state = .failed
            throw error
        }
    }

    private func flush() throws {
        try sink.write(buffer.bytes)
        byteCount += buffer.count
        buffer.removeAll()
    }

    // MARK: page indexes

    /// All column indexes, then all offset indexes: the order that readers prefetch in.
    private func writePageIndexes() throws {
        for group in rowGroups.indices {
            for (index, leaf) in schema.leaves.enumerated() {
                let columnIndex = ColumnIndex(
                    pages[group][index], order: ValueOrder(leaf), limit: options.boundByteLimit,
                    isText: leaf.logicalType == .string)
                guard let columnIndex else { continue }
                let start = byteCount
                columnIndex.write(to: buffer)
                try flush()
                rowGroups[group].columns[index].columnIndexRange = start..<byteCount
            }
        }
        for group in rowGroups.indices {
            for index in schema.leaves.indices {
                let start = byteCount
                OffsetIndex(pages[group][index]).write(to: buffer)
                try flush()
                rowGroups[group].columns[index].offsetIndexRange = start..<byteCount
            }
        }
    }
}

/// Hands out the slots of a column by rows.
private struct RowCursor {
    private let column: LeafColumn
    private let present: UInt8
    private var slot = 0
    private var value = 0

    init(_ column: LeafColumn, _ leaf: SchemaLeaf) {
        self.column = column
        present = UInt8(leaf.maximumDefinitionLevel)
    }

    mutating func take(rows: Int) -> LeafSlice {
        let slots = slot..<column.slotEnd(from: slot, rows: rows)
        let values = value..<value + column.valueCount(in: slots, present: present)
        slot = slots.upperBound
        value = values.upperBound
        return LeafSlice(column: column, slots: slots, values: values)
    }
}

extension LeafColumn {
    /// The slot behind so many rows from `start` on.
    fileprivate func slotEnd(from start: Int, rows: Int) -> Int {
        guard let repetitionLevels else { return start + rows }
        var slot = start
        var begun = 0
        while slot < repetitionLevels.count {
            if repetitionLevels[slot] == 0 {
                if begun == rows { break }
                begun += 1
            }
            slot += 1
        }
        return slot
    }
}
