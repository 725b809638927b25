/// `Benchmarks NAME --option value …`: one JSON line a run, the peers' field names.
@main
struct EntryPoint {
    /// Every benchmark: one line each, alphabetical by command.
    static let benchmarks: [any Benchmark.Type] = [
        ALSBenchmark.self,
        FoldInBenchmark.self,
        HTTPBenchmark.self,
        IngestBenchmark.self,
        IVFBenchmark.self,
        ParquetBenchmark.self,
        ServingBenchmark.self,
        SimilarBenchmark.self,
        SimulationBenchmark.self,
        TrainingBenchmark.self,
    ]

    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        guard let command = words.first, command != "--help", command != "-h" else {
            StandardStream.output.write(help())
            return
        }
        guard let benchmark = benchmarks.first(where: { $0.command == command }) else {
            StandardStream.error.write("Benchmarks: there is no '\(command)'.\n\(help())")
            exitProcess(2)
        }
        do {
            let options = words.dropFirst()
            if options.contains("--help") {
                StandardStream.output.write(help(of: benchmark))
                return
            }
            try benchmark.run(Arguments(options, allowed: benchmark.options))
        } catch {
            StandardStream.error.write("Benchmarks \(command): \(error)\n")
            exitProcess(1)
        }
    }

    private static func help() -> String {
        var text =
            "Benchmarks NAME [--option value …]: each prints one JSON line. Benchmarks NAME --help lists options.\n"
        for benchmark in benchmarks { text += "  \(benchmark.command): \(benchmark.summary)\n" }
        return text
    }

    private static func help(of benchmark: any Benchmark.Type) -> String {
        var text = "Benchmarks \(benchmark.command): \(benchmark.summary)\n"
        for option in benchmark.options { text += "  --\(option.name): \(option.summary)\n" }
        return text
    }
}
