/// Memory that the chunks of a file use one after the other.
final class WriterBuffers {
    /// A whole chunk, or other bytes on their way to the sink.
    let chunk = OutputBuffer(capacity: 1 << 20)
    /// A page before it is compressed.
    let body = OutputBuffer(capacity: 1 << 16)
    /// The page behind its header.
    let compressed = OutputBuffer(capacity: 1 << 16)
}

/// A column chunk as it will lie in the file.
struct WrittenChunk {
    var metadata: ColumnChunkMetadata
    var pages: [WrittenPage]
}

/// A data page of a written chunk: what the page indexes tell of it.
struct WrittenPage {
    /// First byte of its header.
    var offset: Int
    /// Header and body.
    var byteCount: Int
    /// Row that it begins with.
    var firstRow: Int
    var slotCount: Int
    var nullCount: Int
    var bounds: ValueBounds?
}

/// Writes one column of one row group into memory: encoding, pages, compression.
struct ColumnChunkWriter {
    private let leaf: SchemaLeaf
    private let options: WriterOptions
    private let order: ValueOrder?
    private let definition: LevelEncoder
    private let repetition: LevelEncoder
    private let buffer: OutputBuffer
    private let body: OutputBuffer
    private let compressed: OutputBuffer
    /// What follows `compressed` in the page that is being written: bytes of `body`, or of a dictionary.
    private var stored = UnsafeRawBufferPointer(start: nil, count: 0)
    private var compressor: PageCompressor
    private var uncompressedByteCount = 0

    /// - Parameter buffers: `chunk` takes the bytes of the chunk and is empty.
    init(leaf: SchemaLeaf, options: WriterOptions, compressor: Compressor, buffers: WriterBuffers) {
        self.leaf = leaf
        self.options = options
        buffer = buffers.chunk
        body = buffers.body
        compressed = buffers.compressed
        self.compressor = PageCompressor(compressor, options.compression.codec)
        order = ValueOrder(leaf)
        definition = LevelEncoder(greatest: leaf.maximumDefinitionLevel, usual: leaf.maximumDefinitionLevel)
        repetition = LevelEncoder(greatest: leaf.maximumRepetitionLevel, usual: 0)
    }

    /// Writes the slots of a slice.
    /// - Parameter offset: where in the file the chunk begins.
    mutating func write(_ slice: LeafSlice, at offset: Int) throws -> WrittenChunk {
        let encoder = try EncoderChoice(leaf: leaf, options: options).encoder(slice.column.values, slice.values)
        var dictionaryOffset: Int?
        if let dictionary = encoder.dictionary {
            dictionaryOffset = offset
            try writeDictionary(dictionary.bytes, count: dictionary.count)
        }
        let dataOffset = offset + buffer.count
        var pages: [WrittenPage] = []
        var splitter = PageSplitter(slice, leaf, options)
        while let page = splitter.next(encoder) { pages.append(try write(page, slice, encoder, offset)) }
        let metadata = metadata(
            slice, encoder, pages, offset: offset, dataOffset: dataOffset, dictionaryOffset: dictionaryOffset)
        return WrittenChunk(metadata: metadata, pages: pages)
    }

    // MARK: pages

    private mutating func writeDictionary(_ bytes: OutputBuffer, count: Int) throws {
        compressed.removeAll()
        var once = compressor  // whether the dictionary compresses says nothing of the codes
        stored = try once.compress(bytes.bytes, to: compressed)
        append(.dictionary(valueCount: count, encoding: Encoding.plain.rawValue), uncompressed: bytes.count)
    }

    private mutating func write(
        _ page: PageSplitter.Page, _ slice: LeafSlice, _ encoder: any ValueEncoder, _ offset: Int
    ) throws -> WrittenPage {
        let start = buffer.count
        let nullCount = page.slots.count - page.values.count
        switch options.dataPageVersion {
        case .v1: try writeVersion1(page, slice, encoder)
        case .v2: try writeVersion2(page, slice, encoder, nullCount)
        }
        return WrittenPage(
            offset: offset + start, byteCount: buffer.count - start, firstRow: page.firstRow,
            slotCount: page.slots.count, nullCount: nullCount, bounds: encoder.bounds(of: page.values))
    }

    private mutating func writeVersion1(
        _ page: PageSplitter.Page, _ slice: LeafSlice, _ encoder: any ValueEncoder
    ) throws {
        body.removeAll()
        if repetition.isNeeded { appendSized { repetition.append(slice.column.repetitionLevels, page.slots, to: $0) } }
        if definition.isNeeded { appendSized { definition.append(slice.column.definitionLevels, page.slots, to: $0) } }
        encoder.append(page.values, to: body)
        compressed.removeAll()
        stored = try compressor.compress(body.bytes, to: compressed)
        var header = PageHeader.DataPage()
        header.valueCount = page.slots.count
        header.encoding = encoder.encoding.rawValue
        append(.data(header), uncompressed: body.count)
    }

    /// Appends to the page's body with four bytes of length before it.
    private func appendSized(_ append: (OutputBuffer) -> Void) {
        let start = body.count
        body.append(littleEndian: 0)
        append(body)
        body.replace(at: start, littleEndian: UInt32(body.count - start - 4))
    }

    private mutating func writeVersion2(
        _ page: PageSplitter.Page, _ slice: LeafSlice, _ encoder: any ValueEncoder, _ nullCount: Int
    ) throws {
        compressed.removeAll()
        var version2 = PageHeader.Version2()
        if repetition.isNeeded { repetition.append(slice.column.repetitionLevels, page.slots, to: compressed) }
        version2.repetitionByteCount = compressed.count
        if definition.isNeeded { definition.append(slice.column.definitionLevels, page.slots, to: compressed) }
        version2.definitionByteCount = compressed.count - version2.repetitionByteCount
        let levels = compressed.count
        body.removeAll()
        encoder.append(page.values, to: body)
        version2.nullCount = nullCount
        version2.rowCount = page.rowCount
        version2.isCompressed = options.compression != .uncompressed
        stored = try compressor.compress(body.bytes, to: compressed)
        var header = PageHeader.DataPage()
        header.valueCount = page.slots.count
        header.encoding = encoder.encoding.rawValue
        header.version2 = version2
        append(.data(header), uncompressed: levels + body.count)
    }

    /// Appends a header and the compressed page to the chunk.
    private mutating func append(_ kind: PageHeader.Kind, uncompressed: Int) {
        let start = buffer.count
        PageHeader(
            kind: kind, uncompressedByteCount: uncompressed, compressedByteCount: compressed.count + stored.count,
            checksum: options.writesChecksums ? Checksum.ofBytes(compressed.bytes, stored) : nil
        ).write(to: buffer)
        uncompressedByteCount += buffer.count - start + uncompressed
        buffer.append(compressed.bytes)
        buffer.append(stored)
    }

    // MARK: metadata

    private func metadata(
        _ slice: LeafSlice, _ encoder: any ValueEncoder, _ pages: [WrittenPage], offset: Int, dataOffset: Int,
        dictionaryOffset: Int?
    ) -> ColumnChunkMetadata {
        var encodings = [encoder.encoding]
        var statistics: [PageEncodingStatistics] = []
        if dictionaryOffset != nil {
            encodings.append(.plain)
            statistics.append(PageEncodingStatistics(pageType: 2, encoding: .plain, count: 1))
        }
        if definition.isNeeded || repetition.isNeeded { encodings.append(.rle) }
        statistics.append(
            PageEncodingStatistics(
                pageType: options.dataPageVersion == .v1 ? 0 : 3, encoding: encoder.encoding, count: pages.count))
        return ColumnChunkMetadata(
            type: leaf.type, encodings: encodings, path: leaf.path, codec: options.compression.codec,
            valueCount: slice.slots.count, uncompressedByteCount: uncompressedByteCount,
            compressedByteCount: buffer.count, dataPageOffset: dataOffset, dictionaryPageOffset: dictionaryOffset,
            statistics: self.statistics(pages), encodingStatistics: statistics)
    }

    private func statistics(_ pages: [WrittenPage]) -> ColumnStatistics {
        let nullCount = pages.reduce(0) { $0 + $1.nullCount }
        guard let order else { return ColumnStatistics(nullCount: nullCount) }
        var all: ValueBounds?
        for bounds in pages.lazy.compactMap(\.bounds) {
            if all == nil { all = bounds } else { all?.formUnion(bounds, order) }
        }
        return all?.statistics(
            order: order, nullCount: nullCount, limit: options.boundByteLimit, isText: leaf.logicalType == .string)
            ?? ColumnStatistics(nullCount: nullCount)
    }
}
