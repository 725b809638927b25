import Foundation
import Learning
import ServiceKit

/// `Benchmarks ivf`: the inverted-file index on raw vectors, to be compared with `bench_ann.py` on the same ones.
enum IVFBenchmark: Benchmark {
    static let command = "ivf"
    static let summary = "builds items.ivf from STEM.f32 and measures recall, speed, size and opening"
    static let options = [
        BenchmarkOption("items", "stem of the item vectors, e.g. data/ann/items_1m"),
        BenchmarkOption("queries", "stem of the query vectors"),
        BenchmarkOption("query-rows", "raw int32 file: rows of the queries to measure with; the others calibrate"),
        BenchmarkOption("truth", "raw int32 file: exact best items of each measured query, 100 a query"),
        BenchmarkOption("k", "items asked for (10)"),
        BenchmarkOption("build-threads", "threads of the build (2)"),
        BenchmarkOption("nlist", "lists (chosen by the builder)"),
        BenchmarkOption(
            "sweep", "slacks to measure, parted by commas; 'exact' is one (those for recall 0.95, 0.99, 0.999)"),
        BenchmarkOption("singles", "queries of the one-at-a-time pass (2000)"),
        BenchmarkOption("repeat", "passes, of which the median is told (3)"),
        BenchmarkOption("seed", "seed of the clustering (1)"),
        BenchmarkOption("keep", "path: where to leave the index file"),
    ]

    static func run(_ arguments: Arguments) throws {
        let data = try IVFBenchmarkData(arguments)
        var options = IVFIndexBuilder.Options()
        options.listCount = try arguments.string("nlist").map { _ in try arguments.integer("nlist", default: 0) }
        options.threadCount = try arguments.integer("build-threads", default: 2)
        options.seed = UInt64(try arguments.integer("seed", default: 1))
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("segue-ivf-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer {
            do {
                try FileManager.default.removeItem(at: folder)
            } catch {
                StandardStream.error.write("cannot remove \(folder.path): \(error)\n")
            }
        }
        let path = arguments.string("keep") ?? folder.appendingPathComponent("items.ivf").path
        let pool = WorkerPool(threadCount: options.threadCount)
        let items = data.items(pool: pool)
        let (seconds, report) = try Stopwatch.seconds {
            try IVFIndexBuilder(options: options).build(items, to: path, queries: data.calibration)
        }
        var line = JSONLine(bench: "ann")
        line.set("isa", "\(InstructionSet.current)")
        line.set("n", items.ids.count)
        line.set("dims", items.dimension)
        line.set("k", data.k)
        line.set("nlist", report.listCount)
        line.set("largest_list", report.largestList)
        line.set("build_threads", pool.threadCount)
        line.set("build_s", seconds)
        for (part, duration) in report.durations {
            line.set("build_\(part.replacingOccurrences(of: " ", with: "_"))_s", duration.secondCount)
        }
        line.set("file_mb", Double(report.byteCount) / 1e6, digits: 2)
        line.set("file_ratio", Double(report.byteCount) / Double(items.vectors.count * 4))
        try measure(path, data, arguments, into: &line)
        line.set("peak_rss_mb", MeasuredProcess.peakResidentMegabytes(), digits: 1)
        line.print()
    }

    private static func measure(
        _ path: String, _ data: IVFBenchmarkData, _ arguments: Arguments, into line: inout JSONLine
    ) throws {
        let repeats = max(1, try arguments.integer("repeat", default: 3))
        let loads = try (0..<5).map { _ in
            try Stopwatch.seconds { _ = try IVFIndex(path: path, verification: .structure) }.seconds
        }
        line.set("load_s", Stopwatch.median(loads), digits: 6)
        let index = try IVFIndex(path: path, verification: .structure)
        line.set("verify_s", try Stopwatch.seconds { try index.verify() }.seconds)
        let run = IVFBenchmarkRun(
            index: index, data: data, repeats: repeats, singles: try arguments.integer("singles", default: 2000))
        line.set("estimates", .list([0.9, 0.95, 0.98, 0.99].map { .object(run.estimate(recall: $0)) }))
        let sweep = try parameters(arguments, index: index, k: data.k)
        line.set("sweep", .list(sweep.map { .object(run.point($0)) }))
    }

    private static func parameters(_ arguments: Arguments, index: IVFIndex, k: Int) throws -> [IVFSearchParameters] {
        guard let text = arguments.string("sweep") else {
            return [0.95, 0.99, 0.999].map { index.calibration.parameters(recall: $0, k: k) }
        }
        return try text.split(separator: ",").map { word in
            guard word != "exact" else { return .exact }
            guard let slack = Float(word), slack >= 0 else {
                throw BenchmarkError("--sweep has '\(word)', which is neither a slack nor 'exact'.")
            }
            return IVFSearchParameters(slack: slack)
        }
    }
}

/// Vectors, queries and the exact answers.
struct IVFBenchmarkData {
    let k: Int
    let dimension: Int
    /// Row-major item vectors.
    let vectors: [Float]
    /// Row-major queries that are measured.
    let queries: [Float]
    /// Row-major queries that calibrate; none of the measured ones where the files allow.
    let calibration: [Float]
    /// Whether the first measured queries also calibrate; estimates are then judged on the others.
    let calibrationOverlap: Int
    /// The best `k` rows of each measured query.
    let truth: [Set<Int32>]

    var queryCount: Int { queries.count / dimension }

    init(_ arguments: Arguments) throws {
        k = try arguments.integer("k", default: 10)
        let itemStem = try arguments.required("items")
        let queryStem = try arguments.required("queries")
        dimension = try Self.dimension(stem: itemStem)
        guard try Self.dimension(stem: queryStem) == dimension, k > 0, k <= 100 else {
            throw BenchmarkError("items and queries must have one dimension, and k must be 1 to 100.")
        }
        vectors = try RawMatrix.numbers(itemStem + ".f32")
        let all: [Float] = try RawMatrix.numbers(queryStem + ".f32")
        if let path = arguments.string("query-rows") {
            let rows: [Int32] = try RawMatrix.numbers(path)
            let measured = Set(rows)
            queries = Self.gather(all, rows.map(Int.init), dimension)
            let others = (0..<all.count / dimension).filter { !measured.contains(Int32($0)) }
            calibration = Self.gather(all, others, dimension)
            calibrationOverlap = 0
        } else {
            queries = all
            calibrationOverlap = min(2000, all.count / dimension / 2)
            calibration = Array(all.prefix(calibrationOverlap * dimension))
        }
        let flat: [Int32] = try RawMatrix.numbers(arguments.required("truth"))
        let width = flat.count / (queries.count / dimension)
        guard width * (queries.count / dimension) == flat.count, width >= k else {
            throw BenchmarkError("the truth file has \(flat.count) numbers for \(queries.count / dimension) queries.")
        }
        let k = self.k
        truth = (0..<queries.count / dimension).map { Set(flat[$0 * width..<$0 * width + k]) }
    }

    /// The items with their row numbers as ids.
    func items(pool: WorkerPool) -> IVFItems {
        let rows = vectors.count / dimension
        let factors = FactorMatrix(rows: rows, factors: dimension)
        for row in 0..<rows { factors.setRow(row, to: vectors[row * dimension..<(row + 1) * dimension]) }
        return IVFItems(
            ids: (0..<rows).map(String.init), vectors: vectors, dimension: dimension,
            gram: GramMatrix(of: factors, pool: pool), regularization: 0.01, alpha: 40, modelVersion: "benchmark")
    }

    private static func gather(_ all: [Float], _ rows: [Int], _ dimension: Int) -> [Float] {
        var gathered: [Float] = []
        gathered.reserveCapacity(rows.count * dimension)
        for row in rows { gathered += all[row * dimension..<(row + 1) * dimension] }
        return gathered
    }

    private static func dimension(stem: String) throws -> Int {
        let header = try Data(contentsOf: URL(fileURLWithPath: stem + ".json"))
        guard let object = try JSONSerialization.jsonObject(with: header) as? [String: Any],
            let dimension = object["dims"] as? Int, dimension > 0
        else { throw BenchmarkError("\(stem).json names no dims.") }
        return dimension
    }
}
