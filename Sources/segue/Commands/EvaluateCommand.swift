import Foundation
import Learning
import ServiceKit
import Training

/// `segue evaluate`: the recommender beside the bars it has to clear.
enum EvaluateCommand {
    private enum Split: String, SettingChoice, CaseIterable {
        /// The last days.
        case time
        /// A share of each listener's songs.
        case users
    }

    static let matrix = OptionalOption<String>(
        "matrix", valueName: "STEM", absence: "the lake",
        "Raw CSR files STEM.indptr.i64, .indices.i32, .data.f32 to learn from instead of the lake.")
    static let test = OptionalOption<String>(
        "test", valueName: "STEM", absence: "a share of each row", "Raw CSR files that are held out of --matrix.")
    private static let split = Option<Split>(
        "split", default: .time, valueName: "WAY",
        "What is held out of the lake: the last days, or a share of each listener's songs.")
    static let share = Option<Double>(
        "share", default: 0.2, in: 0.01...0.9, "Share of each listener's songs that is held out.")
    static let cutoffs = Option<String>("at", default: "10,20", valueName: "K,…", "Lengths of the lists to measure.")
    private static let models = Option<String>(
        "models", default: ModelComparison.Subject.allCases.map(\.rawValue).joined(separator: ","), valueName: "NAME,…",
        "Which recommenders.")
    private static let save = OptionalOption<String>(
        "save", valueName: "STEM", absence: "not saved",
        "Writes the factors as STEM_users.f32, STEM_items.f32 and .json.")
    static let now = OptionalOption<String>(
        "now", valueName: "YYYY-MM-DD", absence: "today", "Day the window ends with: for data of the past.")

    static let command = Command(
        "evaluate", "Measures the recommender beside popularity, item-kNN and chance",
        discussion: """
            Trains by the settings in force on what is not held out and ranks all songs for every listener; nothing is
            published. Intervals are 95 %, normal over listeners. docs/evaluation.md has the formulas.
            """,
        examples: [
            .init("segue evaluate", "on the last days of the lake, as the publish gate does"),
            .init("segue evaluate --split users --share 0.2", "on a fifth of each listener's songs"),
            .init("segue evaluate --cold 3", "what three listens of somebody new are worth"),
            .init("segue evaluate --matrix M/train --test M/test --set train.factors=128", "on raw CSR files"),
        ],
        arguments: [matrix, test, split, share, cold, cutoffs, models, save, now, CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            let stop = try CommonOptions.stopOnSignals()
            let options = TrainingOptions(installation.configuration)
            let cutoffs = try Self.list(arguments[cutoffs], of: Int.self, option: "at") { (1...1000).contains($0) }
            let subjects = try Self.subjects(arguments[models])
            let comparison: ModelComparison, data: String
            if let stem = arguments[matrix] {
                if let listens = arguments[cold] {
                    let raw = try RawMatrixFile.read(stem: stem)
                    return try measureCold(
                        options.confidence.weighting.apply(to: raw), data: stem, listens: listens, options: options,
                        cutoffs: cutoffs, asJSON: arguments[CommonOptions.json], until: stop)
                }
                (comparison, data) = try evaluate(stem, arguments, options, subjects, cutoffs, stop)
            } else {
                let listens = try LakeListens(
                    of: installation.lake(), options: options,
                    now: try TrainCommand.endOfDay(arguments[now]) ?? SystemWallClock().now,
                    observer: TrainingProgress(), until: stop)
                if let count = arguments[cold] {
                    return try measureCold(
                        listens.weighted, data: describe(listens, nil), listens: count, options: options,
                        cutoffs: cutoffs, asJSON: arguments[CommonOptions.json], until: stop)
                }
                let share = arguments[split] == .users ? arguments[share] : nil
                comparison = try ModelComparer(options: options).compare(
                    listens, holdingOut: share, subjects: subjects, cutoffs: cutoffs, until: stop)
                data = describe(listens, share)
            }
            if let stem = arguments[save], let model = comparison.model {
                try RawMatrixFile.write(model.userFactors, stem: stem + "_users")
                try RawMatrixFile.write(model.itemFactors, stem: stem + "_items")
            }
            if arguments[CommonOptions.json] {
                try Output.json(EvaluationReport(comparison, data: data, parameters: options.parameters))
            } else {
                show(comparison, data)
            }
        }
    }

    private static func evaluate(
        _ stem: String, _ arguments: ParsedArguments, _ options: TrainingOptions,
        _ subjects: [ModelComparison.Subject], _ cutoffs: [Int], _ stop: StopSignal
    ) throws -> (ModelComparison, String) {
        var train = try RawMatrixFile.read(stem: stem)
        let heldOut: SparseMatrix, data: String
        if let testStem = arguments[test] {
            heldOut = try RawMatrixFile.read(stem: testStem)
            data = "\(stem), held out \(testStem)"
        } else {
            let parts = HoldOutSplit(train, share: arguments[share], seed: options.als.seed)
            (train, heldOut) = (parts.train, parts.heldOut)
            data = "\(stem), held out \(HumanText.fixed(100 * arguments[share], digits: 0)) % of each row"
        }
        let comparison = try ModelComparer(options: options).compare(
            train: train, test: heldOut, subjects: subjects, cutoffs: cutoffs, until: stop)
        return (comparison, data)
    }

    private static func describe(_ listens: LakeListens, _ share: Double?) -> String {
        let window = "lake version \(listens.lakeVersion), \(listens.window.from) … \(listens.window.through)"
        if let share {
            return "\(window), held out \(HumanText.fixed(100 * share, digits: 0)) % of each listener's songs"
        }
        return window + (listens.heldOut.map { ", held out \($0.from) … \($0.through)" } ?? "")
    }

    /// The values of a list with commas.
    static func list<Value: LosslessStringConvertible>(
        _ text: String, of: Value.Type, option: String, where isAllowed: (Value) -> Bool
    ) throws -> [Value] {
        let values = text.split(separator: ",").map { Value(String($0.filter { $0 != " " })) }
        guard !values.isEmpty, values.allSatisfy({ $0.map(isAllowed) ?? false }) else {
            throw UsageError("--\(option) is \"\(text)\"; it takes numbers with commas between", command: "segue")
        }
        return values.compactMap { $0 }
    }

    private static func subjects(_ text: String) throws -> [ModelComparison.Subject] {
        try text.split(separator: ",").map { name in
            guard let subject = ModelComparison.Subject(rawValue: String(name)) else {
                let names = ModelComparison.Subject.allCases.map(\.rawValue).joined(separator: ", ")
                throw UsageError("--models names \"\(name)\"; there are \(names)", command: "segue evaluate")
            }
            return subject
        }
    }

    // MARK: - Printing

    /// One table a cutoff, a row a metric, a column a recommender.
    static func show(_ comparison: ModelComparison, _ data: String) {
        print(data)
        print(
            "\(HumanText.count(comparison.users)) listeners × \(HumanText.count(comparison.items)) songs, \(HumanText.count(comparison.entries)) pairs; \(HumanText.count(comparison.measuredUsers)) listeners measured"
        )
        let cutoffs = comparison.results.first?.metrics.map(\.cutoff) ?? []
        for (index, cutoff) in cutoffs.enumerated() {
            var columns: [(heading: String, alignment: Table.Alignment)] = [("@\(cutoff)", .left)]
            columns += comparison.results.map { ($0.subject.rawValue, .right) }
            var table = Table(columns)
            for (place, metric) in (comparison.results.first?.metrics[index].named ?? []).enumerated() {
                table.append([metric.name] + comparison.results.map { text($0.metrics[index].named[place].estimate) })
            }
            print("\n" + table.render(width: max(100, Terminal.standardOutput.width)), terminator: "")
        }
        print("\n± is half the 95 % interval, normal over listeners")
    }

    static func text(_ estimate: MetricEstimate) -> String {
        HumanText.fixed(estimate.mean, digits: 4) + " ± " + HumanText.fixed(1.96 * estimate.standardError, digits: 4)
    }
}
