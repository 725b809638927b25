import Foundation
import Learning
import TestSupport
import Testing

/// A damaged, cut or foreign file is refused, or gives the right answers; and nothing crashes, checked or not.
struct IVFDamageTests {
    private let directory: TemporaryDirectory
    private let path: String
    private let original: [UInt8]
    private let queries: [[Float]]

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.path("items.ivf")
        var data = ClumpedItems(count: 60, dimension: 6, clumps: 5)
        var options = IVFIndexBuilder.Options()
        options.listCount = 5
        options.calibrationQueryLimit = 40
        options.threadCount = 1
        try IVFIndexBuilder(options: options).build(data.items(), to: path)
        original = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        queries = (0..<2).map { _ in data.query() }
    }

    /// A file that is changed in place; every index opened on it is gone before the next change.
    private final class Patient {
        private let handle: FileHandle
        private let original: [UInt8]
        let path: String

        init(_ original: [UInt8], at path: String) throws {
            try Data(original).write(to: URL(fileURLWithPath: path))
            handle = try #require(FileHandle(forUpdatingAtPath: path))
            self.original = original
            self.path = path
        }

        func with(_ bytes: [UInt8], at offset: Int, _ body: () throws -> Void) throws {
            try handle.seek(toOffset: UInt64(offset))
            try handle.write(contentsOf: bytes)
            try body()
            try handle.seek(toOffset: UInt64(offset))
            try handle.write(contentsOf: original[offset..<min(original.count, offset + bytes.count)])
        }

        deinit { handle.closeFile() }
    }

    /// Everything a reader does, as text.
    private func answers(_ index: IVFIndex) -> String {
        let scratch = SearchScratch()
        var text =
            "\(index.modelVersion) \(index.regularization) \(index.alpha) \(index.targetRecall) \(index.gram.values)"
        for query in queries {
            let odd = SearchFilter { !$0.isMultiple(of: 2) }
            for hits in [
                index.search(query: query, k: 5), index.search(query: query, k: 3, parameters: .exact),
                index.search(query: query, k: 4, parameters: IVFSearchParameters(slack: 0.2), filter: odd),
            ] {
                text += " | " + hits.map { "\(index.id(of: $0.item)) \($0.score)" }.joined(separator: ",")
            }
        }
        index.neighbors(of: Int32(index.count / 2), k: 4, scratch: scratch)
        text += " ~ " + scratch.hits.map { "\($0.item) \($0.score)" }.joined(separator: ",")
        for id in ["track-0", "track-59", "track-60", ""] { text += " \(index.item(forID: id) ?? -1)" }
        text += " \(index.id(of: 0)) \(index.vector(of: Int32(index.count - 1)))"
        return text + " \(index.facts().listSizes)"
    }

    @Test func everyTruncationIsRefused() throws {
        for length in 0..<original.count {
            let cut = directory.path("cut.ivf")
            try Data(original[..<length]).write(to: URL(fileURLWithPath: cut))
            let error = #expect(throws: LearningError.self) { try IVFIndex(path: cut, verification: .structure) }
            #expect(error?.code == .corrupt)
        }
    }

    @Test func bytesAfterTheEndAreRefused() throws {
        let long = try directory.write("long.ivf", original + [0])
        #expect(throws: LearningError.self) { try IVFIndex(path: long, verification: .structure) }
    }

    /// Each of the parts changes its own copy of the file; together they make a hundred thousand flips.
    @Test(arguments: 0..<8) func everyFlippedBitIsRefusedOrHarmless(part: Int) throws {
        var generator = SeededRandomNumberGenerator(seed: UInt64(part))
        let patient = try Patient(original, at: directory.path("flip-\(part).ivf"))
        let right = answers(try IVFIndex(path: path))
        var refused = 0
        for _ in 0..<12_500 {
            let offset = Int(generator.next() % UInt64(original.count))
            let flipped = original[offset] ^ UInt8(1 << (generator.next() % 8))
            try patient.with([flipped], at: offset) {
                do {
                    let index = try IVFIndex(path: patient.path)
                    #expect(answers(index) == right, "bit of byte \(offset) changed the answers unnoticed")
                } catch let error as LearningError {
                    #expect(error.code == .corrupt)
                    refused += 1
                }
            }
        }
        #expect(refused > 11_000, "only \(refused) of 12500 flips were noticed; the rest must be padding")
    }

    @Test func uncheckedSectionsMayLieButNeverCrash() throws {
        var generator = SeededRandomNumberGenerator(seed: 99)
        let patient = try Patient(original, at: directory.path("unchecked.ivf"))
        let right = answers(try IVFIndex(path: path))
        for _ in 0..<3_000 {
            let offset = Int(generator.next() % UInt64(original.count - 4))
            let noise = withUnsafeBytes(of: generator.next()) { Array($0.prefix(4)) }
            try patient.with(noise, at: offset) {
                do {
                    let index = try IVFIndex(path: patient.path, verification: .structure)
                    let found = answers(index)
                    if found != right { #expect(throws: LearningError.self) { try index.verify() } }
                } catch let error as LearningError {
                    #expect(error.code == .corrupt)
                }
            }
        }
    }

    @Test func headerThatLiesWithARightChecksumIsRefusedOrHarmless() throws {
        let entryCount = Int(original[44])
        let tableEnd = 64 + entryCount * 24
        let extremes: [UInt64] = [0, 1, 2, 59, 61, 64, 4096, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, .max, .max - 63]
        for offset in stride(from: 8, to: tableEnd, by: 4) where offset != 48 {
            for value in extremes {
                for width in [4, 8] where offset + width <= tableEnd {
                    var bytes = original
                    withUnsafeBytes(of: value) {
                        bytes.replaceSubrange(offset..<offset + width, with: $0.prefix(width))
                    }
                    bytes.replaceSubrange(48..<52, with: [0, 0, 0, 0])
                    withUnsafeBytes(of: crc32c(bytes[..<tableEnd])) { bytes.replaceSubrange(48..<52, with: $0) }
                    let liar = try directory.write("liar.ivf", bytes)
                    do {
                        _ = answers(try IVFIndex(path: liar, verification: .structure))
                    } catch let error as LearningError {
                        #expect(error.code == .corrupt)
                    }
                }
            }
        }
    }

    /// Bit by bit, RFC 3720: an oracle that shares nothing with the code under test.
    private func crc32c(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var state = UInt32.max
        for byte in bytes {
            state ^= UInt32(byte)
            for _ in 0..<8 { state = state & 1 == 1 ? (state >> 1) ^ 0x82F6_3B78 : state >> 1 }
        }
        return ~state
    }

    @Test func refusalsSayWhatIsWrong() throws {
        func reason(_ bytes: [UInt8]) throws -> String {
            let file = try directory.write("wrong.ivf", bytes)
            return #expect(throws: LearningError.self) { try IVFIndex(path: file) }?.reason ?? ""
        }
        #expect(try reason(Array("PAR1 something else entirely".utf8)).contains("not an index file"))
        #expect(try reason([]).contains("is empty"))
        var other = original
        other[8] = 9
        #expect(try reason(other).contains("format version 9"))
        other = original
        other.replaceSubrange(12..<16, with: [0x0A, 0x0B, 0x0C, 0x0D])
        #expect(try reason(other).contains("byte order"))
        other = original
        let index = try IVFIndex(path: path)
        let vectors = try #require(index.facts().sections.first { $0.name == "vectors" })
        other[vectors.offset + 5] ^= 1
        #expect(try reason(other).contains("the vectors of"))
        #expect(throws: LearningError.self) { try IVFIndex(path: directory.path) }
        let missing = #expect(throws: LearningError.self) { try IVFIndex(path: directory.path("missing.ivf")) }
        #expect(missing?.code == .file)
    }

    @Test func manyThreadsSearchWhileIndexesComeAndGo() throws {
        let right = answers(try IVFIndex(path: path))
        let path = self.path
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            do {
                var index = try IVFIndex(path: path)
                for round in 0..<40 {
                    #expect(answers(index) == right)
                    if round % 4 == thread % 4 { index = try IVFIndex(path: path, verification: .structure) }
                }
            } catch {
                Issue.record(error)
            }
        }
        let shared = try IVFIndex(path: path)
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            for _ in 0..<40 { #expect(answers(shared) == right) }
        }
    }
}
