import Domain
public import ServiceKit
public import Storage
import Synchronization

/// The consumer daemon: log → lake and play counts, each event once (docs/design.md §3.3).
///
/// ```
/// polling thread          committer              counter
/// poll, decode, gather ─► dead letters,       ─► plays + marker in one transaction,
/// (answers rebalances)    files, one commit      commits that nobody counted
///        ▲                                           │ positions
///        └────────── group offsets, last ◄───────────┘
/// ```
public final class IngestionService: Service {
    /// Name of the service.
    public let name = "ingest"
    private let log: any EventLog
    private let lake: any EventLake
    private let store: any DocumentStore
    private let options: IngestionOptions
    private let context: IngestionContext

    /// An ingest daemon over a log, a lake and a store that are open.
    public init(
        log: any EventLog, lake: any EventLake, store: any DocumentStore, options: IngestionOptions = .init(),
        clock: any WallClock = SystemWallClock(), registry: MetricsRegistry = .shared
    ) {
        self.log = log
        self.lake = lake
        self.store = store
        self.options = options
        context = IngestionContext(
            metrics: IngestionMetrics(registry: registry),
            crashPoint: CrashPoint(options.crash, freeze: options.freeze), clock: clock)
    }

    /// What was done so far; from any thread.
    public var status: IngestionStatus {
        var status = context.status
        status.lag = Int64(context.metrics.lag.value)
        status.commitsBehind = Int(context.metrics.commitsBehind.value)
        return status
    }

    /// Works until told to stop, or, when draining, until the log is empty. What was polled is committed before it returns
    /// if the lake answers; otherwise it stays in the log for the next start.
    public func run(until stop: StopSignal) throws {
        try log.createIfMissing(partitions: options.partitions)
        let counter = PlayCounter(lake: lake, store: store, options: options, context: context)
        let committer = BatchCommitter(log: log, lake: lake, counter: counter, options: options, context: context)
        let counting = try thread("ingest-count", counter.run)
        let committing = try thread("ingest-commit", committer.run)
        let recent =
            options.recentListenCount > 0
            ? RecentListenWriter(store: store, options: options, context: context) : nil
        let following = try recent.map { try thread("ingest-recent", $0.run) }
        let poller = Poller(
            log: log, lake: lake, store: store, options: options, context: context, committer: committer, recent: recent
        )
        let polled = Result { try poller.run(until: stop) }
        committer.close()
        recent?.close()
        // A lake or store that is down must not keep us from stopping for ever.
        let removeDeadline = deadline(after: .seconds(10))
        defer { removeDeadline() }
        let ends = ([committing, counting] + [following].compactMap { $0 }).map { thread in Result { try thread.join() }
        }
        let closed = Result { try poller.close() }
        for result in [polled] + ends + [closed] { try result.get() }
        try context.throwFailure()
    }

    private func thread(_ name: String, _ body: @escaping @Sendable () throws -> Void) throws -> WorkerThread {
        try WorkerThread(name: name) { [context] in
            do { try body() } catch { context.fail(error) }
        }
    }

    /// Gives up retrying after a while, unless the returned closure is called before.
    private func deadline(after grace: Duration) -> () -> Void {
        let finished = StopSignal()
        let context = self.context
        let watch = Result {
            try WorkerThread(name: "ingest-grace", stackByteCount: 1 << 18) {
                if !finished.wait(for: grace) { context.givingUp.stop() }
            }
        }
        // Without a thread for the watch, give up at once: stopping matters more than one more try.
        if case .failure = watch { context.givingUp.stop() }
        return { finished.stop() }
    }
}
