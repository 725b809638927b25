import ServiceKit
import Storage
import Training

/// `segue publish`: factors that were learned elsewhere.
enum PublishCommand {
    private static let factors = OptionalOption<String>(
        "factors", valueName: "DIR", "Folder of final/ and measured/, as deploy/spark/train_als.py writes them.")
    private static let lakeVersion = OptionalOption<Int>(
        "lake-version", in: 0...Int.max, absence: "the newest", "Version of the lake they were learned from.")
    private static let now = OptionalOption<String>(
        "now", valueName: "YYYY-MM-DD", absence: "today", "Day the window ends with.")
    private static let force = Flag("force", "Publishes factors even when they are worse than the current model.")

    static let command = Command(
        "publish", "Publishes factors that were learned elsewhere, if they are no worse than the current model",
        discussion: """
            Reads the window of the lake to measure the factors on its held-out days, then builds the index and publishes as
            segue train does (docs/training.md).
            """,
        examples: [
            .init(
                "segue publish --factors factors/812 --lake-version 812 --now 2026-03-31",
                "what deploy/spark/train_als.py learned from version 812")
        ],
        arguments: [factors, lakeVersion, now, force, CommonOptions.json]
    ) { arguments in
        guard let folder = arguments[factors] else {
            throw UsageError("--factors DIR is missing", command: "segue publish")
        }
        try CommonOptions.withInstallation(arguments) { installation in
            let stop = try CommonOptions.stopOnSignals()
            var options = TrainingOptions(installation.configuration)
            options.isForced = arguments[force]
            let publication = try FactorPublication(
                lake: installation.lake(), documents: installation.store(), models: installation.models(),
                options: options)
            let outcome = try publication.publish(
                folder: folder, now: try TrainCommand.endOfDay(arguments[now]),
                lakeVersion: arguments[lakeVersion].map(Int64.init), observer: TrainingProgress(), until: stop)
            if arguments[CommonOptions.json] { try Output.json(ModelReport(outcome.record)) }
        }
    }
}
