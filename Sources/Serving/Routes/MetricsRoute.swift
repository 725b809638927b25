import HTTPServer
import ServiceKit

/// `GET /metrics`: everything the process measures, as Prometheus text.
enum MetricsRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        router.add(.get, "/metrics", .blocking) { _ in
            var text: [UInt8] = []
            context.metrics.emit(into: &text)
            return HTTPResponse(contentType: "text/plain; version=0.0.4; charset=utf-8", body: text)
        }
    }
}
