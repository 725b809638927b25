import Foundation
import Learning

/// `Benchmarks similar`: the most similar items of all items.
enum SimilarBenchmark: Benchmark {
    static let command = "similar"
    static let summary = "finds the most similar rows of all rows of STEM.f32 by cosine"
    static let options = [
        BenchmarkOption("items", "stem of the vectors, e.g. what `als --save` wrote with _items"),
        BenchmarkOption("k", "neighbours a row (50)"),
        BenchmarkOption("threads", "threads (2)"),
        BenchmarkOption("repeat", "passes, of which the median is told (3)"),
    ]

    static func run(_ arguments: Arguments) throws {
        let items = try RawMatrix.readFactors(stem: arguments.required("items"))
        let pool = WorkerPool(threadCount: try arguments.integer("threads", default: 2))
        let count = try arguments.integer("k", default: 50)
        let runs = try (0..<max(1, arguments.integer("repeat", default: 3))).map { _ in
            try Stopwatch.seconds { try SimilarItems(of: items, count: count, pool: pool) }
        }
        let seconds = Stopwatch.median(runs.map(\.seconds))
        let flops = 2 * Double(items.rows) * Double(items.rows) * Double(items.factors)
        var line = JSONLine(bench: "similar")
        line.set("isa", "\(InstructionSet.current)")
        line.set("rows", items.rows)
        line.set("dims", items.factors)
        line.set("k", count)
        line.set("threads", pool.threadCount)
        line.set("all_s", seconds)
        line.set("gflops", flops / seconds * 1e-9, digits: 1)
        line.set("lists_full", (0..<items.rows).count { runs[0].result[$0].count == count })
        line.set("peak_rss_mb", MeasuredProcess.peakResidentMegabytes(), digits: 1)
        line.print()
    }
}

/// `Benchmarks foldin`: a listener's vector out of a handful of listens, one at a time on one thread.
enum FoldInBenchmark: Benchmark {
    static let command = "foldin"
    static let summary = "folds listeners into the items of STEM.f32 and explains a score"
    static let options = [
        BenchmarkOption("items", "stem of the vectors, e.g. what `als --save` wrote with _items"),
        BenchmarkOption("listens", "listens of a listener, parted by commas (5,20,100)"),
        BenchmarkOption("calls", "listeners folded in (20000)"),
        BenchmarkOption("regularization", "lambda (0.01)"),
        BenchmarkOption("alpha", "confidence a unit adds (40)"),
    ]

    static func run(_ arguments: Arguments) throws {
        let items = try RawMatrix.readFactors(stem: arguments.required("items"))
        var options = ALSOptions()
        options.factors = items.factors
        options.regularization = try arguments.double("regularization", default: 0.01)
        options.alpha = try arguments.double("alpha", default: 40)
        let calls = max(1, try arguments.integer("calls", default: 20_000))
        let pool = WorkerPool(threadCount: 1)
        let (setUp, foldIn) = try Stopwatch.seconds { try FoldIn(items: items, options: options, pool: pool) }
        var line = JSONLine(bench: "foldin")
        line.set("isa", "\(InstructionSet.current)")
        line.set("rows", items.rows)
        line.set("dims", items.factors)
        line.set("setup_s", setUp)
        for text in (arguments.string("listens") ?? "5,20,100").split(separator: ",") {
            guard let count = Int(text), count > 0 else { throw BenchmarkError("--listens holds '\(text)'.") }
            try measure(foldIn, items: items.rows, listens: count, calls: calls, into: &line)
        }
        line.print()
    }

    private static func measure(
        _ foldIn: FoldIn, items: Int, listens count: Int, calls: Int, into line: inout JSONLine
    ) throws {
        let scratch = FoldIn.Scratch(for: foldIn, listens: count)
        var target = [Float](repeating: 0, count: foldIn.factors)
        var marks: [Double] = []
        marks.reserveCapacity(calls)
        var next: UInt64 = 1
        for _ in 0..<calls {
            let listens = (0..<count).map { _ in
                // Knuth's linear congruential generator: any spread over the items will do.
                next = next &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return FoldIn.Listen(item: Int32(truncatingIfNeeded: Int(next >> 33) % items), confidence: 2)
            }
            let seconds = try listens.withUnsafeBufferPointer { listens in
                try target.withUnsafeMutableBufferPointer { target in
                    try Stopwatch.seconds { try foldIn.fold(listens, scratch: scratch, into: target) }.seconds
                }
            }
            marks.append(seconds * 1e6)
        }
        marks.sort()
        line.set("p50_us_\(count)", marks[calls / 2], digits: 1)
        line.set("p99_us_\(count)", marks[calls * 99 / 100], digits: 1)
        let listens = (0..<count).map { FoldIn.Listen(item: Int32($0 * 7 % items), confidence: 2) }
        let repeats = 1_000
        let explained = try Stopwatch.seconds {
            for item in 0..<repeats {
                _ = try foldIn.contributions(to: Int32(item % items), listens: listens, scratch: scratch)
            }
        }
        line.set("because_us_\(count)", explained.seconds / Double(repeats) * 1e6, digits: 1)
    }
}
