/// One measurement that the `Benchmarks` executable offers; listed in `EntryPoint.benchmarks`.
protocol Benchmark: SendableMetatype {
    /// First word of the command line.
    static var command: String { get }
    /// One sentence for `--help`.
    static var summary: String { get }
    /// Every option it takes.
    static var options: [BenchmarkOption] { get }
    /// Measures and prints one JSON line (`JSONLine.print`).
    static func run(_ arguments: Arguments) throws
}

/// An option of a benchmark, `--name value`.
struct BenchmarkOption {
    let name: String
    let summary: String

    init(_ name: String, _ summary: String) {
        self.name = name
        self.summary = summary
    }
}

/// What a benchmark stops with: one sentence for a person.
struct BenchmarkError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
