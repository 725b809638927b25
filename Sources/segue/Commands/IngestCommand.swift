import Ingestion
import ServiceKit
import Storage

/// `segue ingest`: the consumer daemon.
enum IngestCommand {
    private static let drain = Flag("drain", "Ends when everything in the log is committed and counted.")
    private static let status = Flag("status", "Prints how far lake and counts are behind the log, and ends.")

    static let command = Command(
        "ingest", "Moves listens from the log to the lake and the play counts, each once",
        discussion: """
            Start as many as you like: the daemons of one group share the partitions. A daemon may be killed at any
            moment; the lake's commit is the only point of truth. Bad events go to TOPIC_rejected with their reason.
            """,
        examples: [
            .init("segue ingest", "runs until Ctrl-C"),
            .init("segue ingest --drain", "catches up and ends"),
            .init("segue ingest --status --json", "lag and commits behind, for a dashboard"),
        ],
        arguments: [drain, status, CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            if arguments[status] { return try printBacklog(installation, asJSON: arguments[CommonOptions.json]) }
            let service = try installation.ingestion(isDraining: arguments[drain])
            let stop = try CommonOptions.stopOnSignals()
            let retention = try installation.logRetention()
            try LiveStatus.show({ describe(service.status) }) {
                guard !arguments[drain], let retention else { return try service.run(until: stop) }
                try ServiceGroup([service, retention]).run(until: stop)
            }
            if arguments[drain] { try retention?.trim() }
            try report(service.status, asJSON: arguments[CommonOptions.json])
        }
    }

    private static func describe(_ status: IngestionStatus) -> String {
        "ingest  \(HumanText.count(status.events)) events in \(status.commits) commits  lag \(HumanText.count(status.lag))"
            + (status.rejected > 0 ? "  rejected \(HumanText.count(status.rejected))" : "")
            + (status.commitsBehind > 1 ? "  counts behind \(status.commitsBehind)" : "")
    }

    private struct BacklogReport: Encodable {
        var lag: Int64
        var commitsBehind: Int
    }

    private static func printBacklog(_ installation: Installation, asJSON: Bool) throws {
        let backlog = try Backlog.read(log: installation.log(), lake: installation.lake(), store: installation.store())
        if asJSON { return try Output.json(BacklogReport(lag: backlog.lag, commitsBehind: backlog.commitsBehind)) }
        print("\(HumanText.count(backlog.lag)) events in the log are not in the lake yet")
        print("\(HumanText.count(backlog.commitsBehind)) commits of the lake are not counted yet")
    }

    private struct Report: Encodable {
        var events, rejected, commits, fenced, rebalances: Int64
    }

    private static func report(_ status: IngestionStatus, asJSON: Bool) throws {
        if asJSON {
            return try Output.json(
                Report(
                    events: status.events, rejected: status.rejected, commits: status.commits, fenced: status.fenced,
                    rebalances: status.rebalances))
        }
        print(
            "Ingested \(HumanText.count(status.events)) events in \(HumanText.count(status.commits)) commits; "
                + "\(HumanText.count(status.rejected)) rejected")
    }
}
