import Foundation
import HTTPServer
import Synchronization
import TestSupport
import Testing

/// What clients must not get away with.
extension HTTPServerTests {
    // MARK: - Limits

    @Test func aBodyOverTheLimitIs413AndTheConnectionLives() throws {
        try withServer { _, port in
            let client = try RawClient(port: port)
            client.send("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n")
            client.send([UInt8](repeating: 97, count: 1001))
            #expect(try client.receive().status == 413)
            client.send("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
            client.send([UInt8](repeating: 97, count: 1000))
            #expect(try client.receive().text == "1000")
            client.send("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n01234567890")
            #expect(try client.receive().status == 413)
        }
    }

    @Test func aHugeBodyIsRefusedBeforeItIsSent() throws {
        try withServer { _, port in
            let client = try RawClient(port: port)
            client.send("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
            let answer = try client.receive()
            #expect(answer.status == 413)
            #expect(answer["Content-Type"] == "application/problem+json")
            #expect(client.isClosedByPeer())
        }
    }

    @Test func anEndlessChunkedBodyIsCut() throws {
        try withServer { _, port in
            let client = try RawClient(port: port)
            client.send("POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "1000\r\n" + String(repeating: "x", count: 0x1000) + "\r\n"
            var sent = 0
            while sent < 1000, client.send(chunk) { sent += 1 }
            #expect(sent < 1000)
        }
    }

    @Test func aChunkedBodyOverTheLimitIs413() throws {
        try withServer { _, port in
            let client = try RawClient(port: port)
            client.send("POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            client.send("1000\r\n" + String(repeating: "x", count: 0x1000) + "\r\n0\r\n\r\n")
            #expect(try client.receive().status == 413)
        }
    }

    @Test func aHeaderOverTheLimitIs431AndATargetIs414() throws {
        try withServer { _, port in
            let large = String(repeating: "a", count: 8_500)
            let answer1 = try get(port, "/hello", "X: \(large)\r\n")
            #expect(answer1.status == 431)
            let answer2 = try get(port, "/hello?\(large.prefix(4_200))")
            #expect(answer2.status == 414)
            let huge = String(repeating: "a", count: 100_000)
            let answer3 = try get(port, "/hello", "X: \(huge)\r\n")
            #expect(answer3.status == 431)
        }
    }

    @Test(arguments: [(100, 200), (1000, 200), (1100, 414), (5000, 414)])
    func manyParametersAreReadOrRefused(count: Int, status: Int) throws {
        try withServer { _, port in
            let parameters = String(repeating: "a=b&", count: count)
            let answer = try get(port, "/hello?\(parameters)")
            #expect(answer.status == status)
        }
    }

    @Test func manyFieldsAreWithinTheLimitOrRefused() throws {
        try withServer { _, port in
            let fields = (0..<200).map { "X-\($0): \($0)\r\n" }.joined()
            let answer4 = try get(port, "/hello", fields)
            #expect(answer4.status == 200)
            let more = (0..<5000).map { "X-\($0): \($0)\r\n" }.joined()
            let answer5 = try get(port, "/hello", more)
            #expect(answer5.status == 431)
        }
    }

    @Test func aClientThatTricklesItsHeaderIsCut() throws {
        try withServer {
            $0.idleTimeout = .milliseconds(300)
        } _: { _, port in
            let client = try RawClient(port: port)
            client.send("GET /hello HTTP/1.1\r\nX: ")
            #expect(eventually(every: .milliseconds(20)) { !client.send("a") })
        }
    }

    @Test func aClientThatTricklesItsBodyIsCut() throws {
        try withServer {
            $0.bodyTimeout = .milliseconds(300)
        } _: { _, port in
            let client = try RawClient(port: port)
            client.send("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n")
            #expect(eventually(every: .milliseconds(20)) { !client.send("a") })
        }
    }

    @Test func aClientThatDoesNotReadItsAnswerIsCut() throws {
        let records = Records()
        try withServer({ $0.answerTimeout = .milliseconds(300) }, observers: [records]) { _, port in
            let client = try RawClient(port: port)
            client.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(eventually { records.all.withLock { !$0.isEmpty } })
            #expect(records.all.withLock { $0.map(\.isComplete) } == [false])
        }
    }

    @Test func connectionsFromOneAddressAreLimited() throws {
        try withServer {
            $0.connectionLimitPerAddress = 3
            // On a busy machine the three must not be closed as idle before the fourth comes.
            $0.idleTimeout = .seconds(600)
        } _: { _, port in
            let clients = try (0..<3).map { _ in try RawClient(port: port) }
            // Kept open: a release build would end them after their last use, and make room for the next.
            defer { withExtendedLifetime(clients) {} }
            for client in clients { #expect(try client.get("/hello").status == 200) }
            #expect(throws: RawClient.Failure.self) { try get(port, "/hello") }
        }
    }

    @Test func aConnectionOverTheLimitWaitsUntilAnotherEnds() throws {
        try withServer {
            $0.threadCount = 1
            $0.connectionLimit = 2
            $0.idleTimeout = .seconds(600)
        } _: { server, port in
            var clients = try (0..<2).map { _ in try RawClient(port: port) }
            for client in clients { #expect(try client.get("/hello").status == 200) }
            // The system takes it; the server does not, as long as the two others are there.
            let waiting = try RawClient(port: port)
            waiting.send("GET /echo?text=waited HTTP/1.1\r\nHost: x\r\n\r\n")
            for _ in 0..<20 { #expect(try clients[0].get("/hello").status == 200) }
            #expect(server.connectionCount == 2)
            clients.removeFirst()
            #expect(try waiting.receive().text == "waited")
            withExtendedLifetime(clients) {}
        }
    }

    // MARK: - Bad requests

    @Test(arguments: [
        ("GET /hello HTTP/1.1\r\n\r\n", 400),
        ("GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET /he llo HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /hello?a=%zz HTTP/1.1\r\nHost: a\r\n\r\n", 200),
        ("GET /echo?text=%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        ("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        ("GET /..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        ("GET /hello%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("BREW /hello HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("get /hello HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("TRACE /hello HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        ("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400),
        ("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", 400),
        ("POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("POST /count HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    ])
    func aBadRequestGetsItsStatus(request: String, status: Int) throws {
        try withServer { _, port in
            let client = try RawClient(port: port)
            client.send(request)
            #expect(try client.receive().status == status)
        }
    }

    @Test(arguments: ["\r\n\r\n\r\n", "garbage\r\n\r\n", "\u{16}\u{3}\u{1}\u{0}\u{5}\r\n\r\n", "GET\r\n\r\n"])
    func garbageDoesNotHarmTheServer(bytes: String) throws {
        try withServer {
            $0.idleTimeout = .milliseconds(200)
        } _: { _, port in
            let client = try RawClient(port: port)
            client.send(bytes)
            #expect(client.isClosedByPeer())
            #expect(try get(port, "/hello").text == "hello")
        }
    }

    @Test func aClientThatLeavesDoesNotHarmTheServer() throws {
        let gate = Gate()
        try withServer(gate: gate) { server, port in
            for request in [
                "GET /hel", "GET /large HTTP/1.1\r\nHost: x\r\n\r\n", "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n",
            ] {
                let client = try RawClient(port: port)
                client.send(request)
            }
            #expect(gate.waitForEntry())
            gate.open()
            #expect(try get(port, "/hello").text == "hello")
        }
    }
}
