import Learning
import ServiceKit

/// Draws a search: a row a trial, those that are the best so far marked, and where the search is on the last line.
final class TuningScreen {
    private let metric: String
    private let budget: Duration?
    private let line = StatusLine()
    private var bestShown: TuningTrial?
    private var rows = 0

    init(metric: String, budget: Duration?) {
        self.metric = metric
        self.budget = budget
    }

    func show(_ trial: TuningTrial, best: TuningTrial?, trials: Int, elapsed: Duration) {
        if rows % 30 == 0 {
            Message.show(
                Self.row([
                    "", "setting", "iterations", "factors", "λ", "ν", "alpha", "confidence", "half-life", metric, "s",
                ]))
        }
        rows += 1
        let isBest = best == trial && best != bestShown
        if isBest { bestShown = best }
        Message.show(Self.row([isBest ? "★" : ""] + cells(trial)))
        var status = "\(trials) trials, \(HumanText.duration(elapsed))"
        if let budget { status += " of \(HumanText.duration(budget))" }
        if let best { status += ", best \(metric) \(HumanText.fixed(best.score(metric), digits: 4))" }
        line.show(status)
    }

    /// Takes the last line away.
    func finish() { line.clear() }

    private func cells(_ trial: TuningTrial) -> [String] {
        let setting = trial.candidate
        let score = trial.score(metric)
        return [
            "\(trial.number)", "\(trial.iterations)", "\(setting.factors)",
            HumanText.fixed(setting.regularization, digits: 2), "\(setting.regularizationExponent)",
            HumanText.fixed(trial.alpha, digits: 2), Self.text(setting.weighting),
            setting.halfLifeDays.map { $0 == 0 ? "none" : "\(HumanText.fixed($0, digits: 0)) d" } ?? "–",
            score.isFinite ? HumanText.fixed(score, digits: 4) : "failed", HumanText.fixed(trial.seconds, digits: 1),
        ]
    }

    private static func text(_ weighting: ConfidenceWeighting) -> String {
        let discount = weighting.popularityDiscount == 0 ? "" : " −\(weighting.popularityDiscount)"
        switch weighting.form {
        case .power: return "v^\(weighting.exponent)" + discount
        case .logarithm: return "ln v/\(weighting.scale)" + discount
        case .capped: return "v≤\(weighting.scale)" + discount
        }
    }

    private static let widths = [1, 7, 10, 7, 8, 5, 8, 14, 9, 9, 6]

    private static func row(_ cells: [String]) -> String {
        zip(cells, widths).map { cell, width in
            String(repeating: " ", count: max(0, width - cell.count)) + cell
        }.joined(separator: "  ")
    }
}
