import Foundation
import HTTPServer
import Synchronization
import TestSupport
import Testing

/// The server over real sockets.
@Suite struct HTTPServerTests {
    /// A handler that waits until the test opens it.
    final class Gate: Sendable {
        private let entries = DispatchSemaphore(value: 0)
        private let opening = DispatchSemaphore(value: 0)

        func pass() {
            entries.signal()
            opening.wait()
        }
        func waitForEntry() -> Bool { entries.wait(timeout: .now() + 20) == .success }
        func open(_ count: Int = 1) { for _ in 0..<count { opening.signal() } }
    }

    final class Records: RequestObserver {
        let all = Mutex<[RequestRecord]>([])
        func requestCompleted(_ record: RequestRecord) { all.withLock { $0.append(record) } }
    }

    func withServer(
        _ change: (inout HTTPServerOptions) -> Void = { _ in }, gate: Gate = Gate(),
        observers: [any RequestObserver] = [],
        _ body: (HTTPServer, Int) throws -> Void
    ) throws {
        var router = Router()
        router.add(.get, "/hello") { _ in .text("hello") }
        router.add(.get, "/echo") { request in .text(try request.query().required("text")) }
        router.add(.get, "/large") { _ in HTTPResponse(body: Array(repeating: 120, count: 32 << 20)) }
        router.add(.get, "/slow", .blocking) { _ in
            gate.pass()
            return .text("slow")
        }
        router.add(.get, "/sometimes") { request in
            guard request.mayBlock else { throw HTTPRetryOnWorker() }
            gate.pass()
            return .text("waited")
        }
        router.add(.post, "/count") { .text(String($0.body.count)) }
        router.add(.post, "/count-slowly", .blocking) { .text(String($0.body.count)) }
        router.add(.post, "/small", bodyByteLimit: 10) { .text(String($0.body.count)) }
        router.add(.get, "/address") { .text($0.remoteAddress) }
        router.add(.get, "/field") { .text($0.headers["x-test"] ?? "none") }
        var options = HTTPServerOptions()
        options.port = 0
        options.threadCount = 2
        options.workerCount = 2
        options.bodyByteLimit = 1000
        options.drainTimeout = .seconds(20)
        change(&options)
        let server = HTTPServer(options: options, router: router, observers: observers)
        try server.start()
        defer { server.stop() }
        try body(server, try #require(server.port))
    }

    /// One request on a connection of its own.
    func get(_ port: Int, _ target: String, _ fields: String = "") throws -> RawClient.Answer {
        let client = try RawClient(port: port)
        return try client.get(target, fields)
    }

    // MARK: - Keep-alive, pipelining

    @Test func oneConnectionCarriesManyRequests() throws {
        try withServer { _, port in
            let client = try RawClient(port: port)
            for index in 0..<50 {
                let answer = try client.get("/echo?text=t\(index)")
                #expect(answer.status == 200)
                #expect(answer.text == "t\(index)")
            }
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() throws {
        try withServer { _, port in
            let client = try RawClient(port: port)
            let requests = (0..<200).map { index in
                index % 10 == 3
                    ? "POST /count-slowly HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde"
                    : "GET /echo?text=\(index) HTTP/1.1\r\nHost: x\r\n\r\n"
            }
            client.send(requests.joined())
            for index in 0..<200 { #expect(try client.receive().text == (index % 10 == 3 ? "5" : "\(index)")) }
        }
    }

    @Test func aRequestInSinglePiecesIsReadWhole() throws {
        try withServer { _, port in
            let client = try RawClient(port: port)
            for byte in "POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc".utf8 { client.send([byte]) }
            #expect(try client.receive().text == "3")
        }
    }

    @Test func anHTTP10RequestIsAnsweredAndClosed() throws {
        try withServer { _, port in
            let client = try RawClient(port: port)
            client.send("GET /hello HTTP/1.0\r\n\r\n")
            #expect(try client.receive().text == "hello")
            #expect(client.isClosedByPeer())
        }
    }

    @Test func headSendsTheLengthAndNoBody() throws {
        try withServer { _, port in
            let client = try RawClient(port: port)
            client.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
            let head = try client.receive(isHead: true)
            #expect(head["Content-Length"] == "5")
            #expect(try client.receive().text == "hello")
        }
    }

    @Test func fieldsAndAddressReachTheHandler() throws {
        try withServer { _, port in
            let client = try RawClient(port: port)
            #expect(try client.get("/field", "X-TEST: a, b\r\n").text == "a, b")
            #expect(try client.get("/address").text == "127.0.0.1")
        }
    }

    @Test func aChunkedBodyIsReadWhole() throws {
        try withServer { _, port in
            let client = try RawClient(port: port)
            client.send(
                "POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n3\r\nabc\r\n0\r\n\r\n"
            )
            #expect(try client.receive().text == "8")
            #expect(try client.get("/hello").text == "hello")
        }
    }

    // MARK: - Blocking routes

    @Test func inlineRoutesAnswerWhileBlockingOnesWait() throws {
        let gate = Gate()
        try withServer(gate: gate) { _, port in
            let slow = try RawClient(port: port)
            slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(gate.waitForEntry())
            for _ in 0..<10 { #expect(try get(port, "/hello").text == "hello") }
            gate.open()
            #expect(try slow.receive().text == "slow")
        }
    }

    @Test func anInlineRouteMayAskForAWorker() throws {
        let gate = Gate()
        try withServer(gate: gate) { _, port in
            let client = try RawClient(port: port)
            client.send("GET /sometimes HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(gate.waitForEntry())
            for _ in 0..<4 { #expect(try get(port, "/hello").text == "hello") }
            gate.open()
            #expect(try client.receive().text == "waited")
        }
    }

    @Test func moreBlockingRequestsThanTheQueueHoldsAre503() throws {
        let gate = Gate()
        let records = Records()
        try withServer({ $0.workerQueueLimit = 1 }, gate: gate, observers: [records]) { _, port in
            let clients = try (0..<4).map { index in
                let client = try RawClient(port: port)
                client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
                if index < 2 { #expect(gate.waitForEntry()) }
                return client
            }
            // Two run; of the other two one waits and the other is refused while the gate is still shut.
            #expect(eventually { records.all.withLock { $0.map(\.status) == [.serviceUnavailable] } })
            gate.open(3)
            let answers = try clients.map { try $0.receive() }
            #expect(answers.map(\.status).sorted() == [200, 200, 200, 503])
            #expect(answers.first { $0.status == 503 }?["Retry-After"] == "1")
        }
    }

    // MARK: - End

    @Test func stopLetsRequestsUnderWayFinish() throws {
        let gate = Gate()
        try withServer(gate: gate) { server, port in
            let slow = try RawClient(port: port)
            slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(gate.waitForEntry())
            let stopped = DispatchSemaphore(value: 0)
            Thread {
                server.stop()
                stopped.signal()
            }.start()
            #expect(eventually { (try? RawClient(port: port)) == nil })
            gate.open()
            let answer = try slow.receive()
            #expect(answer.text == "slow")
            #expect(answer["Connection"]?.lowercased() == "close")
            #expect(stopped.wait(timeout: .now() + 20) == .success)
            #expect(server.port == nil)
        }
    }

    @Test func stopUnderLoadBreaksNoAnswerOff() throws {
        try withServer { server, port in
            let failures = Atomic(0)
            let answered = Atomic(0)
            let group = DispatchGroup()
            for _ in 0..<8 {
                group.enter()
                Thread {
                    defer { group.leave() }
                    guard let client = try? RawClient(port: port) else {
                        failures.add(1, ordering: .relaxed)
                        return
                    }
                    // An answer is whole or does not come; the connection may end between two.
                    while let answer = try? client.get("/echo?text=abc") {
                        if answer.status != 200 || answer.text != "abc" { failures.add(1, ordering: .relaxed) }
                        answered.add(1, ordering: .relaxed)
                    }
                }.start()
            }
            #expect(eventually { answered.load(ordering: .relaxed) >= 200 })
            server.stop()
            #expect(group.wait(timeout: .now() + 20) == .success)
            #expect(failures.load(ordering: .relaxed) == 0)
        }
    }

    @Test func aPortThatIsTakenIsSaid() throws {
        try withServer { _, port in
            var options = HTTPServerOptions()
            options.port = port
            let second = HTTPServer(options: options, router: Router())
            let error = #expect(throws: HTTPServerError.self) { try second.start() }
            #expect(error?.code == .cannotListen)
            #expect(error?.reason.contains("\(port)") == true)
        }
    }

    @Test func observersSeeRouteStatusAndSizes() throws {
        let records = Records()
        try withServer(observers: [records]) { server, port in
            let client = try RawClient(port: port)
            _ = try client.get("/hello")
            client.send("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
            _ = try client.receive()
            _ = try client.get("/nothing?x")
            server.stop()
        }
        let all = records.all.withLock { $0 }
        #expect(all.map(\.routeIndex) == [0, 5, nil])
        #expect(all.map(\.status) == [.ok, .ok, .notFound])
        #expect(all.map(\.requestByteCount) == [0, 3, 0])
        #expect(all.map(\.responseByteCount).prefix(2) == [5, 1])
        #expect(all.allSatisfy { $0.isComplete && $0.duration > .zero })
    }
}
