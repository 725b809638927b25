import Foundation
import Learning

/// `Benchmarks als`: implicit ALS on a raw CSR matrix, to be compared with `bench_als.py` on the same one.
enum ALSBenchmark: Benchmark {
    static let command = "als"
    static let summary = "trains implicit ALS on STEM.{indptr.i64,indices.i32,data.f32} and times each iteration"
    static let options = [
        BenchmarkOption("matrix", "stem of the matrix files, e.g. data/M/train"),
        BenchmarkOption("factors", "latent factors (64)"),
        BenchmarkOption("regularization", "lambda (0.01)"),
        BenchmarkOption("regularization-exponent", "nu of frequency-scaled regularisation (0)"),
        BenchmarkOption("alpha", "confidence a unit of the matrix adds (40)"),
        BenchmarkOption("iterations", "iterations (15)"),
        BenchmarkOption("threads", "threads (2)"),
        BenchmarkOption("seed", "seed of the first factors (1)"),
        BenchmarkOption("solver", "exact or cg (cg)"),
        BenchmarkOption("steps", "conjugate gradient steps a row (default of the library)"),
        BenchmarkOption("target", "objective: also print the seconds after which it was reached"),
        BenchmarkOption("trace", "print the objective and the seconds of each iteration"),
        BenchmarkOption("save", "stem: writes STEM_users.f32/.json and STEM_items.f32/.json"),
    ]

    static func run(_ arguments: Arguments) throws {
        let options = try trainingOptions(arguments)
        let pool = WorkerPool(threadCount: try arguments.integer("threads", default: 2))
        let matrix = try RawMatrix.read(stem: arguments.required("matrix"))
        let before = MeasuredProcess.residentMegabytes()
        MeasuredProcess.resetPeak()
        var objectives: [Double] = []
        var marks: [Double] = []
        let clock = ContinuousClock()
        let start = clock.now
        let (seconds, model) = try Stopwatch.seconds {
            try ALSTrainer(options: options, pool: pool).train(matrix) { progress in
                objectives.append(progress.objective)
                let elapsed = start.duration(to: clock.now).components
                marks.append(Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18)
                return .proceed
            }
        }
        let peak = MeasuredProcess.peakResidentMegabytes()
        var line = JSONLine(bench: "als")
        line.set("matrix_nnz", matrix.count)
        line.set("isa", "\(InstructionSet.current)")
        line.set("solver", "\(options.solver)")
        line.set("factors", options.factors)
        line.set("threads", pool.threadCount)
        line.set("iters", objectives.count)
        line.set("reg", options.regularization, digits: 6)
        line.set("alpha", options.alpha, digits: 3)
        line.set("fit_s", seconds)
        report(marks, objectives, total: seconds, into: &line)
        line.set("rss_before_mb", before, digits: 1)
        line.set("peak_rss_mb", peak, digits: 1)
        if let target = arguments.string("target").flatMap(Double.init) {
            let reached = objectives.firstIndex { $0 <= target }
            line.set("target_s", reached.map { marks[$0] } ?? .nan)
            line.set("target_iters", reached.map { $0 + 1 } ?? 0)
        }
        if arguments.has("trace") {
            line.set("losses", .list(objectives.map { .number($0, digits: 1) }))
            line.set("seconds", .list(marks.map { .number($0, digits: 4) }))
        }
        if let stem = arguments.string("save") {
            try RawMatrix.write(model.userFactors, stem: stem + "_users")
            try RawMatrix.write(model.itemFactors, stem: stem + "_items")
        }
        line.print()
    }

    private static func report(_ marks: [Double], _ objectives: [Double], total: Double, into line: inout JSONLine) {
        // The first iteration's mark holds the set-up too.
        let later = zip(marks.dropFirst(), marks).map { $0 - $1 }
        line.set("sec_per_iter_median", Stopwatch.median(later.isEmpty ? marks : later))
        line.set("setup_s", total - (later.isEmpty ? total : Stopwatch.median(later) * Double(marks.count)))
        line.set("loss", objectives.last ?? .nan, digits: 1)
    }

    private static func trainingOptions(_ arguments: Arguments) throws -> ALSOptions {
        var options = ALSOptions()
        options.factors = try arguments.integer("factors", default: 64)
        options.regularization = try arguments.double("regularization", default: 0.01)
        options.regularizationExponent = try arguments.double("regularization-exponent", default: 0)
        options.alpha = try arguments.double("alpha", default: 40)
        options.iterations = try arguments.integer("iterations", default: 15)
        options.seed = UInt64(clamping: try arguments.integer("seed", default: 1))
        switch arguments.string("solver") ?? "cg" {
        case "exact", "chol": options.solver = .exact
        case "cg": options.solver = .conjugateGradient(steps: try arguments.integer("steps", default: 3))
        case let other: throw BenchmarkError("--solver is '\(other)', not exact or cg.")
        }
        return options
    }
}
