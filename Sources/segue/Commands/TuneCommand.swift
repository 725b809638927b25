import Foundation
import Learning
import ServiceKit
import Training

/// `segue tune`: searches the settings of ALS.
enum TuneCommand {
    private static let budget = OptionalOption<Duration>(
        "budget", valueName: "TIME", absence: "10m without --trials", "Time to search, such as 30m or 2h.")
    private static let trials = OptionalOption<Int>(
        "trials", in: 1...1_000_000, absence: "no limit", "Settings to draw in all.")
    private static let metric = Option<String>(
        "metric", default: "ndcg@20", valueName: "NAME@K", "What is to be highest; K is 10 or 20.")
    private static let factors = Option<String>(
        "factors", default: "32,64,128", valueName: "N,…", "Numbers of factors to try.")
    private static let discounts = Option<String>(
        "discounts", default: "0,0.25,0.5", valueName: "P,…", "Popularity discounts to try.")
    private static let exponents = Option<String>(
        "exponents", default: "0,0.25,0.5,0.75,1", valueName: "P,…", "Confidence exponents to try.")
    private static let forms = Option<String>(
        "forms", default: "power,logarithm,capped", valueName: "NAME,…", "Shapes of the confidence to try.")
    private static let halfLives = Option<String>(
        "half-lives", default: "0,15,45,90", valueName: "DAYS,…", "Half-lives to try; 0 for none. The lake only.")
    private static let regularizations = Option<String>(
        "regularizations", default: "0.1,1000", valueName: "LOW,HIGH", "Range of λ.")
    private static let strengths = Option<String>(
        "strengths", default: "0.1,40", valueName: "LOW,HIGH", "Range of alpha times the mean weight of a pair.")
    private static let rungs = Option<String>(
        "rungs", default: "5,10,20", valueName: "N,…", "Iterations of each rung, ascending.")
    private static let bracket = Option<Int>("bracket", default: 18, in: 1...10_000, "Settings a bracket begins with.")
    private static let output = Option<String>(
        "output", short: "o", default: "data/tune", valueName: "FOLDER", "Where trials.json and best.json5 go.")
    private static let restart = Flag("restart", "Forgets the trials in the folder instead of going on from them.")
    private static let seed = Option<Int>("seed", default: 1, in: 0...Int.max, "Seed of the draws and the hold-out.")
    private static let noTest = Flag("no-test", "Leaves out the measurement on the test part at the end.")

    static let command = Command(
        "tune", "Searches the settings of the model and writes the best as a configuration",
        discussion: """
            Random search whose settings are thinned out by successive halving; from the second bracket on every other
            setting is drawn near the best so far. Settings are compared on a validation part cut out of the training
            part; the test part is measured once, at the end. Ctrl-C keeps what was found, and the same command goes on.
            """,
        examples: [
            .init("segue tune --budget 30m", "on the lake; then: segue train --config data/tune/best.json5"),
            .init("segue tune --matrix M/train --test M/test --factors 64 --trials 54", "on raw CSR files"),
        ],
        arguments: [
            budget, trials, metric, factors, discounts, exponents, forms, regularizations, strengths, halfLives, rungs,
            bracket, output, restart,
            seed,
            noTest, EvaluateCommand.matrix, EvaluateCommand.test, EvaluateCommand.share, EvaluateCommand.now,
            CommonOptions.json,
        ]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            let stop = try CommonOptions.stopOnSignals()
            let training = TrainingOptions(installation.configuration)
            var options = try searchOptions(arguments, training)
            let pool = WorkerPool(threadCount: training.threadCount)
            if let stem = arguments[EvaluateCommand.matrix] {
                let matrix = try RawMatrixFile.read(stem: stem)
                let data = try MatrixTuningData(
                    matrix, share: arguments[EvaluateCommand.share], seed: options.seed,
                    userLimit: training.evaluatedUsersLimit)
                try search(data, named: stem, options, pool, training, arguments, stop) { best in
                    guard let test = arguments[EvaluateCommand.test] else { return nil }
                    return (
                        try ModelComparer(options: best).compare(
                            train: matrix, test: RawMatrixFile.read(stem: test),
                            subjects: ModelComparison.Subject.allCases, cutoffs: [10, 20], until: stop),
                        "\(stem), test part \(test)"
                    )
                }
            } else {
                options.space.halfLives = try EvaluateCommand.list(
                    arguments[halfLives], of: Double.self, option: "half-lives"
                ) { $0 >= 0 }
                let now = try TrainCommand.endOfDay(arguments[EvaluateCommand.now]) ?? SystemWallClock().now
                let lake = try installation.lake()
                let data = try LakeTuningData(lake: lake, options: training, now: now, until: stop)
                try search(
                    data, named: installation.configuration[Settings.Lake.uri], options, pool, training, arguments, stop
                ) {
                    best in
                    let listens = try LakeListens(of: lake, options: best, now: now, until: stop)
                    return (
                        try ModelComparer(options: best).compare(
                            listens, holdingOut: nil, subjects: ModelComparison.Subject.allCases, cutoffs: [10, 20],
                            until: stop),
                        "the held-out days" + (listens.heldOut.map { " \($0.from) … \($0.through)" } ?? "")
                    )
                }
            }
        }
    }

    private static func searchOptions(_ arguments: ParsedArguments, _ training: TrainingOptions) throws -> Tuner.Options
    {
        var options = Tuner.Options()
        options.metric = arguments[metric]
        let names = ["ndcg", "recall", "capped-recall", "precision", "map", "mrr", "hit-rate"]
        guard names.contains(where: { ["\($0)@10", "\($0)@20"].contains(options.metric) }) else {
            throw UsageError(
                "--metric is \"\(options.metric)\"; it takes one of \(names.joined(separator: ", ")) with @10 or @20",
                command: "segue tune")
        }
        options.space.factors = try EvaluateCommand.list(arguments[factors], of: Int.self, option: "factors") {
            (1...512).contains($0)
        }
        options.space.popularityDiscounts = try EvaluateCommand.list(
            arguments[discounts], of: Double.self, option: "discounts"
        ) { (0...1).contains($0) }
        options.space.exponents = try EvaluateCommand.list(
            arguments[exponents], of: Double.self, option: "exponents"
        ) { (0...2).contains($0) }
        options.space.forms = try arguments[forms].split(separator: ",").map { name in
            guard let form = ConfidenceWeighting.Form(rawValue: String(name)) else {
                throw UsageError("--forms names \"\(name)\"; there are power, logarithm, capped", command: "segue tune")
            }
            return form
        }
        options.space.regularization = try range(arguments[regularizations], option: "regularizations")
        options.space.strength = try range(arguments[strengths], option: "strengths")
        options.rungs = try EvaluateCommand.list(arguments[rungs], of: Int.self, option: "rungs") {
            (1...1000).contains($0)
        }
        options.bracketSize = arguments[bracket]
        options.settingLimit = arguments[trials]
        options.seed = UInt64(arguments[seed])
        options.base = training.als
        return options
    }

    private static func range(_ text: String, option: String) throws -> ClosedRange<Double> {
        let bounds = try EvaluateCommand.list(text, of: Double.self, option: option) { $0 > 0 && $0.isFinite }
        guard bounds.count == 2, bounds[0] <= bounds[1] else {
            throw UsageError("--\(option) is \"\(text)\"; it takes LOW,HIGH, both above 0", command: "segue tune")
        }
        return bounds[0]...bounds[1]
    }

    private static func search(
        _ data: some TuningData, named name: String, _ options: Tuner.Options, _ pool: WorkerPool,
        _ training: TrainingOptions, _ arguments: ParsedArguments, _ stop: StopSignal,
        test: (TrainingOptions) throws -> (ModelComparison, String)?
    ) throws {
        let folder = arguments[output]
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let tuner = try Tuner(options: options, pool: pool)
        var record = TuningRecord(search: facts(name, options, training, arguments), metric: options.metric)
        let path = "\(folder)/trials.json"
        if !arguments[restart], let former = try TuningRecord.read(path) {
            guard former.search == record.search, former.metric == record.metric else {
                throw UsageError(
                    "\(path) is of another search (other data, space, metric or seed); choose another --output or pass --restart",
                    command: "segue tune")
            }
            record = former
            Message.show("Going on from \(record.trials.count) trials of \(path)")
        }
        let deadline = arguments[budget] ?? (arguments[trials] == nil ? .seconds(600) : nil)
        let screen = TuningScreen(metric: options.metric, budget: deadline)
        let began = MonotonicTime.now
        let all = try tuner.run(
            on: data, known: record.trials,
            isStopped: { stop.isStopped || (deadline.map { began.elapsed >= $0 } ?? false) }
        ) { trial in
            record.add(trial)
            record.best = tuner.best(record.trials).first
            // A search that cannot be kept is better ended now than at the end.
            saving { try record.write(path) }
            screen.show(trial, best: record.best, trials: record.trials.count, elapsed: began.elapsed)
        }
        screen.finish()
        record.best = tuner.best(all).first
        try record.write(path)
        guard let best = record.best, let text = record.configuration(data: name) else {
            throw UsageError("no trial ended in time: give it more (--budget)", command: "segue tune")
        }
        try AtomicFile.write(text: text, to: "\(folder)/best.json5")
        let comparison = arguments[noTest] || stop.isStopped ? nil : try test(apply(best, to: training))
        try report(record, comparison, folder, arguments)
    }

    private static func saving(_ body: () throws -> Void) {
        do { try body() } catch { Message.show("The trials could not be saved: \(error)") }
    }

    /// What decides about a trial's score besides its setting.
    private static func facts(
        _ name: String, _ options: Tuner.Options, _ training: TrainingOptions, _ arguments: ParsedArguments
    ) -> [String: String] {
        var facts = [
            "data": name, "seed": "\(options.seed)", "rungs": arguments[rungs], "bracket": "\(options.bracketSize)",
            "factors": arguments[factors], "discounts": arguments[discounts], "exponents": arguments[exponents],
            "forms": arguments[forms],
            "regularizations": arguments[regularizations], "strengths": arguments[strengths],
            "solver": training.als.solver == .exact ? "exact" : "cg",
        ]
        if arguments[EvaluateCommand.matrix] != nil {
            facts["share"] = "\(arguments[EvaluateCommand.share])"
        } else {
            facts["half-lives"] = arguments[halfLives]
            facts["now"] = arguments[EvaluateCommand.now] ?? "today"
            for key in ["window-days", "held-out-days", "relevance", "skip-weight", "minimum-listen"] {
                facts[key] = training.parameters[key]
            }
        }
        return facts
    }

    private static func apply(_ best: TuningTrial, to training: TrainingOptions) -> TrainingOptions {
        var options = training
        options.als = best.candidate.options(training.als, alpha: best.alpha, iterations: best.iterations)
        options.confidence.weighting = best.candidate.weighting
        if let halfLife = best.candidate.halfLifeDays { options.confidence.halfLifeDays = halfLife }
        return options
    }

    private struct Answer: Encodable {
        var search: [String: String]
        var metric: String
        var best: TuningTrial?
        var trials: Int
        var seconds: Double
        var test: EvaluationReport?
    }

    private static func report(
        _ record: TuningRecord, _ comparison: (ModelComparison, String)?, _ folder: String, _ arguments: ParsedArguments
    ) throws {
        if arguments[CommonOptions.json] {
            return try Output.json(
                Answer(
                    search: record.search, metric: record.metric, best: record.best, trials: record.trials.count,
                    seconds: record.seconds,
                    test: comparison.map { EvaluationReport($0.0, data: $0.1, parameters: [:]) }))
        }
        if let comparison { EvaluateCommand.show(comparison.0, comparison.1) }
        print("\(record.trials.count) trials in \(HumanText.duration(.seconds(record.seconds)))")
        print("Best setting: \(folder)/best.json5, all trials: \(folder)/trials.json")
        print("Use it: segue train --config \(folder)/best.json5")
    }
}
