import HTTPServer
import ServiceKit

/// The bare server: one inline route that renders about a kilobyte of JSON, with metrics as in production.
enum HTTPBenchmark: Benchmark {
    static let command = "http"
    static let summary = "requests a second of a 1 KB inline answer, driven by wrk on the same cores"
    static let options = [
        BenchmarkOption("seconds", "length of the run (10)"),
        BenchmarkOption("threads", "event threads, 0 for one a core (0)"),
        BenchmarkOption("connections", "connections wrk holds (64)"),
        BenchmarkOption("observers", "count and time requests as in production (true)"),
    ]

    static func run(_ arguments: Arguments) throws {
        var options = HTTPServerOptions()
        options.port = 0
        options.threadCount = try arguments.integer("threads", default: 0)
        var router = Router()
        router.add(.get, "/answer/{id}") { request in
            let id = request.capture("id")
            return HTTPResponse.json { writer in
                writer.beginObject()
                writer.key("songs")
                writer.beginArray()
                for index in 0..<10 {
                    writer.beginObject()
                    writer.member("id", id)
                    writer.member("title", "A title as long as they mostly are")
                    writer.member("artist", "Somebody")
                    writer.member("plays", index * 1000)
                    writer.endObject()
                }
                writer.endArray()
                writer.endObject()
            }
        }
        let metrics = RequestMetrics(registry: MetricsRegistry(), router: router)
        let isObserved = arguments.string("observers") != "false"
        let server = HTTPServer(options: options, router: router, observers: isObserved ? [metrics] : [])
        try server.start()
        defer { server.stop() }
        let driver = WrkDriver(
            port: server.port ?? 0, threads: 1, connections: try arguments.integer("connections", default: 64),
            seconds: try arguments.integer("seconds", default: 10), script: #"wrk.path = "/answer/s000042""#)
        let report = try driver.run()
        var line = JSONLine(bench: "http")
        line.set("rps", report.requestsPerSecond, digits: 0)
        line.set("p50_us", report.p50Microseconds, digits: 0)
        line.set("p99_us", report.p99Microseconds, digits: 0)
        line.set("p999_us", report.p999Microseconds, digits: 0)
        line.set("errors", report.errors)
        line.set("rss_mb", MeasuredProcess.residentMegabytes(), digits: 1)
        line.print()
    }
}
