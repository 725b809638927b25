import Parquet
import Testing

/// Rows with nesting, to levels and back.
struct RecordTests {
    @Test
    func recordsComeBackFromAFile() throws {
        let (schema, rows) = try SampleColumns.records()
        var shredder = RecordShredder(schema: schema)
        for row in rows { try shredder.append(row) }
        let file = try write(schema, shredder.columns, WriterOptions())
        let reader = try ParquetFileReader(MemorySource(file))
        #expect(try reader.readRecords(rowGroup: 0) == rows)
        let projected = try reader.readRecords(rowGroup: 0, fields: ["notes"])
        #expect(projected == rows.map { [$0[2]] })
    }

    @Test
    func levelsAreThoseOfTheDremelPaper() throws {
        // The document of Melnik et al., figure 2: Links { repeated Backward, repeated Forward }, repeated Name.
        let schema = try ParquetSchema([
            .int64("DocId"),
            .structure(
                "Links", .optional, [.int64("Backward", .repeated), .int64("Forward", .repeated)]),
            .structure(
                "Name", .repeated,
                [
                    .structure("Language", .repeated, [.string("Code"), .string("Country", .optional)]),
                    .string("Url", .optional),
                ]),
        ])
        func language(_ code: String, _ country: String?) -> RecordValue {
            .group([.text(code), country.map { .text($0) } ?? .null])
        }
        var shredder = RecordShredder(schema: schema)
        try shredder.append([
            .int64(10), .group([.repeated([]), .repeated([.int64(20), .int64(40), .int64(60)])]),
            .repeated([
                .group([.repeated([language("en-us", "us"), language("en", nil)]), .text("http://A")]),
                .group([.repeated([]), .text("http://B")]),
                .group([.repeated([language("en-gb", "gb")]), .null]),
            ]),
        ])
        try shredder.append([
            .int64(20), .group([.repeated([.int64(10), .int64(30)]), .repeated([.int64(80)])]),
            .repeated([.group([.repeated([]), .text("http://C")])]),
        ])
        // Figure 3 of the paper.
        func levels(_ name: String) -> [[UInt8]] {
            let column = schema.leaf(name).map { shredder.columns[$0.index] }
            return [column?.repetitionLevels ?? [], column?.definitionLevels ?? []]
        }
        #expect(levels("Name.Url") == [[0, 1, 1, 0], [2, 2, 1, 2]])
        #expect(levels("Links.Forward") == [[0, 1, 1, 0], [2, 2, 2, 2]])
        #expect(levels("Links.Backward") == [[0, 0, 1], [1, 2, 2]])
        #expect(levels("Name.Language.Code") == [[0, 2, 1, 1, 0], [2, 2, 1, 2, 1]])
        #expect(levels("Name.Language.Country") == [[0, 2, 1, 1, 0], [3, 2, 1, 3, 1]])
    }

    @Test
    func valuesThatDoNotFitAreRefused() throws {
        let schema = try ParquetSchema([.int32("a"), .list("b", of: .string("x"))])
        var shredder = RecordShredder(schema: schema)
        #expect(throws: ParquetError.self) { try shredder.append([.int64(1), .list([])]) }
        #expect(throws: ParquetError.self) { try shredder.append([.int32(1), .list([.null])]) }
        #expect(throws: ParquetError.self) { try shredder.append([.int32(1)]) }
    }

    @Test
    func contradictingLevelsAreAnErrorAndNoTrap() throws {
        let schema = try ParquetSchema([.structure("g", .repeated, [.int32("a"), .int32("b")])])
        let two = LeafColumn(.int32([1, 2]), definitionLevels: [1, 1], repetitionLevels: [0, 1])
        let one = LeafColumn(.int32([1]), definitionLevels: [1, 0], repetitionLevels: [0, 0])
        var assembler = try RecordAssembler(schema: schema, columns: [two, one])
        #expect(throws: ParquetError.self) { while try assembler.next() != nil {} }
    }
}
