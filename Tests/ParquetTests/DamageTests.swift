import Foundation
import Parquet
import TestSupport
import Testing

/// Damaged files end in an error or in data, within time and memory.
///
/// Each test runs in a process of its own: a crash is that process's, and so are its memory and its clock.
struct DamageTests {
    @Test
    func everyTruncationIsAnError() async {
        await #expect(processExitsWith: .success) {
            let limits = DamageLimits()
            for file in try DamageCorpus.files() {
                for count in 0..<file.bytes.count {
                    let outcome = file.read(Array(file.bytes[..<count]), limits)
                    #expect(outcome == .error, "\(file.name) cut to \(count) bytes")
                }
            }
            limits.expectKept()
        }
    }

    @Test
    func aHundredThousandFlippedBytesAreAnErrorOrData() async {
        await #expect(processExitsWith: .success) {
            let limits = DamageLimits()
            var random = SeededRandomNumberGenerator(seed: 20_261_121)
            let files = try DamageCorpus.files()
            var errors = 0
            for number in 0..<100_000 {
                let file = files[number % files.count]
                var bytes = file.bytes
                let place = Int.random(in: bytes.indices, using: &random)
                let flip = UInt8.random(in: 1...255, using: &random)
                bytes[place] ^= flip
                let outcome = file.read(bytes, limits)
                if outcome == .error { errors += 1 }
                guard file.isChecksummed, file.isInPageBody(place) else { continue }
                #expect(outcome == .error, "\(file.name): byte \(place) ^ \(flip) passes its page's checksum")
            }
            // The seed is fixed, so is what it finds: most bytes of a file matter.
            #expect(errors > 30_000)
            limits.expectKept()
        }
    }

    @Test
    func severalDamagedBytesAreAnErrorOrData() async {
        await #expect(processExitsWith: .success) {
            let limits = DamageLimits()
            var random = SeededRandomNumberGenerator(seed: 4)
            let files = try DamageCorpus.files()
            for number in 0..<10_000 {
                let file = files[number % files.count]
                var bytes = file.bytes
                // The footer is what everything else is found by.
                let tail = max(0, bytes.count - 1500)..<bytes.count - 8
                for _ in 0..<Int.random(in: 2...6, using: &random) {
                    bytes[Int.random(in: tail, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                _ = file.read(bytes, limits)
            }
            limits.expectKept()
        }
    }
}

/// What reading a file came to.
enum DamageOutcome {
    case error
    /// The right data, or other data.
    case data
}

/// Small files of every kind: ours, and those of other engines.
enum DamageCorpus {
    static func files() throws -> [DamagedFile] {
        var files: [DamagedFile] = []
        for (number, options) in RoundTripTests.optionSets.enumerated() {
            var random = SeededRandomNumberGenerator(seed: UInt64(number))
            let flat = SampleColumns.flat(rowCount: 60, using: &random)
            files.append(
                try DamagedFile("flat-\(number)", write(SampleColumns.flatSchema(), flat, options), options))
            let nested = try SampleColumns.nested(repeating: 3)
            files.append(try DamagedFile("nested-\(number)", write(nested.schema, nested.columns, options), options))
        }
        for name in ForeignFileTests.fixtures {
            let data = try Data(contentsOf: Repository.fixtures.appendingPathComponent(name))
            files.append(try DamagedFile(name, Array(data), nil))
        }
        return files
    }
}

/// A sound file that damage is done to.
struct DamagedFile {
    let name: String
    let bytes: [UInt8]
    /// Whether every page carries a checksum.
    let isChecksummed: Bool
    private let bodies: [Range<Int>]

    init(_ name: String, _ bytes: [UInt8], _ options: WriterOptions?) throws {
        self.name = name
        self.bytes = bytes
        isChecksummed = options?.writesChecksums ?? false
        let reader = try ParquetFileReader(MemorySource(bytes))
        bodies = try reader.metadata.rowGroups.indices.flatMap { group in
            try reader.schema.leaves.flatMap { try reader.pageBodies(rowGroup: group, column: $0.index) }
        }
    }

    func isInPageBody(_ place: Int) -> Bool { bodies.contains { $0.contains(place) } }

    /// Reads a row by the page index.
    private func readSome(_ reader: ParquetFileReader, _ group: Int, _ leaf: SchemaLeaf) throws {
        let rowCount = reader.metadata.rowGroups[group].rowCount
        guard leaf.maximumRepetitionLevel == 0, rowCount > 0 else { return }
        let rows = try reader.rows(ofRowGroup: group, mayHold: ColumnRange(leaf.name))
        #expect(rows.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= rowCount })
        _ = try reader.readColumn(rowGroup: group, named: leaf.name, rows: rowCount / 2..<rowCount / 2 + 1)
    }

    /// Reads everything there is, in every form.
    func read(_ bytes: [UInt8], _ limits: DamageLimits) -> DamageOutcome {
        limits.measuring(name) {
            do {
                let reader = try ParquetFileReader(MemorySource(bytes))
                for group in reader.metadata.rowGroups.indices {
                    for leaf in reader.schema.leaves {
                        for form in [ReadOptions.ByteArrayForm.asStored, .dictionary, .plain] {
                            if form != .asStored, leaf.type != .byteArray { continue }
                            _ = try reader.readColumn(rowGroup: group, column: leaf.index, byteArrays: form)
                        }
                        try readSome(reader, group, leaf)
                    }
                    _ = try reader.readRecords(rowGroup: group)
                }
                return .data
            } catch is ParquetError {
                return .error
            } catch {
                Issue.record("\(name): \(error) is no ParquetError")
                return .error
            }
        }
    }
}

/// Time and memory of a process that reads damaged files.
final class DamageLimits {
    private static let secondsPerFile = 2.0
    private static let megabytes = 256.0
    private var slowest = 0.0

    /// Sets the clock that ends a process that hangs.
    init() {
        // What a reader asks for and does not touch counts as well: the process gets no more than this besides what it
        // has.
        var limit = rlimit()
        limit.rlim_cur = rlim_t((Self.status("VmData:") + Self.megabytes) * 1024 * 1024)
        limit.rlim_max = limit.rlim_cur
        #expect(setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit) == 0)
        alarm(300)
    }

    func measuring<Result>(_ name: String, _ body: () -> Result) -> Result {
        let start = Self.processorSeconds()
        let result = body()
        let seconds = Self.processorSeconds() - start
        slowest = max(slowest, seconds)
        #expect(seconds < Self.secondsPerFile, "\(name) took \(seconds) s")
        return result
    }

    func expectKept() {
        let peak = Self.status("VmHWM:")
        #expect(peak < Self.megabytes, "the process held \(peak) MiB")
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        guard clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return 0 }
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// A line of /proc/self/status, in MiB.
    private static func status(_ field: String) -> Double {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(field) }
        return line.flatMap { $0.split(separator: " ").dropFirst().first.flatMap { Double($0) } }.map { $0 / 1024 }
            ?? .nan
    }
}
