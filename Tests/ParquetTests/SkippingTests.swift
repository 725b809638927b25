import Parquet
import Synchronization
import TestSupport
import Testing

/// Row groups and pages that a range excludes are neither read nor decoded.
struct SkippingTests {
    private static let rowCount = 10_000

    /// Ascending times in four row groups of 2500 rows and pages of 250.
    private static func makeFile() throws -> [UInt8] {
        let schema = try ParquetSchema([.int64("time"), .string("name"), .int64("value", .optional)])
        var options = WriterOptions()
        options.rowGroupRowLimit = 2500
        options.pageSlotLimit = 250
        let rows = 0..<rowCount
        return try write(
            schema,
            [
                LeafColumn(.int64(rows.map { Int64($0) * 10 })), LeafColumn(.texts(rows.map { "n\($0 % 40)" })),
                LeafColumn(.int64(rows.filter { $0 % 3 > 0 }.map { Int64($0) }), validity: rows.map { $0 % 3 > 0 }),
            ], options)
    }

    @Test
    func rowGroupsAndPagesOutsideOfARangeAreLeftOut() throws {
        let reader = try ParquetFileReader(MemorySource(Self.makeFile()))
        let range = ColumnRange("time", from: .int64(30_000), through: .int64(32_499))
        #expect(try reader.rowGroups(mayHold: range) == [1])
        #expect(try reader.rows(ofRowGroup: 1, mayHold: range) == [500..<750])
        #expect(try reader.rows(ofRowGroup: 0, mayHold: range) == [])
        #expect(try reader.rowGroups(mayHold: ColumnRange("time", from: .int64(200_000))) == [])
        #expect(try reader.rowGroups(mayHold: ColumnRange("time", through: .int64(25_000))) == [0, 1])
        #expect(throws: ParquetError.self) { try reader.rowGroups(mayHold: ColumnRange("time", from: .text("x"))) }
        #expect(throws: ParquetError.self) { try reader.rowGroups(mayHold: ColumnRange("nothing")) }
    }

    @Test
    func rowsOfEveryColumnAreThoseOfTheWholeColumn() throws {
        let reader = try ParquetFileReader(MemorySource(Self.makeFile()))
        for rows in [0..<2500, 0..<1, 2499..<2500, 249..<251, 500..<750, 777..<1333, 5..<5] {
            let times = try reader.readColumn(rowGroup: 1, named: "time", rows: rows)
            #expect(times.values == .int64(rows.map { Int64($0 + 2500) * 10 }))
            let names = try reader.readColumn(rowGroup: 1, named: "name", rows: rows)
            #expect(names.values.texts == rows.map { "n\(($0 + 2500) % 40)" })
            let values = try reader.readColumn(rowGroup: 1, named: "value", rows: rows)
            #expect(values.optionalIntegers == rows.map { ($0 + 2500) % 3 > 0 ? Int64($0 + 2500) : nil })
        }
    }

    @Test
    func aDamagedPageOutsideOfTheRowsIsNotDecoded() throws {
        var file = try Self.makeFile()
        let reader = try ParquetFileReader(MemorySource(file))
        let column = try #require(reader.schema.leaf("name")).index
        let bodies = try reader.pageBodies(rowGroup: 1, column: column)
        #expect(bodies.count == 11)
        // The dictionary page comes first, so this is the page of the rows 750 to 999.
        file[bodies[4].lowerBound + 3] ^= 0xff
        let damaged = try ParquetFileReader(MemorySource(file))
        #expect(throws: ParquetError.self) { try damaged.readColumn(rowGroup: 1, named: "name") }
        #expect(throws: ParquetError.self) { try damaged.readColumn(rowGroup: 1, named: "name", rows: 700..<800) }
        let before = try damaged.readColumn(rowGroup: 1, named: "name", rows: 500..<750)
        #expect(before.values.texts == (500..<750).map { "n\(($0 + 2500) % 40)" })
        let behind = try damaged.readColumn(rowGroup: 1, named: "name", rows: 1000..<2500)
        #expect(behind.rowCount == 1500)
    }

    @Test
    func onlyThePagesOfTheRowsAreRead() throws {
        let source = CountingSource(try Self.makeFile())
        let reader = try ParquetFileReader(source)
        let opened = source.readByteCount
        _ = try reader.readColumn(rowGroup: 2, named: "name", rows: 250..<500)
        let some = source.readByteCount - opened
        _ = try reader.readColumn(rowGroup: 2, named: "name")
        let all = source.readByteCount - opened - some
        #expect(some * 2 < all, "\(some) bytes for a tenth of the rows, \(all) for all")
    }
}

/// A file in memory that counts what is read of it.
private final class CountingSource: ParquetSource {
    let name = "counting"
    let byteCount: Int
    private let file: MemorySource
    private let count = Atomic<Int>(0)

    init(_ bytes: [UInt8]) {
        file = MemorySource(bytes)
        byteCount = bytes.count
    }

    var readByteCount: Int { count.load(ordering: .relaxed) }

    func withBytes<Result>(in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        count.add(range.count, ordering: .relaxed)
        return try file.withBytes(in: range, body)
    }
}
