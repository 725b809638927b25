public import ServiceKit
import Synchronization

/// Counts requests and times them, by method, route pattern and status: never by raw path, which a client could make up
/// without end.
///
/// `http_requests_total{method,route,status}`, `http_request_duration_seconds{method,route}`,
/// `http_request_bytes_total`, `http_response_bytes_total`, `http_requests_aborted_total`.
public final class RequestMetrics: RequestObserver {
    /// The metrics of one route.
    private final class RouteMetrics: Sendable {
        let registry: MetricsRegistry
        let labels: MetricLabels
        let duration: Histogram
        /// Nearly every answer, so without the lock.
        let ok: Counter
        let byStatus = Mutex<[Int: Counter]>([:])

        init(_ registry: MetricsRegistry, method: String, pattern: String) {
            self.registry = registry
            labels = ["method": method, "route": pattern]
            duration = registry.histogram(
                "http_request_duration_seconds", "From the request line to the last byte handed to the system.",
                labels: labels)
            ok = Self.counter(registry, labels, 200)
        }

        func counter(_ status: Int) -> Counter {
            if status == 200 { return ok }
            return byStatus.withLock { counters in
                if let known = counters[status] { return known }
                let made = Self.counter(registry, labels, status)
                counters[status] = made
                return made
            }
        }

        private static func counter(_ registry: MetricsRegistry, _ labels: MetricLabels, _ status: Int) -> Counter {
            var labels = labels
            labels["status"] = "\(status)"
            return registry.counter("http_requests_total", "Requests answered.", labels: labels)
        }
    }

    private let routes: [RouteMetrics]
    private let unmatched: RouteMetrics
    private let received: Counter
    private let sent: Counter
    private let aborted: Counter

    /// Metrics of the routes that `router` has now.
    public init(registry: MetricsRegistry, router: Router) {
        routes = router.routes.map { RouteMetrics(registry, method: $0.method.name, pattern: $0.pattern) }
        unmatched = RouteMetrics(registry, method: "any", pattern: "unmatched")
        received = registry.counter("http_request_bytes_total", "Bytes of request bodies.")
        sent = registry.counter("http_response_bytes_total", "Bytes of answers' bodies.")
        aborted = registry.counter("http_requests_aborted_total", "Requests whose answer did not go out whole.")
    }

    /// Counts a request.
    public func requestCompleted(_ record: RequestRecord) {
        let metrics = record.routeIndex.map { routes[$0] } ?? unmatched
        if let status = record.status { metrics.counter(status.rawValue).increment() }
        metrics.duration.record(record.duration)
        if record.requestByteCount > 0 { received.increment(by: record.requestByteCount) }
        sent.increment(by: record.responseByteCount)
        if !record.isComplete { aborted.increment() }
    }
}
