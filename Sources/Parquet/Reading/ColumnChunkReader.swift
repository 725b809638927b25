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
        var reader = ByteArrayReader(fixedLength: leaf.length, byteLimit: options.maximumByteArrayByteCount)
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
        case .asStored, .plain:
            try forEachPage(pages, &opener) { try reader.decode($0) }
            return .byteArrays(reader.column)
        }
    }

    private func readCodes(
        _ pages: ChunkPages, _ opener: inout PageOpener, _ reader: ByteArrayReader
    ) throws -> ColumnValues {
        let codes = try [UInt32](unsafeUninitializedCapacity: pages.slotCount) { out, count in
            guard let base = out.baseAddress else { return }
            try forEachPage(pages, &opener) { page in
                try reader.decodeCodes(
                    page, into: UnsafeMutableBufferPointer(start: base + count, count: page.valueCount))
                count += page.valueCount
            }
        }
        return .dictionary(codes: codes, values: reader.dictionaryValues ?? ByteArrayColumn())
    }

    /// Pages that are not dictionary-encoded are decoded one at a time and interned.
    private func readInterned(
        _ pages: ChunkPages, _ opener: inout PageOpener, _ reader: ByteArrayReader
    ) throws -> ColumnValues {
        var interner = ByteArrayInterner(reader.dictionaryValues ?? ByteArrayColumn())
        var codes: [UInt32] = []
        codes.reserveCapacity(pages.slotCount)
        try forEachPage(pages, &opener) { page in
            if page.encoding.isDictionary {
                var pageCodes = [UInt32](repeating: 0, count: page.valueCount)
                try pageCodes.withUnsafeMutableBufferPointer { try reader.decodeCodes(page, into: $0) }
                codes.append(contentsOf: pageCodes)
            } else {
                var pageReader = ByteArrayReader(
                    fixedLength: leaf.length, byteLimit: options.maximumByteArrayByteCount)
                try pageReader.decode(page)
                interner.intern(pageReader.column, into: &codes)
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
