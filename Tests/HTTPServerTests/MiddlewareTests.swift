import Foundation
import HTTPServer
import ServiceKit
import Synchronization
import TestSupport
import Testing

@Suite struct MiddlewareTests {
    private final class Lines: LogOutput {
        let all = Mutex<[LogRecord]>([])
        func write(_ record: LogRecord) { all.withLock { $0.append(record) } }
    }

    private func record(_ route: Int?, _ status: Int?, milliseconds: Int = 1, isComplete: Bool = true) -> RequestRecord
    {
        RequestRecord(
            method: .get, routeIndex: route, target: Array("/songs/secret?x=1".utf8),
            status: status.map { HTTPStatus(rawValue: $0) }, requestByteCount: 3, responseByteCount: 100,
            duration: .milliseconds(milliseconds), remoteAddress: "10.0.0.1", isComplete: isComplete)
    }

    // MARK: - Compression

    private var router: Router {
        var router = Router(middleware: [Compression(minimumByteCount: 100)])
        router.add(.get, "/large") { _ in .text(String(repeating: "song ", count: 1000)) }
        router.add(.get, "/small") { _ in .text("song") }
        router.add(.get, "/picture") { _ in
            HTTPResponse(contentType: "image/png", body: Array(repeating: 0, count: 999))
        }
        return router
    }

    private func get(_ target: String, accepting coding: String?) -> HTTPResponse {
        let headers = HTTPHeaders(coding.map { [("accept-encoding", $0)] } ?? [])
        return router.respond(to: HTTPRequest(target: target, headers: headers))
    }

    @Test(arguments: ["gzip", "deflate, gzip;q=0.5", "br;q=1.0, GZIP", "*", "identity;q=0, *;q=0.1"])
    func aLargeTextIsCompressedForAClientThatAsks(coding: String) throws {
        let response = get("/large", accepting: coding)
        #expect(response.headers["Content-Encoding"] == "gzip")
        #expect(response.headers["Vary"] == "Accept-Encoding")
        #expect(try gunzip(response.body) == Array(String(repeating: "song ", count: 1000).utf8))
    }

    @Test(arguments: [nil, "", "identity", "gzip;q=0", "br", "*;q=0", "gzip;q=0, *"])
    func itIsNotCompressedForOthers(coding: String?) {
        let response = get("/large", accepting: coding)
        #expect(response.headers["Content-Encoding"] == nil)
        #expect(response.headers["Vary"] == "Accept-Encoding")
        #expect(response.body.count == 5000)
    }

    @Test(arguments: ["/small", "/picture"])
    func whatIsSmallOrNoTextIsLeftAlone(target: String) {
        #expect(get(target, accepting: "gzip").headers["Content-Encoding"] == nil)
    }

    /// By the gzip program, not by our own zlib calls.
    private func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
        try withTemporaryDirectory { directory in
            let path = try directory.write("x.gz", bytes)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["gzip", "-d", path]
            try process.run()
            process.waitUntilExit()
            return Array(try Data(contentsOf: URL(fileURLWithPath: directory.path("x"))))
        }
    }

    // MARK: - Same origin

    @Test(arguments: [
        (nil, 200), ("http://api.example:8080", 200), ("https://API.example:8080", 200), ("http://evil.example", 403),
        ("null", 403), ("http://api.example", 403),
    ])
    func aFormOfAnotherSiteIsRefused(origin: String?, status: Int) {
        var router = Router(middleware: [SameOrigin()])
        router.add(.post, "/events") { _ in .text("done") }
        router.add(.get, "/events") { _ in .text("read") }
        let headers = HTTPHeaders([("Host", "api.example:8080")] + (origin.map { [("Origin", $0)] } ?? []))
        #expect(
            router.respond(to: HTTPRequest(method: .post, target: "/events", headers: headers)).status.rawValue
                == status)
        #expect(router.respond(to: HTTPRequest(target: "/events", headers: headers)).status == .ok)
    }

    // MARK: - Static assets

    @Test func anAssetIsSentOnceAndThen304() throws {
        let asset = StaticAsset(Array(String(repeating: "<p>", count: 500).utf8), contentType: "text/html")
        let first = asset.response(to: HTTPRequest(target: "/"))
        let tag = try #require(first.headers["ETag"])
        #expect(first.body.count == 1500)
        for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
            let again = asset.response(to: HTTPRequest(target: "/", headers: HTTPHeaders([("If-None-Match", known)])))
            #expect(again.status == .notModified)
            #expect(again.body.isEmpty)
            #expect(again.headers["ETag"] == tag)
        }
        let other = asset.response(to: HTTPRequest(target: "/", headers: HTTPHeaders([("If-None-Match", "\"other\"")])))
        #expect(other.status == .ok)
        let changed = StaticAsset(Array(String(repeating: "<q>", count: 500).utf8), contentType: "text/html")
        #expect(changed.entityTag != tag)
    }

    @Test func anAssetIsSentCompressed() throws {
        let content = Array(String(repeating: "<p>", count: 500).utf8)
        let asset = StaticAsset(content, contentType: "text/html")
        let response = asset.response(to: HTTPRequest(target: "/", headers: HTTPHeaders([("Accept-Encoding", "gzip")])))
        #expect(response.headers["Content-Encoding"] == "gzip")
        #expect(try gunzip(response.body) == content)
    }

    // MARK: - Metrics and access log

    @Test func requestsAreCountedByRouteNotByPath() {
        let registry = MetricsRegistry()
        var router = Router()
        router.add(.get, "/songs/{id}") { _ in .text("x") }
        let metrics = RequestMetrics(registry: registry, router: router)
        metrics.requestCompleted(record(0, 200))
        metrics.requestCompleted(record(0, 200))
        metrics.requestCompleted(record(0, 404))
        metrics.requestCompleted(record(nil, 404))
        metrics.requestCompleted(record(0, nil, isComplete: false))
        let text = registry.text
        #expect(text.contains(#"http_requests_total{method="GET",route="/songs/{id}",status="200"} 2"#))
        #expect(text.contains(#"http_requests_total{method="GET",route="/songs/{id}",status="404"} 1"#))
        #expect(text.contains(#"http_requests_total{method="any",route="unmatched",status="404"} 1"#))
        #expect(text.contains(#"http_request_duration_seconds_count{method="GET",route="/songs/{id}"} 4"#))
        #expect(text.contains("http_requests_aborted_total 1"))
        #expect(text.contains("http_response_bytes_total 500"))
        #expect(!text.contains("secret"))
    }

    @Test func theAccessLogSelects() {
        for (selection, expected) in [(AccessLog.Selection.none, 0), (.problems, 2), (.all, 3)] {
            let lines = Lines()
            let log = AccessLog(selection, slow: .milliseconds(100), logger: Logger(label: "t", output: lines))
            log.requestCompleted(record(0, 200))
            log.requestCompleted(record(0, 503))
            log.requestCompleted(record(0, 200, milliseconds: 101))
            let all = lines.all.withLock { $0 }
            #expect(all.count == expected)
            #expect(all.allSatisfy { $0.message == "GET /songs/secret?x=1" && $0.metadata["from"] == "10.0.0.1" })
        }
    }

    // MARK: - TLS

    @Test func tlsServesWithAGivenCertificate() throws {
        try withTemporaryDirectory { directory in
            let (certificate, key) = (directory.path("cert.pem"), directory.path("key.pem"))
            try run(
                "openssl",
                [
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "1",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                ])
            var options = HTTPServerOptions()
            options.port = 0
            options.threadCount = 1
            options.tls = HTTPServerTLS(certificatePath: certificate, keyPath: key)
            var router = Router()
            router.add(.get, "/") { _ in .text("secret hello") }
            let server = HTTPServer(options: options, router: router)
            try server.start()
            defer { server.stop() }
            let port = try #require(server.port)
            let answer = try run(
                "curl",
                [
                    "-sS", "--cacert", certificate, "--resolve", "localhost:\(port):127.0.0.1",
                    "https://localhost:\(port)/",
                ])
            #expect(answer == "secret hello")
        }
    }

    @Test func aCertificateThatCannotBeUsedIsSaid() throws {
        try withTemporaryDirectory { directory in
            var options = HTTPServerOptions()
            options.port = 0
            let path = try directory.write("cert.pem", "nothing")
            options.tls = HTTPServerTLS(certificatePath: path, keyPath: directory.path("missing.pem"))
            for _ in 0..<2 {
                let error = #expect(throws: HTTPServerError.self) {
                    try HTTPServer(options: options, router: Router()).start()
                }
                #expect(error?.code == .badCertificate)
                #expect(error?.reason.contains(directory.path) == true)
                options.tls = HTTPServerTLS(certificatePath: path, keyPath: path)
            }
            try directory.write("cert.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
            let error = #expect(throws: HTTPServerError.self) {
                try HTTPServer(options: options, router: Router()).start()
            }
            #expect(error?.code == .badCertificate)
        }
    }

    @discardableResult
    private func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self)
    }
}
