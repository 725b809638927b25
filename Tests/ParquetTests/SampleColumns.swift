import Parquet
import TestSupport
import Testing

/// Columns of every type with every shape of values: constant, ascending, random, repeating, null.
enum SampleColumns {
    static func flatSchema() throws -> ParquetSchema {
        try ParquetSchema([
            .boolean("flag", .optional), .int32("small"), .int64("time", .optional), .float("ratio"),
            .double("score", .optional), .string("name", .optional), .string("constant"), .bytes("unique"),
            .int32("wild"), .int64("wide"), .string("coded", .optional),
            SchemaField("fixed", .optional, .leaf(.fixedLengthByteArray, length: 5)),
        ])
    }

    static func flat(rowCount: Int, using random: inout SeededRandomNumberGenerator) -> [LeafColumn] {
        let rows = 0..<rowCount
        let ascending = rows.map { 1_735_689_600_000 + Int64($0) * 775 }
        let texts = rows.map { "name-\($0 * $0 % 23)" }
        let codes = rows.map { UInt32($0 / 50 % 9) }
        return [
            nullable(rows.map { _ in Bool.random(using: &random) }, using: &random) { .boolean($0) },
            LeafColumn(.int32(rows.map { Int32($0 % 11) - 5 })),
            nullable(ascending, using: &random) { .int64($0) },
            LeafColumn(.float(rows.map { Float($0) / 3 })),
            nullable(rows.map { Double($0 % 4) }, using: &random) { .double($0) },
            nullable(texts, using: &random) { .texts($0) },
            LeafColumn(.texts(rows.map { _ in "listen" })),
            LeafColumn(.texts(rows.map { "\($0)-\(UInt64.random(in: 0...(.max), using: &random))" })),
            LeafColumn(.int32(rows.map { _ in Int32.random(in: .min ... .max, using: &random) })),
            LeafColumn(.int64(rows.map { _ in Int64.random(in: .min ... .max, using: &random) })),
            nullable(codes, using: &random) {
                .dictionary(codes: $0, values: ByteArrayColumn((0..<9).map { "value \($0)" }))
            },
            nullable(rows.map { String("abcde\($0 % 1000)00000".suffix(5)) }, using: &random) { .texts($0) },
        ]
    }

    private static func nullable<Value>(
        _ values: [Value], using random: inout SeededRandomNumberGenerator, _ make: ([Value]) -> ColumnValues
    ) -> LeafColumn {
        let validity = values.map { _ in UInt8.random(in: 0..<10, using: &random) > 0 }
        return LeafColumn(make(zip(values, validity).filter(\.1).map(\.0)), validity: validity)
    }
}

/// Writes columns to a file in memory.
func write(_ schema: ParquetSchema, _ columns: [LeafColumn], _ options: WriterOptions) throws -> [UInt8] {
    let sink = MemorySink()
    let writer = try ParquetFileWriter(schema: schema, options: options, sink: sink)
    try writer.write(columns)
    try writer.close()
    #expect(writer.byteCount == sink.bytes.count)
    return sink.bytes
}

/// Writes and reads columns and expects them to be the same.
func expectRoundTrip(
    _ schema: ParquetSchema, _ columns: [LeafColumn], _ options: WriterOptions,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let reader = try ParquetFileReader(MemorySource(try write(schema, columns, options)))
    #expect(reader.schema == schema, sourceLocation: sourceLocation)
    #expect(reader.metadata.rowCount == columns[0].rowCount, sourceLocation: sourceLocation)
    for leaf in schema.leaves {
        let chunks = try reader.metadata.rowGroups.indices.map {
            ComparableColumn(try reader.readColumn(rowGroup: $0, column: leaf.index), leaf)
        }
        let read = ComparableColumn(joining: chunks)
        #expect(
            read == ComparableColumn(columns[leaf.index], leaf), "column \(leaf.name)", sourceLocation: sourceLocation)
    }
}

/// A column in a form that does not depend on dictionaries or on levels that are left out.
struct ComparableColumn: Equatable {
    var values: [String] = []
    var definitionLevels: [UInt8] = []
    var repetitionLevels: [UInt8] = []

    init(_ column: LeafColumn, _ leaf: SchemaLeaf) {
        values = Self.spell(column.values)
        definitionLevels =
            column.definitionLevels ?? [UInt8](repeating: UInt8(leaf.maximumDefinitionLevel), count: column.slotCount)
        repetitionLevels = column.repetitionLevels ?? [UInt8](repeating: 0, count: column.slotCount)
    }

    init(joining chunks: [ComparableColumn]) {
        for chunk in chunks {
            values += chunk.values
            definitionLevels += chunk.definitionLevels
            repetitionLevels += chunk.repetitionLevels
        }
    }

    static func spell(_ values: ColumnValues) -> [String] {
        switch values {
        case .boolean(let values): values.map { "\($0)" }
        case .int32(let values): values.map { "\($0)" }
        case .int64(let values): values.map { "\($0)" }
        case .float(let values): values.map { "\($0)" }
        case .double(let values): values.map { "\($0)" }
        case .byteArrays, .dictionary: values.texts ?? []
        }
    }
}

extension SampleColumns {
    /// Rows of a schema with lists, maps, structures and lists of lists.
    static func records() throws -> (schema: ParquetSchema, rows: [[RecordValue]]) {
        let schema = try ParquetSchema([
            .int32("id"),
            .list("tags", .optional, of: .string("item", .optional)),
            .map("notes", .optional, key: .string("k"), value: .int64("v", .optional)),
            .structure("point", .optional, [.int32("x", .optional), .string("y", .optional)]),
            .list("deep", .optional, of: .list("inner", .optional, of: .int32("n", .optional))),
        ])
        func numbers(_ values: [Int32?]) -> RecordValue { .list(values.map { $0.map { .int32($0) } ?? .null }) }
        let rows: [[RecordValue]] = [
            [
                .int32(1), .list([.text("a"), .null]), .map([(.text("x"), .int64(1)), (.text("y"), .null)]),
                .group([.int32(1), .text("p")]), .list([numbers([1, 2]), numbers([]), .null]),
            ],
            [.int32(2), .null, .map([]), .null, .null],
            [.int32(3), .list([]), .null, .group([.null, .text("q")]), .list([])],
            [
                .int32(4), .list([.text("b")]), .map([(.text("z"), .int64(3))]), .group([.int32(4), .null]),
                .list([.null]),
            ],
            [
                .int32(5), .list([.text("c"), .text("d")]), .null, .group([.null, .null]),
                .list([numbers([]), numbers([nil, 5])]),
            ],
        ]
        return (schema, rows)
    }

    /// The same rows as columns, many times over.
    static func nested(repeating count: Int = 100) throws -> (schema: ParquetSchema, columns: [LeafColumn]) {
        let (schema, rows) = try records()
        var shredder = RecordShredder(schema: schema)
        for _ in 0..<count { for row in rows { try shredder.append(row) } }
        return (schema, shredder.columns)
    }
}
