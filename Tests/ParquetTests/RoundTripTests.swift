import Parquet
import TestSupport
import Testing

/// What is written is read back, whatever the type, the encoding and the options.
struct RoundTripTests {
    static let optionSets: [WriterOptions] = {
        var v2 = WriterOptions()
        v2.dataPageVersion = .v2
        v2.compression = .zstd(level: 3)
        var bare = WriterOptions()
        bare.compression = .uncompressed
        bare.usesDictionaries = false
        bare.usesDeltas = false
        bare.writesPageIndex = false
        bare.writesChecksums = false
        var small = WriterOptions()
        small.pageSlotLimit = 100
        small.rowGroupRowLimit = 777
        var v2Plain = WriterOptions()
        v2Plain.dataPageVersion = .v2
        v2Plain.compression = .uncompressed
        v2Plain.pageSlotLimit = 13
        return [WriterOptions(), v2, bare, small, v2Plain]
    }()

    @Test(arguments: optionSets.indices, [0, 1, 7, 8, 128, 129, 1000, 5000])
    func flatColumnsOfAllTypesComeBackEqual(options: Int, rowCount: Int) throws {
        var random = SeededRandomNumberGenerator(seed: UInt64(rowCount))
        let columns = SampleColumns.flat(rowCount: rowCount, using: &random)
        try expectRoundTrip(SampleColumns.flatSchema(), columns, Self.optionSets[options])
    }

    @Test(arguments: optionSets.indices)
    func nestedColumnsKeepTheirLevels(options: Int) throws {
        let schema = try ParquetSchema([
            .list("tags", .optional, of: .string("item", .optional)),
            .map("notes", .optional, key: .string("k"), value: .int64("v", .optional)),
        ])
        // Rows: [a, null], null, [], [b]  and  {x: 1, y: null}, {}, null, {z: 3}
        let tags = LeafColumn(
            .texts(["a", "b"]), definitionLevels: [3, 2, 0, 1, 3], repetitionLevels: [0, 1, 0, 0, 0])
        let keys = LeafColumn(
            .texts(["x", "y", "z"]), definitionLevels: [2, 2, 1, 0, 2], repetitionLevels: [0, 1, 0, 0, 0])
        let values = LeafColumn(
            .int64([1, 3]), definitionLevels: [3, 2, 1, 0, 3], repetitionLevels: [0, 1, 0, 0, 0])
        #expect(schema.leaves.map(\.name) == ["tags.list.element", "notes.key_value.key", "notes.key_value.value"])
        try expectRoundTrip(schema, [tags, keys, values], Self.optionSets[options])
    }

    @Test
    func dictionaryColumnComesBackAsCodesAndAsBytes() throws {
        let schema = try ParquetSchema([.string("user_id")])
        let codes = (0..<10_000).map { UInt32($0 * 7 % 30) }
        let values = ByteArrayColumn((0..<30).map { "user-\($0)" })
        let file = try write(schema, [LeafColumn(.dictionary(codes: codes, values: values))], WriterOptions())
        let reader = try ParquetFileReader(MemorySource(file))
        let stored = try reader.readColumn(rowGroup: 0, named: "user_id")
        #expect(stored.values == .dictionary(codes: codes, values: values))
        let plain = try reader.readColumn(rowGroup: 0, named: "user_id", byteArrays: .plain)
        #expect(plain.values == .texts(codes.map { "user-\($0)" }))
    }

    @Test
    func plainColumnCanBeReadAsADictionary() throws {
        var options = WriterOptions()
        options.usesDictionaries = false
        let texts = (0..<500).map { "t\($0 % 17)" }
        let file = try write(ParquetSchema([.string("t")]), [LeafColumn(.texts(texts))], options)
        let column = try ParquetFileReader(MemorySource(file)).readColumn(
            rowGroup: 0, column: 0, byteArrays: .dictionary)
        guard case .dictionary(_, let values) = column.values else {
            Issue.record("not a dictionary")
            return
        }
        #expect(values.count == 17)
        #expect(column.values.texts == texts)
    }

    @Test
    func valuesOfACallersDictionaryThatNoRowUsesAreLeftOut() throws {
        let values = ByteArrayColumn((0..<1000).map { "track-\($0)" })
        let codes = (0..<2000).map { UInt32(900 + $0 % 3) }
        let schema = try ParquetSchema([.string("t")])
        let file = try write(schema, [LeafColumn(.dictionary(codes: codes, values: values))], WriterOptions())
        let column = try ParquetFileReader(MemorySource(file)).readColumn(rowGroup: 0, column: 0)
        guard case .dictionary(_, let kept) = column.values else {
            Issue.record("not a dictionary")
            return
        }
        #expect(kept.texts == ["track-900", "track-901", "track-902"])
        #expect(column.values.texts == codes.map { "track-\($0)" })
    }

    @Test
    func wrongColumnsAreRefused() throws {
        let schema = try ParquetSchema([.int32("a"), .string("b", .optional)])
        func writing(_ columns: [LeafColumn]) throws { _ = try write(schema, columns, WriterOptions()) }
        let texts = LeafColumn(.texts(["x", "y"]))
        #expect(throws: ParquetError.self) { try writing([texts]) }
        #expect(throws: ParquetError.self) { try writing([LeafColumn(.int64([1, 2])), texts]) }
        #expect(throws: ParquetError.self) { try writing([LeafColumn(.int32([1])), texts]) }
        #expect(throws: ParquetError.self) { try writing([LeafColumn(.int32([1]), validity: [true, false]), texts]) }
        let wild = ColumnValues.dictionary(codes: [0, 5], values: ByteArrayColumn(["x"]))
        #expect(throws: ParquetError.self) { try writing([LeafColumn(.int32([1, 2])), LeafColumn(wild)]) }
    }

    @Test
    func statisticsTellLeastGreatestAndNulls() throws {
        let schema = try ParquetSchema([.int64("n", .optional), .string("s"), .double("d")])
        let long = String(repeating: "ü", count: 100)
        let columns = [
            LeafColumn(.int64([5, -3]), validity: [true, false, true]), LeafColumn(.texts(["b", long, "a"])),
            LeafColumn(.double([.nan, 0, -1])),
        ]
        let file = try write(schema, columns, WriterOptions())
        let chunks = try ParquetFileReader(MemorySource(file)).metadata.rowGroups[0].columns
        #expect(chunks[0].statistics?.nullCount == 1)
        #expect(chunks[0].statistics?.minimumValue(of: schema.leaves[0]) == .int64(-3))
        #expect(chunks[0].statistics?.maximumValue(of: schema.leaves[0]) == .int64(5))
        #expect(chunks[1].statistics?.minimumValue(of: schema.leaves[1]) == .bytes(Array("a".utf8)))
        // Nothing but "ü" begins the greatest string, and only ASCII characters are raised: no short bound.
        #expect(chunks[1].statistics?.maximum == nil)
        #expect(chunks[2].statistics?.minimumValue(of: schema.leaves[2]) == .double(-1))
        #expect(chunks[2].statistics?.maximumValue(of: schema.leaves[2]) == .double(0))
    }
}
