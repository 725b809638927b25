import Foundation
import ServiceKit
import TestSupport
import Testing

@Suite struct DelimitedTextReaderTests {
    private func records(_ bytes: [UInt8], _ dialect: TextDialect = .csv) throws -> [[String?]] {
        try withTemporaryDirectory { directory in
            let reader = try DelimitedTextReader(path: try directory.write("f", bytes), dialect: dialect)
            var records: [[String?]] = []
            while try reader.next() { records.append((0..<reader.fieldCount).map { reader.text(of: $0) }) }
            return records
        }
    }

    private func records(_ text: String, _ dialect: TextDialect = .csv) throws -> [[String?]] {
        try records(Array(text.utf8), dialect)
    }

    @Test func quotesLineEndsAndByteOrderMarksAreRead() throws {
        #expect(
            try records("\u{feff}a,b\r\n1,\"x, \"\"y\"\"\r\nz\"\r\n\r\n,\n3,in\"side\n4,\"a\"tail") == [
                ["a", "b"], ["1", "x, \"y\"\r\nz"], ["", ""], ["3", "in\"side"], ["4", "atail"],
            ])
        #expect(try records("") == [])
        #expect(try records("\n\r\n\n") == [])
        #expect(try records("a\n\"\"\n") == [["a"]])
        #expect(try records("last,\"q\"") == [["last", "q"]])
    }

    @Test func otherDelimitersAreReadAndTabsLeaveQuotesAlone() throws {
        #expect(try records("1::Toy: Story::A:\n", TextDialect(delimiter: "::")) == [["1", "Toy: Story", "A:"]])
        #expect(try records("\"a\tb\"\n", .tsv) == [["\"a", "b\""]])
        #expect(try records("1|2||4\n", TextDialect(delimiter: "|")) == [["1", "2", "", "4"]])
    }

    @Test func latin1IsReadAndWrongUTF8IsNil() throws {
        let bytes: [UInt8] = [0x43, 0x61, 0x66, 0xe9, 0x2c, 0x78, 0x0a]
        #expect(try records(bytes) == [[nil, "x"]])
        #expect(try records(bytes, TextDialect(delimiter: ",", encoding: .latin1)) == [["Café", "x"]])
    }

    @Test func numbersAreReadExactly() throws {
        try withTemporaryDirectory { directory in
            let path = try directory.write(
                "n", "9223372036854775807,-5,,1x,9223372036854775808,-,4.5,1e400,99999999999999999999\n")
            let reader = try DelimitedTextReader(path: path, dialect: .csv)
            #expect(try reader.next())
            #expect((0..<9).map { reader.integer(of: $0) } == [.max, -5, nil, nil, nil, nil, nil, nil, nil])
            #expect(reader.number(of: 6) == 4.5 && reader.number(of: 7) == nil && reader.number(of: 2) == nil)
        }
    }

    @Test func linesAreCountedThroughQuotedLineEnds() throws {
        try withTemporaryDirectory { directory in
            let reader = try DelimitedTextReader(path: try directory.write("f", "a\n\"b\nb\"\n\nc\n"), dialect: .csv)
            var lines: [Int] = []
            while try reader.next() { lines.append(reader.line) }
            #expect(lines == [1, 2, 5])
        }
    }

    @Test func anOversizedRecordIsAProblemAndTheNextIsRead() throws {
        try withTemporaryDirectory { directory in
            let big = String(repeating: "x", count: 100_000)
            let path = try directory.write("f", "a,1\n\(big),2\nb,\"\(big)\nc,3\nd,\"open")
            let dialect = TextDialect(delimiter: ",", quote: "\"", recordByteLimit: 1000)
            let reader = try DelimitedTextReader(path: path, dialect: dialect)
            var seen: [(Int, Bool)] = []
            while try reader.next() { seen.append((reader.line, reader.problem != nil)) }
            #expect(seen.map(\.0) == [1, 2, 3, 4, 5])
            #expect(seen.map(\.1) == [false, true, true, false, true])
        }
    }

    @Test func gzipIsReadInSeveralMembersAndBlocks() throws {
        var lines = ""
        for number in 0..<50_000 { lines += "\(number),row \(number)\n" }
        try withTemporaryDirectory { directory in
            let path = try directory.write("f.csv", lines)
            try gzip(path, to: directory.path("one.gz"))
            let member = try Data(contentsOf: URL(fileURLWithPath: directory.path("one.gz")))
            try (member + member).write(to: URL(fileURLWithPath: directory.path("two.gz")))
            let reader = try DelimitedTextReader(path: directory.path("two.gz"), dialect: .csv)
            var count: Int64 = 0
            while try reader.next() {
                #expect(reader.integer(of: 0) == count % 50_000)
                count += 1
            }
            #expect(count == 100_000)
            #expect(reader.readByteCount == Int64(member.count * 2))
            // Cut off and damaged.
            let cut = try directory.write("cut.gz", Array(member.dropLast(20)))
            var damaged = Array(member)
            damaged[damaged.count / 2] ^= 0xff
            for path in [cut, try directory.write("damaged.gz", damaged)] {
                let error = #expect(throws: ServiceKitError.self) {
                    let reader = try DelimitedTextReader(path: path, dialect: .csv)
                    while try reader.next() {}
                }
                #expect(error?.reason.contains(path) == true)
            }
        }
    }

    private func gzip(_ path: String, to target: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "gzip -c '\(path)' > '\(target)'"]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    @Test func whatIsNoFileIsRefused() {
        #expect(throws: ServiceKitError.self) { try ByteSource(path: "/nowhere") }
        let error = #expect(throws: ServiceKitError.self) { try ByteSource(path: "/tmp") }
        #expect(error?.reason == "cannot read /tmp: Is a directory")
    }
}
