import HTTPServer
import ServiceKit
import Storage
import Synchronization

/// The overview of the operations page, read at most once a second however many people look.
///
/// Nothing is read while nobody looks: asking log and lake every second for nobody would cost requests to S3 and Kafka.
final class OperationsOverview: Sendable {
    private struct State {
        var isReading = false
        var rendered: [UInt8]?
        var renderedAt: MonotonicTime?
        var samples = ThroughputSamples()
    }

    private static let freshness = Duration.milliseconds(900)

    private let log: any EventLog
    private let lake: (any EventLake)?
    private let state = Mutex(State())

    /// - Parameter lake: nil where the daemon has none at hand; the page then says that lag and lake are unknown.
    init(log: any EventLog, lake: (any EventLake)?) {
        self.log = log
        self.lake = lake
    }

    /// The overview as JSON. While somebody else reads a new one, the last one is good enough.
    ///
    /// - Throws: `HTTPError` 503 while the first one is being read by somebody else.
    func json(_ context: ServingContext) throws(HTTPError) -> [UInt8] {
        enum Turn {
            case take([UInt8]?)
            case read
        }
        let turn = state.withLock { state -> Turn in
            let isFresh = state.renderedAt.map { $0.elapsed < Self.freshness } ?? false
            if isFresh || state.isReading { return .take(state.rendered) }
            state.isReading = true
            return .read
        }
        switch turn {
        case .take(let rendered?): return rendered
        case .take(nil): throw .unavailable("the first overview is being read", retryAfterSeconds: 1)
        case .read: return read(context)
        }
    }

    private func read(_ context: ServingContext) -> [UInt8] {
        let began = MonotonicTime.now
        let snapshot = context.current.value
        let facts = OperationsFacts.read(
            log: log, lake: lake, documents: context.documents, snapshot: snapshot, metrics: context.metrics)
        let now = context.clock.now
        let samples = state.withLock { state in
            state.samples.append(facts.sample(at: now))
            return state.samples
        }
        var writer = JSONWriter(capacity: 16 << 10)
        writer.beginObject()
        writer.member("at", now)
        writer.member("started_at", context.startedAt)
        writer.member("songs", snapshot.catalogue.count)
        facts.write(to: &writer, snapshot: snapshot, samples: samples)
        writer.member("read_seconds", began.elapsed.secondCount)
        writer.endObject()
        let rendered = writer.bytes
        state.withLock { state in
            state.rendered = rendered
            state.renderedAt = MonotonicTime.now
            state.isReading = false
        }
        return rendered
    }
}
