import Foundation
import ServiceKit
import TestSupport
import Testing

@Suite struct FilesTests {
    // RFC 3720 §B.4.
    @Test(
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8a91_36aa), ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
            (Array(0..<32), 0x46dd_794e), (Array((0..<32).reversed()), 0x113f_db5c),
            (Array("123456789".utf8), 0xe306_9283),
            ([], 0),
        ] as [([UInt8], UInt32)])
    func checksumsAreThoseOfTheStandard(_ bytes: [UInt8], _ expected: UInt32) {
        #expect(CRC32C.checksum(bytes) == expected)
    }

    @Test func checksumsInPiecesEqualTheWhole() {
        var generator = SeededRandomNumberGenerator(seed: 9)
        let bytes = (0..<1000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for cut in 0...67 {
            var checksum = CRC32C()
            checksum.update(Array(bytes[..<cut]))
            checksum.update(Array(bytes[cut...]))
            #expect(checksum.value == CRC32C.checksum(bytes))
        }
    }

    @Test func aFileIsReplacedWholeAndNothingStaysAside() throws {
        try withTemporaryDirectory { directory in
            let path = directory.path("model.bin")
            try AtomicFile.write(text: "old", to: path)
            try AtomicFile.write(text: "new and longer", to: path)
            #expect(try AtomicFile.read(path) == Array("new and longer".utf8))
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["model.bin"])
        }
    }

    @Test func aFailedWriteNamesThePathAndLeavesTheOldFile() throws {
        try withTemporaryDirectory { directory in
            let path = directory.path("missing/model.bin")
            let error = #expect(throws: ServiceKitError.self) { try AtomicFile.write(text: "x", to: path) }
            #expect(error?.code == .system)
            #expect(error?.reason.contains("missing/model.bin") == true)
            #expect(error?.reason.contains("No such file or directory") == true)
            // A folder in the way of the rename.
            let folder = directory.path("folder")
            try FileManager.default.createDirectory(atPath: folder + "/full", withIntermediateDirectories: true)
            #expect(throws: ServiceKitError.self) { try AtomicFile.write(text: "x", to: folder) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["folder"])
        }
    }

    @Test func aFileLargerThanTheLimitIsRefused() throws {
        try withTemporaryDirectory { directory in
            let path = try directory.write("big", [UInt8](repeating: 1, count: 100_000))
            #expect(try AtomicFile.read(path, limit: 100_000).count == 100_000)
            #expect(throws: ServiceKitError.self) { try AtomicFile.read(path, limit: 99_999) }
        }
    }

    @Test func jsonStringsAreEscapedAndReadBack() throws {
        let text = "quote \" slash \\ tab \t null \u{0} del \u{7f} Nguyễn 🎵 \u{2028}"
        let read = try JSONDecoder().decode([String].self, from: Data("[\(JSONText.string(text))]".utf8))
        #expect(read == [text])
        #expect(JSONText.string("\n\u{1}") == "\"\\n\\u0001\"")
    }

    @Test func jsonNumbersAreExact() {
        func integer(_ value: Int64) -> String {
            var buffer: [UInt8] = []
            JSONText.appendInteger(value, to: &buffer)
            return String(decoding: buffer, as: UTF8.self)
        }
        for value in [0, 7, -1, 10, .max, .min] as [Int64] { #expect(integer(value) == "\(value)") }
        var buffer: [UInt8] = []
        JSONText.appendDouble(0.1, to: &buffer)
        JSONText.appendDouble(.nan, to: &buffer)
        #expect(String(decoding: buffer, as: UTF8.self) == "0.1null")
    }
}
