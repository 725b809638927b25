import Foundation
import Parquet

/// Writes and reads the lake's schema on one thread, beside what pyarrow, DuckDB and Polars do with the same rows.
///
/// As with the peers a write goes from columns in memory to a closed file in the page cache, and a read hands out all the
/// rows of its columns, held until the clock has stopped.
enum ParquetBenchmark: Benchmark {
    static let command = "parquet"
    static let summary = "rows a second written and read, from the events of a Parquet file"
    static let options = [
        BenchmarkOption("events", "Parquet file with the columns of the lake (the kit's data/M/events.parquet)"),
        BenchmarkOption("rows", "take the first so many rows (10000000)"),
        BenchmarkOption("row-group", "rows a row group (1000000)"),
        BenchmarkOption("repeat", "runs of each measurement, the median counts (3)"),
        BenchmarkOption("compression", "snappy, zstd or none (snappy)"),
        BenchmarkOption("source", "mapped, or read by pread (mapped)"),
        BenchmarkOption("threads", "1: a file is written and read by the thread that asks"),
        BenchmarkOption("only", "measurements to run, parted by commas: write_codes,write,read2,… (all)"),
        BenchmarkOption("keep", "file: leaves what was written there"),
    ]

    static func run(_ arguments: Arguments) throws {
        guard try arguments.integer("threads", default: 1) == 1 else {
            throw BenchmarkError("--threads is 1: the library starts no threads of its own.")
        }
        let rowLimit = try arguments.integer("rows", default: 10_000_000)
        let data = try ParquetBenchmarkData(path: arguments.required("events"), rowLimit: rowLimit)
        var options = WriterOptions()
        options.rowGroupRowLimit = try arguments.integer("row-group", default: 1_000_000)
        options.compression = try compression(arguments)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("segue-parquet-\(getpid())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let run = ParquetBenchmarkRun(
            data: data, options: options, path: folder.appendingPathComponent("x.parquet").path,
            repetitions: try arguments.integer("repeat", default: 3), isMapped: try isMapped(arguments),
            only: arguments.string("only").map { Set($0.split(separator: ",").map(String.init)) })
        var line = JSONLine(bench: command)
        line.set("rows", data.rowCount)
        line.set("threads", 1)
        line.set("row_group", options.rowGroupRowLimit)
        try run.measure(into: &line)
        line.set("peak_rss_mb", MeasuredProcess.peakResidentMegabytes(), digits: 1)
        line.print()
        if let kept = arguments.string("keep") {
            try? FileManager.default.removeItem(atPath: kept)
            try FileManager.default.copyItem(atPath: run.path, toPath: kept)
        }
    }

    private static func compression(_ arguments: Arguments) throws -> WriterOptions.Compression {
        switch arguments.string("compression") ?? "snappy" {
        case "snappy": return .snappy
        case "zstd": return .zstd()
        case "none": return .uncompressed
        case let other: throw BenchmarkError("--compression is '\(other)', not snappy, zstd or none.")
        }
    }

    private static func isMapped(_ arguments: Arguments) throws -> Bool {
        switch arguments.string("source") ?? "mapped" {
        case "mapped": return true
        case "read": return false
        case let other: throw BenchmarkError("--source is '\(other)', not mapped or read.")
        }
    }
}
