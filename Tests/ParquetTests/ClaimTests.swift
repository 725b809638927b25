import Parquet
import TestSupport
import Testing

/// What a file claims to hold is held against what its bytes can hold before memory is asked for.
struct ClaimTests {
    @Test
    func aPageThatClaimsTwoGibibytesIsRefusedBeforeMemoryIsAskedFor() async {
        await #expect(processExitsWith: .success) {
            // With this limit memory for what is claimed cannot be had: the process would end.
            let limits = DamageLimits()
            let file = try ClaimTests.forgedSnappyFile()
            let reader = try ParquetFileReader(MemorySource(file))
            let error = #expect(throws: ParquetError.self) { try reader.readColumn(rowGroup: 0, column: 0) }
            #expect(error?.code == .limitExceeded)
            limits.expectKept()
        }
    }

    /// A sound file, but for a page whose header and Snappy preamble both tell 2^31 - 1 bytes. The checksum makes place for
    /// the longer number, and the compressed size, spelled with idle bytes, takes what is over.
    private static func forgedSnappyFile() throws -> [UInt8] {
        var options = WriterOptions()
        options.usesDictionaries = false
        options.usesDeltas = false
        options.writesPageIndex = false
        let values = (0..<2000).map { Int32($0 % 3) }
        var file = try write(ParquetSchema([.int32("n")]), [LeafColumn(.int32(values))], options)
        let reader = try ParquetFileReader(MemorySource(file))
        let body = try #require(try reader.pageBodies(rowGroup: 0, column: 0).first)
        // PAR1, then: type, uncompressed size, compressed size, checksum, each a field header and a varint.
        var rest = file[4..<body.lowerBound]
        func takeField() -> [UInt8] {
            let end = rest.dropFirst().firstIndex { $0 < 0x80 } ?? rest.endIndex - 1
            defer { rest = rest[(end + 1)...] }
            return Array(rest[rest.startIndex...end])
        }
        let type = takeField()
        let uncompressed = takeField()
        var compressed = takeField()
        let checksum = takeField()
        try #require([type, uncompressed, compressed, checksum].allSatisfy { $0[0] == 0x15 } && rest.first == 0x1c)
        let claim: [UInt8] = [0xfe, 0xff, 0xff, 0xff, 0x0f]  // zigzag of 2^31 - 1
        let spare = uncompressed.count + checksum.count - 1 - claim.count
        try #require(spare > 0)
        compressed[compressed.count - 1] |= 0x80
        compressed += [UInt8](repeating: 0x80, count: spare - 1) + [0]
        // Without the checksum the page's own header, field 5, comes two numbers behind field 3.
        let header = type + [0x15] + claim + compressed + [0x2c] + rest.dropFirst()
        try #require(header.count == body.lowerBound - 4)
        file.replaceSubrange(4..<body.lowerBound, with: header)
        file.replaceSubrange(body.lowerBound..<body.lowerBound + 5, with: [0xff, 0xff, 0xff, 0xff, 0x07])
        return file
    }

    @Test
    func stringsRepeatedBeyondWhatTheFileJustifiesAreHandedOutAsCodesOnly() throws {
        let values = ByteArrayColumn([String(repeating: "x", count: 1000)])
        let codes = [UInt32](repeating: 0, count: 100_000)
        let schema = try ParquetSchema([.string("s")])
        let file = try write(schema, [LeafColumn(.dictionary(codes: codes, values: values))], WriterOptions())
        let reader = try ParquetFileReader(MemorySource(file))
        let error = #expect(throws: ParquetError.self) {
            try reader.readColumn(rowGroup: 0, column: 0, byteArrays: .plain)
        }
        #expect(error?.code == .limitExceeded)
        let stored = try reader.readColumn(rowGroup: 0, column: 0, byteArrays: .dictionary)
        #expect(stored.values == .dictionary(codes: codes, values: values))
        var options = ReadOptions()
        options.freeByteArrayByteCount = 200 << 20
        let generous = try ParquetFileReader(MemorySource(file), options: options)
        let spelled = try generous.readColumn(rowGroup: 0, column: 0, byteArrays: .plain)
        #expect(spelled.values.count == codes.count)
    }

    @Test
    func moreValuesThanTheFileJustifiesAreRefused() throws {
        let schema = try ParquetSchema([.int32("n")])
        let file = try write(schema, [LeafColumn(.int32([Int32](repeating: 7, count: 100_000)))], WriterOptions())
        var options = ReadOptions()
        options.freeValueCount = 1000
        options.maximumValuesPerByte = 1
        let strict = try ParquetFileReader(MemorySource(file), options: options)
        let error = #expect(throws: ParquetError.self) { try strict.readColumn(rowGroup: 0, column: 0) }
        #expect(error?.code == .limitExceeded)
        #expect(try ParquetFileReader(MemorySource(file)).readColumn(rowGroup: 0, column: 0).rowCount == 100_000)
    }
}
