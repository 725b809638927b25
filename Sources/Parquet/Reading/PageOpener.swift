/// Where the values of a data page lie and how many they are, its levels read.
struct OpenPage {
    let number: Int
    /// Values, nulls left out.
    let valueCount: Int
    let encoding: Encoding
    /// Bytes of the values; valid until the next page is opened.
    let values: UnsafeRawBufferPointer
}

/// Opens the pages of one chunk in order: checksum, decompression, levels.
struct PageOpener {
    private let leaf: SchemaLeaf
    private let codec: CompressionCodec
    private let verifiesChecksums: Bool
    private let decompressor = Decompressor()
    private(set) var definitionLevels: LevelCollector
    private(set) var repetitionLevels: LevelCollector

    init(leaf: SchemaLeaf, codec: CompressionCodec, verifiesChecksums: Bool) {
        self.leaf = leaf
        self.codec = codec
        self.verifiesChecksums = verifiesChecksums
        definitionLevels = LevelCollector(greatest: leaf.maximumDefinitionLevel, usual: leaf.maximumDefinitionLevel)
        repetitionLevels = LevelCollector(greatest: leaf.maximumRepetitionLevel, usual: 0)
    }

    /// The values of the dictionary page; valid until the next page is opened.
    func open(dictionary page: PageSlice<Int>) throws -> UnsafeRawBufferPointer {
        try locating("dictionary page") {
            if verifiesChecksums { try page.verifyChecksum() }
            return try decompressor.decompress(page.body, codec, byteCount: page.uncompressedByteCount)
        }
    }

    /// Reads a page's levels and finds its values.
    mutating func open(_ page: PageSlice<PageHeader.DataPage>) throws -> OpenPage {
        if verifiesChecksums { try page.verifyChecksum() }
        guard let encoding = Encoding(rawValue: page.header.encoding) else {
            throw ParquetError.unsupported("its encoding is \(Encoding.name(of: page.header.encoding))")
        }
        if let version2 = page.header.version2 { return try open(page, version2, encoding) }
        let bytes = try decompressor.decompress(page.body, codec, byteCount: page.uncompressedByteCount)
        var cursor = ByteCursor(bytes)
        let slotCount = page.header.valueCount
        var valueCount = slotCount
        if leaf.maximumRepetitionLevel > 0 {
            try checkLevelEncoding(page.header.repetitionLevelEncoding)
            let levels = try cursor.take(Int(try cursor.readUInt32()))
            _ = try repetitionLevels.append(levels, count: slotCount)
        }
        if leaf.maximumDefinitionLevel > 0 {
            try checkLevelEncoding(page.header.definitionLevelEncoding)
            let levels = try cursor.take(Int(try cursor.readUInt32()))
            valueCount = try definitionLevels.append(levels, count: slotCount)
        }
        return OpenPage(number: page.number, valueCount: valueCount, encoding: encoding, values: cursor.rest)
    }

    private mutating func open(
        _ page: PageSlice<PageHeader.DataPage>, _ version2: PageHeader.Version2, _ encoding: Encoding
    ) throws -> OpenPage {
        var cursor = ByteCursor(page.body)
        let repetition = try cursor.take(version2.repetitionByteCount)
        let definition = try cursor.take(version2.definitionByteCount)
        let slotCount = page.header.valueCount
        var valueCount = slotCount
        if leaf.maximumRepetitionLevel > 0 { _ = try repetitionLevels.append(repetition, count: slotCount) }
        if leaf.maximumDefinitionLevel > 0 { valueCount = try definitionLevels.append(definition, count: slotCount) }
        let byteCount = page.uncompressedByteCount - cursor.position
        guard byteCount >= 0 else { throw ParquetError.damaged("the page's levels are longer than the page") }
        let values = try decompressor.decompress(
            cursor.rest, version2.isCompressed ? codec : .uncompressed, byteCount: byteCount)
        return OpenPage(number: page.number, valueCount: valueCount, encoding: encoding, values: values)
    }

    private func checkLevelEncoding(_ number: Int32) throws {
        guard number == Encoding.rle.rawValue else {
            throw ParquetError.unsupported("its levels have encoding \(Encoding.name(of: number)); RLE is read")
        }
    }
}
