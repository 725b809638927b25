import Domain
import Learning
import ServiceKit
import Synchronization
import Training

/// Draws a training: a bar a stage, the objective of each iteration, the held-out days beside popularity.
final class TrainingProgress: TrainingObserver {
    private struct State {
        var bar: ProgressBar?
    }

    private let state = Mutex(State())

    func observe(_ event: TrainingEvent) {
        switch event {
        case .reading(let progress):
            bar("Reading the lake", total: progress.expectedEvents, unit: "events").update(to: progress.events)
        case .matrixBuilt(let users, let items, let entries, _):
            finish()
            say(
                "\(HumanText.count(users)) listeners × \(HumanText.count(items)) songs, \(HumanText.count(entries)) pairs"
            )
        case .resuming, .checkpointIgnored, .warmStart, .coldStart, .stoppedEarly:
            finish()
            say(Self.sentence(event))
        case .training(let isFinal, let total):
            finish()
            // Made now, so that its rate is that of the whole time.
            bar(
                isFinal ? "Training on all days" : "Training on the earlier days", total: Int64(total),
                unit: "iterations")
        case .iteration(let iteration): draw(iteration)
        case .evaluated(let report):
            finish()
            evaluated(report)
        case .rejected(let reason): say("Not published: \(reason)")
        case .buildingIndex(let items):
            finish()
            say("Building the index of \(HumanText.count(items)) songs")
        case .storingVectors(let done, let total):
            bar("Storing listeners", total: Int64(total), unit: "vectors").update(to: Int64(done))
            if done == total { finish() }
        case .findingSimilar(let done, let total):
            bar("Finding similar songs", total: Int64(total), unit: "songs").update(to: Int64(done))
            if done == total { finish() }
        case .storingSimilar(let done, let total):
            bar("Storing similar songs", total: Int64(total), unit: "lists").update(to: Int64(done))
            if done == total { finish() }
        case .published(let version):
            finish()
            say("Published model \(version)")
        case .stageEnded: break
        }
    }

    private static func sentence(_ event: TrainingEvent) -> String {
        switch event {
        case .resuming(let iteration, let total, let version):
            "Going on with a run that was cut short, after iteration \(iteration) of \(total), lake version \(version)"
        case .checkpointIgnored(let reason): "Without the checkpoint: \(reason)"
        case .warmStart(let version, let known, let new):
            "Starting from model \(version): it knows \(HumanText.count(known)) songs, \(HumanText.count(new)) are new"
        case .coldStart(let reason): "Starting at random: \(reason)"
        case .stoppedEarly(let iteration, let total):
            "Stopped after iteration \(iteration) of \(total): the held-out days have stopped getting better"
        default: ""
        }
    }

    /// Each iteration's objective stays on the screen: whether it falls is the first thing to look at.
    private func draw(_ iteration: TrainingIteration) {
        say(
            "  iteration \(iteration.number)/\(iteration.total)  objective \(HumanText.fixed(iteration.objective, digits: 1))"
                + "  \(HumanText.fixed(iteration.seconds, digits: 2)) s")
        bar("Training", total: Int64(iteration.total), unit: "iterations").update(to: Int64(iteration.number))
        if iteration.number == iteration.total { finish() }
    }

    private func evaluated(_ report: HeldOutReport) {
        say(
            "Held-out days \(report.from) … \(report.through), \(HumanText.count(report.model.first?.users ?? 0)) listeners"
        )
        var table = Table([
            ("metric", .left), ("model", .right), ("popularity", .right), ("ratio", .right),
        ])
        let values = report.values
        for name in ["ndcg@10", "recall@20", "coverage@20"] {
            guard let model = values[name], let popularity = values["popularity.\(name)"] else { continue }
            let ratio = popularity > 0 ? HumanText.fixed(model / popularity, digits: 2) + "×" : "–"
            table.append([
                name, HumanText.fixed(model, digits: 4), HumanText.fixed(popularity, digits: 4), ratio,
            ])
        }
        say(table.render())
    }

    @discardableResult
    private func bar(_ title: String, total: Int64, unit: String) -> ProgressBar {
        state.withLock { state in
            if let bar = state.bar { return bar }
            let bar = ProgressBar(title, total: total, unit: unit)
            state.bar = bar
            return bar
        }
    }

    private func finish() {
        state.withLock { state in
            state.bar?.finish()
            state.bar = nil
        }
    }

    private func say(_ text: String) { Message.show(text) }
}
