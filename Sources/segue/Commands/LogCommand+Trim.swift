import Ingestion
import ServiceKit

extension LogCommand {
    private static let retention = OptionalOption<Duration>(
        "retention", valueName: "DURATION", absence: "log.retention", "How long events are kept.")

    private struct Trimmed: Encodable {
        var events: Int
    }

    /// `segue log trim`.
    static let trim = Command(
        "trim", "Deletes old events that the lake has, as ingest does from time to time",
        discussion: """
            An event that is not in the lake stays, however old it is, and so does one that another consumer group has yet
            to read. The file keeps its size; the room is used again. Kafka has its own retention (retention.ms).
            """,
        arguments: [retention, CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            guard let retention = try installation.logRetention(arguments[retention]) else {
                throw UsageError(
                    "there is nothing to trim: log.retention is 0s, or the log is Kafka's, which has its own retention",
                    command: "segue log trim")
            }
            let count = try retention.trim()
            if arguments[CommonOptions.json] { return try Output.json(Trimmed(events: count)) }
            print("Trimmed \(HumanText.count(count)) events")
        }
    }
}
