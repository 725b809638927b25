import Domain
import HTTPServer
import Learning
import ServiceKit
import Storage

/// What the operations page shows, read at one moment. A part that could not be read holds the error that says why: the
/// page then says so instead of showing nothing.
struct OperationsFacts {
    /// The lake as its log has it.
    struct Lake {
        var version: Int64?
        var days: [LakeDay]
    }

    /// A route and how long its answers took since the daemon started.
    struct Latency {
        var method: String
        var route: String
        var histogram: Histogram
        var count: UInt64
    }

    private static let latencyName = "http_request_duration_seconds"
    private static let modelLimit = 100
    private static let topLimit = 10
    private static let latencyLimit = 16

    var offsets: Result<[PartitionOffsets], any Error>
    /// Nil where the daemon has no lake at hand.
    var backlog: Result<Backlog, any Error>?
    var lake: Result<Lake, any Error>?
    var models: Result<[ModelRecord], any Error>
    var top: [Int]
    var index: IVFIndexFacts?
    var latencies: [Latency]
    var requestCount: Int64

    /// Asks log, lake and store; what is in memory is taken as it is.
    static func read(
        log: any EventLog, lake: (any EventLake)?, documents: any DocumentStore, snapshot: ServingSnapshot,
        metrics: MetricsRegistry
    ) -> OperationsFacts {
        let latencies = metrics.histograms(named: latencyName).map { labels, histogram in
            Latency(
                method: labels["method"] ?? "", route: labels["route"] ?? "", histogram: histogram,
                count: histogram.count)
        }.filter { $0.count > 0 }.sorted { ($1.count, $0.route) < ($0.count, $1.route) }
        return OperationsFacts(
            offsets: Result { try log.offsets() },
            backlog: lake.map { lake in Result { try Backlog.read(log: log, lake: lake, store: documents) } },
            lake: lake.map { lake in Result { Lake(version: try lake.version(), days: try lake.days()) } },
            models: Result { Array(try documents.models().prefix(modelLimit)) },
            top: snapshot.catalogue.byPopularity.prefix(topLimit).map(Int.init), index: snapshot.model?.index.facts(),
            latencies: Array(latencies.filter { !WebRoute.paths.contains($0.route) }.prefix(latencyLimit)),
            requestCount: latencies.reduce(0) { $0 + Int64(clamping: $1.count) })
    }

    /// The sample these facts are.
    func sample(at time: Int64) -> ThroughputSample {
        ThroughputSample(
            at: time, appended: (try? offsets.get()).map { $0.reduce(0) { $0 + $1.end } },
            lag: (try? backlog?.get())?.lag, requests: requestCount)
    }
}
