import Domain
import ServiceKit

/// What ingest counts for Prometheus and for the status line.
final class IngestionMetrics: Sendable {
    let events: Counter
    let plays: Counter
    let batches: Counter
    let fenced: Counter
    let retries: Counter
    let rebalances: Counter
    let commitSeconds: Histogram
    let countSeconds: Histogram
    let lag: Gauge
    let commitsBehind: Gauge
    let duplicates: Counter
    let recentWritten: Counter
    let recentDropped: Counter
    let recentFailures: Counter
    private let rejected: [EventRejection.Reason: Counter]

    init(registry: MetricsRegistry) {
        events = registry.counter("segue_ingest_events_total", "Events committed to the lake.")
        plays = registry.counter("segue_ingest_plays_total", "Plays added to the counts.")
        batches = registry.counter("segue_ingest_commits_total", "Commits made to the lake.")
        fenced = registry.counter("segue_ingest_fenced_total", "Batches dropped because another daemon had advanced.")
        retries = registry.counter("segue_ingest_retries_total", "Writes tried again: lake, store or dead letters.")
        rebalances = registry.counter("segue_ingest_rebalances_total", "Times partitions were gained.")
        commitSeconds = registry.histogram("segue_ingest_commit_seconds", "Time to write and commit a batch.")
        countSeconds = registry.histogram("segue_ingest_count_seconds", "Time to add a commit's plays to the store.")
        lag = registry.gauge("segue_ingest_lag", "Events in the assigned partitions that are not polled yet.")
        commitsBehind = registry.gauge("segue_ingest_commits_behind", "Lake commits whose plays are not counted yet.")
        duplicates = registry.counter(
            "segue_ingest_duplicates_total", "Events left out because the same listen was committed before.")
        recentWritten = registry.counter(
            "segue_ingest_recent_listens_total", "Listens written for recommendations to follow at once.")
        recentDropped = registry.counter(
            "segue_ingest_recent_dropped_total",
            "Listens not written for recommendations to follow, because there were too many; they are in the lake.")
        recentFailures = registry.counter(
            "segue_ingest_recent_failures_total", "Times the store did not take recent listens.")
        rejected = Dictionary(
            uniqueKeysWithValues: EventRejection.Reason.allCases.map { reason in
                let labels = ["reason": reason.rawValue]
                return (
                    reason,
                    registry.counter("segue_ingest_rejected_total", "Events sent to the dead letters.", labels: labels)
                )
            })
    }

    func count(_ rejections: [DeadLetter]) {
        for letter in rejections { rejected[letter.rejection.reason]?.increment() }
    }
}

/// What an ingest daemon has done since it started.
public struct IngestionStatus: Sendable, Equatable {
    /// Events committed to the lake.
    public var events: Int64 = 0
    /// Events sent to the dead letters.
    public var rejected: Int64 = 0
    /// Events left out because the same listen was committed before.
    public var duplicates: Int64 = 0
    /// Commits made to the lake.
    public var commits: Int64 = 0
    /// Batches dropped because another daemon had advanced.
    public var fenced: Int64 = 0
    /// Times partitions were gained.
    public var rebalances: Int64 = 0
    /// Commits whose plays wait to be counted.
    public var commitsBehind = 0
    /// Events in the assigned partitions that are not polled yet.
    public var lag: Int64 = 0
}
