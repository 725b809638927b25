import Foundation
import Parquet

/// The measurements of `Benchmarks parquet` on one file.
struct ParquetBenchmarkRun {
    let data: ParquetBenchmarkData
    let options: WriterOptions
    let path: String
    let repetitions: Int
    let isMapped: Bool
    /// Names of the measurements to take; nil: all.
    let only: Set<String>?

    /// Writes and reads, checks that what is read is what was written, and sets the fields.
    func measure(into line: inout JSONLine) throws {
        if only != nil { try write(data.codes) }
        try measureWriting(data.codes, "write_codes", "write_codes_file_bytes", into: &line)
        try measureWriting(data.strings, "write", "file_bytes", into: &line)
        if only == nil { try check() }
        let two = try ["track_id", "duration"].map { name in
            guard let leaf = data.schema.leaf(name) else { throw BenchmarkError("there is no column \(name).") }
            return leaf.index
        }
        let all = Array(data.schema.leaves.indices)
        try measure("read2", into: &line) { try read(two, .plain) }
        try measure("read2_codes", into: &line) { try read(two, .dictionary) }
        try measure("read_all", into: &line) { try read(all, .plain) }
        try measure("read_all_codes", into: &line) { try read(all, .dictionary) }
        let count = try median { try makeReader().metadata.rowCount }
        line.set("count_s", count.seconds, digits: 6)
    }

    private func measureWriting(
        _ columns: [LeafColumn], _ name: String, _ sizeName: String, into line: inout JSONLine
    ) throws {
        try measure(name, into: &line, before: { try? FileManager.default.removeItem(atPath: path) }) {
            try write(columns)
        }
        if only?.contains(name) ?? true { line.set(sizeName, try fileByteCount()) }
    }

    private func write(_ columns: [LeafColumn]) throws {
        // The peers do not wait for the disk, so neither does the benchmark; `FileSink.close` would.
        let writer = try ParquetFileWriter(schema: data.schema, options: options, sink: FileSink(path: path))
        try writer.write(columns)
        try writer.close()
    }

    private func read(_ columns: [Int], _ form: ReadOptions.ByteArrayForm) throws -> [LeafColumn] {
        let reader = try makeReader()
        var held: [LeafColumn] = []
        for group in reader.metadata.rowGroups.indices {
            for column in columns {
                held.append(try reader.readColumn(rowGroup: group, column: column, byteArrays: form))
            }
        }
        return held
    }

    private func makeReader() throws -> ParquetFileReader {
        isMapped ? try ParquetFileReader(MappedFileSource(path: path)) : try ParquetFileReader(FileSource(path: path))
    }

    private func fileByteCount() throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.size] as? NSNumber)?.intValue ?? 0
    }

    /// A benchmark of wrong results measures nothing.
    private func check() throws {
        let reader = try makeReader()
        for leaf in data.schema.leaves {
            var groups: [ColumnValues] = []
            for group in reader.metadata.rowGroups.indices {
                groups.append(
                    try reader.readColumn(rowGroup: group, column: leaf.index, byteArrays: .plain).values)
            }
            guard Self.joined(groups) == data.strings[leaf.index].values else {
                throw BenchmarkError("column \(leaf.name) does not come back as it was written.")
            }
        }
    }

    private static func joined(_ groups: [ColumnValues]) -> ColumnValues {
        var integers: [Int32] = []
        var longs: [Int64] = []
        var bytes: [UInt8] = []
        var offsets: [UInt32] = [0]
        for group in groups {
            switch group {
            case .int32(let values): integers += values
            case .int64(let values): longs += values
            case .byteArrays(let column):
                let start = UInt32(bytes.count)
                bytes += column.bytes
                offsets += column.offsets.dropFirst().lazy.map { $0 + start }
            default: break
            }
        }
        if !integers.isEmpty { return .int32(integers) }
        if !longs.isEmpty { return .int64(longs) }
        return .byteArrays(ByteArrayColumn(bytes: bytes, offsets: offsets))
    }

    // MARK: time

    private func measure<Result>(
        _ name: String, into line: inout JSONLine, before: () -> Void = {}, _ body: () throws -> Result
    ) throws {
        guard only?.contains(name) ?? true else { return }
        let (seconds, noise) = try median(before: before, body)
        line.set("\(name)_s", seconds)
        line.set("\(name)_rows_s", Double(data.rowCount) / seconds, digits: 0)
        line.set("\(name)_noise", noise, digits: 2)
    }

    /// The median of the repetitions, and how many processors others kept busy meanwhile.
    private func median<Result>(
        before: () -> Void = {}, _ body: () throws -> Result
    ) throws -> (seconds: Double, noise: Double) {
        let noise = OtherProcesses()
        var times: [Double] = []
        for _ in 0..<max(1, repetitions) {
            before()
            times.append(try Stopwatch.seconds(body).seconds)
        }
        return (Stopwatch.median(times), noise.busyProcessors)
    }
}

/// How busy others keep the machine from `init` on, as the peers' kit tells it.
private struct OtherProcesses {
    private let start = Self.times()
    private let clock = ContinuousClock.now

    var busyProcessors: Double {
        let now = Self.times()
        let elapsed = clock.duration(to: .now).components
        let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
        return max(0, (now.machine - start.machine) - (now.own - start.own)) / max(seconds, 1e-9)
    }

    /// Processor seconds of the whole machine and of this process.
    private static func times() -> (machine: Double, own: Double) {
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        let text = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8)) ?? ""
        let fields = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().compactMap { Double($0) }
        // user nice system idle iowait irq softirq
        let machine = fields.count < 7 ? 0 : (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / ticks
        var usage = timespec()
        guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &usage) == 0 else { return (machine, 0) }
        return (machine, Double(usage.tv_sec) + Double(usage.tv_nsec) * 1e-9)
    }
}
