/// Reads a Parquet file: its footer when it is opened, columns when they are asked for.
///
/// ```
/// PAR1  row group: chunk chunk …  row group …  page indexes  footer  footer's length  PAR1
///                  └ dictionary page? data page*
/// ```
///
/// Nothing in the file is believed: offsets, counts and sizes are checked before they are used, and every error names the
/// file, the column and the page. May be used from many threads at once.
public final class ParquetFileReader: Sendable {
    /// What the footer tells.
    public let metadata: FileMetadata
    /// How it is read.
    public let options: ReadOptions
    let source: any ParquetSource

    static let magic: [UInt8] = Array("PAR1".utf8)
    /// A first read of the file's end takes in most footers, so that a remote file needs one request and not two.
    private static let tailByteCount = 64 << 10

    /// Opens a file and reads its footer.
    /// - Throws: `ParquetError` naming the source when it is not a sound Parquet file.
    public init(_ source: any ParquetSource, options: ReadOptions = ReadOptions()) throws {
        self.source = source
        self.options = options
        metadata = try locating(source.name) {
            let (metadata, footerStart) = try Self.readFooter(source)
            try metadata.validate(dataEnd: footerStart)
            return metadata
        }
    }

    /// The columns and their tree.
    public var schema: ParquetSchema { metadata.schema }

    /// Reads one column of one row group.
    ///
    /// - Parameters:
    ///   - rowGroup: index of the row group.
    ///   - column: index of the leaf in `schema.leaves`.
    ///   - byteArrays: form of byte arrays, if not that of the reader's options.
    /// - Complexity: O(bytes of the chunk); other columns are not touched.
    public func readColumn(
        rowGroup: Int, column: Int, byteArrays: ReadOptions.ByteArrayForm? = nil
    ) throws -> LeafColumn {
        precondition(metadata.rowGroups.indices.contains(rowGroup), "there is no row group \(rowGroup)")
        precondition(schema.leaves.indices.contains(column), "there is no column \(column)")
        let group = metadata.rowGroups[rowGroup]
        let chunk = group.columns[column]
        let leaf = schema.leaves[column]
        return try locating("\(source.name): column \(leaf.name), row group \(rowGroup)") {
            try justify(chunk)
            let range = chunk.startOffset..<chunk.startOffset + chunk.compressedByteCount
            let column = try source.withBytes(in: range) { bytes in
                var pages = ChunkPages()
                try pages.append(bytes, upTo: chunk.valueCount)
                guard pages.slotCount == chunk.valueCount else {
                    throw ParquetError.damaged(
                        "its pages hold \(pages.slotCount) values, its metadata tells \(chunk.valueCount)")
                }
                return try ColumnChunkReader(leaf: leaf, chunk: chunk, options: options(byteArrays)).read(pages)
            }
            guard leaf.maximumRepetitionLevel == 0 || column.rowCount == group.rowCount else {
                throw ParquetError.damaged("it has \(column.rowCount) rows, its row group \(group.rowCount)")
            }
            return column
        }
    }

    /// Reads the column of a dotted path of one row group.
    /// - Throws: also when there is no such column.
    public func readColumn(
        rowGroup: Int, named name: String, byteArrays: ReadOptions.ByteArrayForm? = nil
    ) throws -> LeafColumn {
        let found = try locating(source.name) { try self.leaf(name) }
        return try readColumn(rowGroup: rowGroup, column: found.index, byteArrays: byteArrays)
    }

    func leaf(_ name: String) throws -> SchemaLeaf {
        if let leaf = schema.leaf(name) { return leaf }
        let names = schema.leaves.map(\.name).joined(separator: ", ")
        throw ParquetError.mismatch("there is no column '\(name)'; there are \(names)")
    }

    func options(_ form: ReadOptions.ByteArrayForm?) -> ReadOptions {
        var options = options
        if let form { options.byteArrayForm = form }
        return options
    }

    /// Refuses a chunk that claims more values than its size justifies.
    func justify(_ chunk: ColumnChunkMetadata) throws {
        let (product, overflow) = chunk.compressedByteCount.multipliedReportingOverflow(
            by: options.maximumValuesPerByte)
        let limit = overflow ? Int.max : max(product, options.freeValueCount)
        guard chunk.valueCount <= limit else {
            throw ParquetError.limitExceeded(
                "\(chunk.valueCount) values are claimed for \(chunk.compressedByteCount) bytes; if that is right, raise freeValueCount"
            )
        }
    }

    // MARK: footer

    private static func readFooter(_ source: any ParquetSource) throws -> (FileMetadata, footerStart: Int) {
        let size = source.byteCount
        guard size >= 12 else { throw ParquetError.damaged("\(size) bytes are no Parquet file") }
        let tail = max(0, size - tailByteCount)..<size
        let (footer, metadata) = try source.withBytes(in: tail) { bytes in
            let footer = try locateFooter(bytes, size)
            guard footer.lowerBound >= tail.lowerBound else { return (footer, FileMetadata?.none) }
            let start = footer.lowerBound - tail.lowerBound
            return (footer, try parse(UnsafeRawBufferPointer(rebasing: bytes[start..<start + footer.count])))
        }
        if let metadata { return (metadata, footer.lowerBound) }
        return (try source.withBytes(in: footer) { try parse($0) }, footer.lowerBound)
    }

    /// Where the footer lies, told by the file's last eight bytes.
    private static func locateFooter(_ tail: UnsafeRawBufferPointer, _ size: Int) throws -> Range<Int> {
        guard tail.suffix(4).elementsEqual(magic) else {
            if tail.suffix(4).elementsEqual("PARE".utf8) { throw ParquetError.unsupported("the file is encrypted") }
            throw ParquetError.damaged("it does not end with PAR1: no Parquet file, or cut short")
        }
        let length = Int(UInt32(littleEndian: tail.loadUnaligned(fromByteOffset: tail.count - 8, as: UInt32.self)))
        guard length <= size - 12 else {
            throw ParquetError.damaged("a footer of \(length) bytes is announced in a file of \(size)")
        }
        return size - 8 - length..<size - 8
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer) throws -> FileMetadata {
        try locating("footer") {
            var reader = CompactReader(bytes)
            return try FileMetadata(from: &reader)
        }
    }
}
