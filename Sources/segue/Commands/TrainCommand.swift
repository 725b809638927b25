import Domain
import Learning
import ServiceKit
import Storage
import Training

/// `segue train`: once, or every night.
enum TrainCommand {
    private static let now = OptionalOption<String>(
        "now", valueName: "YYYY-MM-DD", absence: "today", "Day the window ends with: for data of the past.")
    private static let lakeVersion = OptionalOption<Int>(
        "lake-version", in: 0...Int.max, absence: "the newest",
        "Version of the lake to learn from: with the same --now and --seed the same model again.")
    private static let schedule = OptionalOption<String>(
        "schedule", valueName: "CRON", absence: "train once and end", "Keeps running and trains at these times (UTC).")
    private static let force = Flag("force", "Publishes a model even when it is worse than the current one.")
    private static let factors = OptionalOption<Int>(
        "factors", in: 1...512, absence: "train.factors", "Latent factors.")
    private static let iterations = OptionalOption<Int>(
        "iterations", in: 1...1000, absence: "train.iterations", "Iterations of ALS.")
    private static let regularization = OptionalOption<Double>(
        "regularization", in: 0...1e6, absence: "train.regularization", "λ.")
    private static let alpha = OptionalOption<Double>(
        "alpha", in: 0...1e6, absence: "train.alpha", "Confidence per weight.")
    private static let windowDays = OptionalOption<Int>(
        "window-days", in: 1...3650, absence: "train.window_days", "Days of listens to learn from.")
    private static let seed = OptionalOption<Int>("seed", in: 0...Int.max, absence: "train.seed", "Seed of the start.")

    private static let warmStart = Flag(
        "warm-start", "Songs begin with what the current model's run left to start from (train.warm_start).")

    static let command = Command(
        "train", "Learns a model from the lake and publishes it if it is no worse than the current one",
        discussion: """
            Reads the last train.window_days of the lake, learns user and song factors by implicit ALS, measures them on
            the last days beside popularity, builds the index, publishes. Killed at any moment the current model stays,
            and the next run of the same window and options goes on from the last checkpoint.
            """,
        examples: [
            .init("segue train --now 2023-05-06", "data of the past: the 90 days that end there"),
            .init("segue train --lake-version 812 --now 2023-05-06", "the model of then, made again"),
            .init("segue train --schedule '0 3 * * *'", "the nightly daemon"),
        ],
        arguments: [
            now, lakeVersion, schedule, force, factors, iterations, regularization, alpha, windowDays, seed, warmStart,
            CommonOptions.json,
        ]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            let stop = try CommonOptions.stopOnSignals()
            var options = TrainingOptions(installation.configuration)
            apply(arguments, to: &options)
            options.crash = try crash(Configuration.processEnvironment)
            if let text = arguments[schedule] {
                try keepTraining(installation, options, cron: text, stop)
            } else {
                try trainOnce(installation, options, arguments, stop)
            }
        }
    }

    private static func apply(_ arguments: ParsedArguments, to options: inout TrainingOptions) {
        options.isForced = arguments[force]
        if arguments[warmStart] { options.isWarmStart = true }
        if let value = arguments[factors] { options.als.factors = value }
        if let value = arguments[iterations] { options.als.iterations = value }
        if let value = arguments[regularization] { options.als.regularization = value }
        if let value = arguments[alpha] { options.als.alpha = value }
        if let value = arguments[windowDays] { options.windowDays = value }
        if let value = arguments[seed] { options.als.seed = UInt64(value) }
    }

    private static func trainOnce(
        _ installation: Installation, _ options: TrainingOptions, _ arguments: ParsedArguments, _ stop: StopSignal
    ) throws {
        let run = try TrainingRun(
            lake: installation.lake(), documents: installation.store(), models: installation.models(), options: options)
        let outcome = try run.run(
            now: try endOfDay(arguments[now]), lakeVersion: arguments[lakeVersion].map(Int64.init),
            observer: TrainingProgress(), until: stop)
        if arguments[CommonOptions.json] { try Output.json(ModelReport(outcome.record)) }
    }

    private static func keepTraining(
        _ installation: Installation, _ options: TrainingOptions, cron: String, _ stop: StopSignal
    ) throws {
        let (lake, store, models) = (try installation.lake(), try installation.store(), try installation.models())
        let service = TrainingSchedule(try CronSchedule(cron)) {
            try TrainingRun(lake: lake, documents: store, models: models, options: options)
        }
        Message.show("Training at \"\(cron)\" (UTC) until Ctrl-C")
        try ServiceGroup([service]).run(until: stop)
    }

    /// `SEGUE_CRASH_AT=vectors:2`: for harnesses, not for people.
    private static func crash(_ environment: [String: String]) throws -> TrainingCrash? {
        guard let text = environment["SEGUE_CRASH_AT"] else { return nil }
        guard let crash = TrainingCrash(text) else {
            throw UsageError(
                "SEGUE_CRASH_AT is \"\(text)\"; allowed is STEP or STEP:N, with "
                    + TrainingStep.allCases.map(\.rawValue).joined(separator: ", "), command: "segue train")
        }
        return crash
    }

    /// The last instant of a day given as text.
    static func endOfDay(_ text: String?) throws -> Int64? {
        guard let text else { return nil }
        guard let day = EventDay(text) else {
            throw UsageError("--now is \"\(text)\"; it takes a date, YYYY-MM-DD", command: "segue train")
        }
        return day.startMilliseconds + 86_399_999
    }
}
