import Learning
import Training

/// A comparison as `--json` prints it.
struct EvaluationReport: Encodable {
    struct Model: Encodable {
        var model: String
        var trainingSeconds: Double
        var rankingSeconds: Double
        /// By name with cutoff, `ndcg@20`.
        var metrics: [String: Figure]
    }

    struct Figure: Encodable {
        var mean: Double
        var standardError: Double
        var low: Double
        var high: Double
    }

    var data: String
    var interval = "95 %, normal over listeners"
    var users: Int
    var items: Int
    var entries: Int
    var measuredUsers: Int
    var parameters: [String: String]
    var models: [Model]

    init(_ comparison: ModelComparison, data: String, parameters: [String: String]) {
        self.data = data
        self.parameters = parameters
        users = comparison.users
        items = comparison.items
        entries = comparison.entries
        measuredUsers = comparison.measuredUsers
        models = comparison.results.map { result in
            var figures: [String: Figure] = [:]
            for metrics in result.metrics {
                for (name, estimate) in metrics.named {
                    figures["\(name)@\(metrics.cutoff)"] = Figure(
                        mean: estimate.mean, standardError: estimate.standardError,
                        low: estimate.interval.lowerBound, high: estimate.interval.upperBound)
                }
            }
            return Model(
                model: result.subject.rawValue, trainingSeconds: result.trainingSeconds,
                rankingSeconds: result.rankingSeconds, metrics: figures)
        }
    }
}
