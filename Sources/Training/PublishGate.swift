import Domain
import Storage

/// Says whether a run may replace the current model.
struct PublishGate {
    let options: TrainingOptions

    /// Why not, in a sentence; nil when it may.
    ///
    /// Both figures are of the days held out of their own run. They are only compared when they answer the same question: the
    /// same relevance and as many held-out days.
    func objection(to manifest: ModelManifest, current: ModelRecord?) -> String? {
        guard !options.isForced, let current else { return nil }
        let metric = HeldOutEvaluation.gateMetric
        guard let before = current.manifest.metrics[metric],
            ["relevance", "held-out-days"].allSatisfy({
                current.manifest.parameters[$0] == manifest.parameters[$0]
            })
        else { return nil }
        guard let now = manifest.metrics[metric] else {
            return
                "nothing could be held out to measure this run, and the current model \(current.manifest.version) has \(metric) \(Self.text(before)); --force publishes it"
        }
        guard now < before * (1 - options.tolerance) else { return nil }
        return
            "\(metric) on the held-out days is \(Self.text(now)), worse than \(Self.text(before)) of the current model \(current.manifest.version) by more than the tolerance of \(options.tolerance); --force publishes it"
    }

    private static func text(_ value: Double) -> String {
        let thousandths = Int((value * 10_000).rounded())
        let digits = String(thousandths % 10_000)
        return "\(thousandths / 10_000)." + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
