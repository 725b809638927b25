import Learning
import ServiceKit
import Training

extension EvaluateCommand {
    static let cold = OptionalOption<Int>(
        "cold", in: 1...100, valueName: "K", absence: "not measured",
        "Measures instead what folding in K songs is worth, for listeners held out of training and for known ones.")
    /// Share of the listeners held out, and again of those who are told new songs.
    private static let coldShare = 0.1

    /// Listens the comparison works on, weighted.
    static func measureCold(
        _ matrix: SparseMatrix, data: String, listens: Int, options: TrainingOptions, cutoffs: [Int], asJSON: Bool,
        until stop: StopSignal
    ) throws {
        let comparison = try ColdStartComparison.measure(
            matrix, options: options, share: coldShare, listens: listens, cutoffs: cutoffs, until: stop)
        if asJSON { return try Output.json(ColdReport(comparison, data: data)) }
        print(data)
        print(
            "\(HumanText.count(comparison.coldUsers)) listeners held out of training, "
                + "\(HumanText.count(comparison.knownUsers)) known ones with new songs; \(listens) songs of each folded in"
        )
        for (index, cutoff) in cutoffs.enumerated() {
            var table = Table([("@\(cutoff)", .left), ("ndcg", .right), ("recall", .right), ("hit-rate", .right)])
            for result in comparison.results {
                let named = Dictionary(
                    uniqueKeysWithValues: result.metrics[index].named.map { ($0.name, $0.estimate) })
                table.append(
                    [result.subject.rawValue]
                        + ["ndcg", "recall", "hit-rate"].map { named[$0].map(text) ?? "" })
            }
            print("\n" + table.render(width: max(100, Terminal.standardOutput.width)), terminator: "")
        }
        print("\n± is half the 95 % interval, normal over listeners")
    }
}

/// A cold-start comparison as `--json` prints it.
private struct ColdReport: Encodable {
    var data: String
    var listens: Int
    var coldUsers: Int
    var knownUsers: Int
    /// Subject → metric with cutoff → figure.
    var results: [String: [String: EvaluationReport.Figure]]

    init(_ comparison: ColdStartComparison, data: String) {
        self.data = data
        listens = comparison.listens
        coldUsers = comparison.coldUsers
        knownUsers = comparison.knownUsers
        results = [:]
        for result in comparison.results {
            for metrics in result.metrics {
                for (name, estimate) in metrics.named {
                    results[result.subject.rawValue, default: [:]]["\(name)@\(metrics.cutoff)"] = .init(
                        mean: estimate.mean, standardError: estimate.standardError,
                        low: estimate.interval.lowerBound, high: estimate.interval.upperBound)
                }
            }
        }
    }
}
