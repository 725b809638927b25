/// Decodes one column chunk, or some of its pages.
struct ColumnChunkReader {
    let leaf: SchemaLeaf
    let chunk: ColumnChunkMetadata
    let options: ReadOptions

    /// Decodes pages that were found before.
    func read(_ pages: ChunkPages) throws -> LeafColumn {
        var opener = PageOpener(leaf: leaf, codec: chunk.codec, verifiesChecksums: options.verifiesChecksums)
        let values = try readValues(pages, &opener)
        let column = LeafColumn(
            values, definitionLevels: opener.definitionLevels.levels,
            repetitionLevels: leaf.maximumRepetitionLevel > 0 ? repetitionLevels(opener, pages.slotCount) : nil)
        if let first = column.repetitionLevels?.first, first != 0 {
            throw ParquetError.damaged("the first value of the chunk continues a row that is not there")
        }
        return column
    }

    private func repetitionLevels(_ opener: PageOpener, _ slotCount: Int) -> [UInt8] {
        opener.repetitionLevels.levels ?? [UInt8](repeating: 0, count: slotCount)
    }

    private func readValues(_ pages: ChunkPages, _ opener: inout PageOpener) throws -> ColumnValues {
        switch leaf.type {
        case .boolean: .boolean(try readBooleans(pages, &opener))
        case .int32: .int32(try readFixedWidth(pages, &opener))
        case .int64: .int64(try readFixedWidth(pages, &opener))
        case .float: .float(try readFixedWidth(pages, &opener))
        case .double: .double(try readFixedWidth(pages, &opener))
        case .byteArray, .fixedLengthByteArray, .int96: try readByteArrays(pages, &opener)
        }
    }

    /// Opens page after page; errors name the page.
    private func forEachPage(
        _ pages: ChunkPages, _ opener: inout PageOpener, _ body: (OpenPage) throws -> Void
    ) throws {
        for page in pages.data {
            try locating("page \(page.number)") { try body(try opener.open(page)) }
        }
    }

    // MARK: types

    private func readFixedWidth<Value: BitwiseCopyable>(
        _ pages: ChunkPages, _ opener: inout PageOpener
    ) throws -> [Value] {
        var reader = FixedWidthReader(leaf.type)
        if let dictionary = pages.dictionary {
            try reader.setDictionary(try opener.open(dictionary: dictionary), count: dictionary.header)
        }
        return try [Value](unsafeUninitializedCapacity: pages.slotCount) { out, count in
            guard let base = out.baseAddress else { return }
            try forEachPage(pages, &opener) { page in
                try reader.decode(page, into: UnsafeMutableRawPointer(base + count))
                count += page.valueCount
            }
        }
    }

    private func readBooleans(_ pages: ChunkPages, _ opener: inout PageOpener) throws -> [Bool] {
        try [Bool](unsafeUninitializedCapacity: pages.slotCount) { out, count in
            guard let base = out.baseAddress else { return }
            try forEachPage(pages, &opener) { page in
                let target = UnsafeMutableRawPointer(base + count).assumingMemoryBound(to: UInt8.self)
                try BooleanReader.decode(page, into: UnsafeMutableBufferPointer(start: target, count: page.valueCount))
                count += page.valueCount
            }
        }
    }

    private func readByteArrays(_ pages: ChunkPages, _ opener: inout PageOpener) throws -> ColumnValues {
        var reader = ByteArrayReader(fixedLength: leaf.length, byteLimit: byteLimit)
        if let dictionary = pages.dictionary {
            let bytes = try opener.open(dictionary: dictionary)
            try locating("dictionary page") { try reader.setDictionary(bytes, count: dictionary.header) }
        }
        let isAllCodes = pages.data.allSatisfy { Encoding(rawValue: $0.header.encoding)?.isDictionary ?? false }
        let isEmpty = pages.data.isEmpty
        switch options.byteArrayForm {
        case .asStored where isAllCodes && !isEmpty, .dictionary where isAllCodes:
            return try readCodes(pages, &opener, reader)
        case .dictionary:
            return try readInterned(pages, &opener, reader)
        case .plain where isAllCodes && !isEmpty:
            return .byteArrays(try reader.spellOut(try codes(pages, &opener, reader)))
        case .asStored, .plain:
            reader.reserve(pages.slotCount)
            try forEachPage(pages, &opener) { try reader.decode($0) }
            return .byteArrays(reader.column)
        }
    }

    /// The most bytes that the chunk's strings may come to.
    private var byteLimit: Int {
        let (product, overflow) = chunk.compressedByteCount.multipliedReportingOverflow(
            by: options.maximumByteArrayBytesPerByte)
        let justified = max(overflow ? Int.max : product, options.freeByteArrayByteCount)
        return min(options.maximumByteArrayByteCount, justified)
    }

    private func readCodes(
        _ pages: ChunkPages, _ opener: inout PageOpener, _ reader: ByteArrayReader
    ) throws -> ColumnValues {
        .dictionary(codes: try codes(pages, &opener, reader), values: reader.dictionaryValues ?? ByteArrayColumn())
    }

    private func codes(
        _ pages: ChunkPages, _ opener: inout PageOpener, _ reader: ByteArrayReader
    ) throws -> [UInt32] {
        try [UInt32](unsafeUninitializedCapacity: pages.slotCount) { out, count in
            guard let base = out.baseAddress else { return }
            try forEachPage(pages, &opener) { page in
                try reader.decodeCodes(
                    page, into: UnsafeMutableBufferPointer(start: base + count, count: page.valueCount))
                count += page.valueCount
            }
        }
    }

    /// Pages that are not dictionary-encoded are decoded one at a time and interned.
    private func readInterned(
        _ pages: ChunkPages, _ opener: inout PageOpener, _ reader: ByteArrayReader
    ) throws -> ColumnValues {
        let interner = try ByteArrayInterner()
        // Equal values of a dictionary become one.
        let known = try interner.intern(reader.dictionaryValues ?? ByteArrayColumn())
        let codes = try [UInt32](unsafeUninitializedCapacity: pages.slotCount) { out, count in
            guard let base = out.baseAddress else { return }
            try forEachPage(pages, &opener) { page in
                let target = UnsafeMutableBufferPointer(start: base + count, count: page.valueCount)
                if page.encoding.isDictionary {
                    try reader.decodeCodes(page, into: target)
                    for index in target.indices { target[index] = known[Int(target[index])] }
                } else {
                    let pageReader = ByteArrayReader(fixedLength: leaf.length, byteLimit: byteLimit)
                    try pageReader.decode(page)
                    try interner.intern(pageReader.column, 0..<page.valueCount, into: base + count)
                }
                count += page.valueCount
            }
        }
        return .dictionary(codes: codes, values: interner.values)
    }
}

/// Decodes pages of truth values.
enum BooleanReader {
    /// Decodes as many values as `out` has places, each to 0 or 1.
    static func decode(_ page: OpenPage, into out: UnsafeMutableBufferPointer<UInt8>) throws {
        switch page.encoding {
        case .plain:
            guard page.values.count >= (out.count + 7) / 8 else {
                throw ParquetError.damaged("the page has \(page.values.count) bytes for \(out.count) truth values")
            }
            BitPacking.unpack(page.values, into: out)
        case .rle:
            guard !out.isEmpty else { return }
            var cursor = ByteCursor(page.values)
            let bytes = try cursor.take(Int(try cursor.readUInt32()))
            var decoder = HybridDecoder(bytes, width: 1)
            try decoder.decode(into: out)
            for index in out.indices { out[index] &= 1 }
        default: throw ParquetError.unsupported("\(page.encoding.name) pages of BOOLEAN values")
        }
    }
}
