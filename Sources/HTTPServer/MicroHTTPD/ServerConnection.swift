import CMicroHTTPD
import Glibc
import ServiceKit
import Synchronization

/// One client connection and the request it is at. libmicrohttpd handles the requests of a connection one after the other,
/// so one object serves them all and nothing is allocated a request but what the request holds.
///
/// ```
///  idle ─ request line ─► header ─ fields ─► body ─► ready ─► answer ─► idle
///                                    └────────────────┘ │        ▲
///                                                     asleep ────┘  (blocking route: a worker runs it)
/// ```
final class ServerConnection: @unchecked Sendable {
    // Sendable: owned by the event thread of its connection. A worker touches it only between suspend and resume, when
    // the event thread does not; libmicrohttpd's own lock orders the two. `deadline` is atomic, `descriptor` constant.
    private enum Phase {
        case idle
        case header
        case body
        case ready
        case asleep
        case answered(HTTPResponse)
        case sent
    }

    /// Bytes of an unwanted body that are read and dropped so that the client hears why; more than that is cut.
    private static let discardByteLimit = 256 * 1024

    let descriptor: Int32
    /// Monotonic nanoseconds after which the sweeper cuts the connection.
    let deadline: Atomic<Int64>
    private let core: ServerCore
    private let handle: OpaquePointer
    private let remoteAddress: String

    private var phase = Phase.idle
    private var target: [UInt8] = []
    private var method = HTTPMethod.other
    private var headers = HTTPHeaders()
    private var body: [UInt8] = []
    private var bodyByteLimit = 0
    private var receivedByteCount = 0
    private var match = Router.Match.error(.notFound("there is nothing here"))
    private var startedAt = MonotonicTime(nanoseconds: 0)
    private var status: HTTPStatus?
    private var sentByteCount = 0

    init(core: ServerCore, handle: OpaquePointer) {
        self.core = core
        self.handle = handle
        descriptor = segue_mhd_socket(handle)
        remoteAddress = ListenSocket.text(of: segue_mhd_client_address(handle))
        deadline = Atomic(MonotonicTime.now.advanced(by: core.options.idleTimeout).nanoseconds)
    }

    static func of(_ handle: OpaquePointer) -> ServerConnection? {
        segue_mhd_socket_context(handle).map { Unmanaged<ServerConnection>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: - What libmicrohttpd tells

    /// The request line is there.
    func begin(target text: UnsafePointer<CChar>) {
        startedAt = MonotonicTime.now
        phase = .header
        let count = strlen(text)
        target = text.withMemoryRebound(to: UInt8.self, capacity: count) {
            Array(UnsafeBufferPointer(start: $0, count: count))
        }
        core.requestBegan()
    }

    /// The header is whole (first call), a piece of the body is there, or the request is whole (last call).
    func handle(
        method: UnsafePointer<CChar>, version: UnsafePointer<CChar>?, data: UnsafePointer<CChar>?,
        byteCount: UnsafeMutablePointer<Int>
    ) -> MHD_Result {
        switch phase {
        case .header: return header(method: method, version: version)
        case .body where byteCount.pointee > 0:
            guard let data else { return .NO }
            defer { byteCount.pointee = 0 }
            return receive(UnsafeRawBufferPointer(start: data, count: byteCount.pointee)) ? .YES : .NO
        case .body, .ready: return answer()
        case .answered(let response): return send(response)
        case .asleep, .sent: return .YES
        case .idle: return .NO
        }
    }

    /// The answer went out, or never will.
    func complete(isOK: Bool) {
        let now = MonotonicTime.now
        core.requestEnded(record(now: now, isOK: isOK))
        phase = .idle
        target = []
        headers = HTTPHeaders()
        body = []
        receivedByteCount = 0
        status = nil
        sentByteCount = 0
        setDeadline(now, core.options.idleTimeout)
    }

    private func record(now: MonotonicTime, isOK: Bool) -> RequestRecord {
        var routeIndex: Int?
        if case .route(let index, _) = match { routeIndex = index }
        return RequestRecord(
            method: method, routeIndex: routeIndex, target: target, status: status,
            requestByteCount: receivedByteCount, responseByteCount: sentByteCount,
            duration: now.duration(since: startedAt), remoteAddress: remoteAddress, isComplete: isOK)
    }

    private func setDeadline(_ now: MonotonicTime, _ timeout: Duration) {
        deadline.store(now.advanced(by: timeout).nanoseconds, ordering: .relaxed)
    }

    // MARK: - Header and body

    private func header(method name: UnsafePointer<CChar>, version: UnsafePointer<CChar>?) -> MHD_Result {
        method = HTTPMethod(name: String(cString: name))
        readFields()
        match = target.withUnsafeBufferPointer { target in
            let end = target.firstIndex(of: UInt8(ascii: "?")) ?? target.count
            return core.router.match(method, self.target[..<end])
        }
        if case .route(let index, _) = match {
            bodyByteLimit = core.router.routes[index].bodyByteLimit ?? core.options.bodyByteLimit
        } else {
            bodyByteLimit = 0
        }
        let framing = BodyFraming(headers)
        if let error = refusal(framing, mustNameHost: version.map { String(cString: $0) == "HTTP/1.1" } ?? false) {
            match = .error(error)
        }
        guard framing.hasBody else {
            phase = .ready
            return .YES
        }
        if case .error(let error) = match, !framing.canBeDiscarded(limit: Self.discardByteLimit) {
            // An answer before the body is read makes libmicrohttpd close the connection afterwards.
            return send(error.response(instance: path))
        }
        phase = .body
        setDeadline(startedAt, core.options.bodyTimeout)
        if let byteCount = framing.byteCount, byteCount <= bodyByteLimit { body.reserveCapacity(byteCount) }
        return .YES
    }

    private func readFields() {
        let closure = Unmanaged.passUnretained(self).toOpaque()
        _ = MHD_get_connection_values_n(
            handle, .HEADER_KIND,
            { closure, _, name, nameCount, value, valueCount in
                guard let closure, let name else { return .NO }
                let own = Unmanaged<ServerConnection>.fromOpaque(closure).takeUnretainedValue()
                own.headers.add(
                    name: UnsafeRawBufferPointer(start: name, count: nameCount).assumingMemoryBound(to: UInt8.self),
                    value: UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : valueCount)
                        .assumingMemoryBound(to: UInt8.self))
                return .YES
            }, closure)
    }

    /// Why the request cannot be accepted, by its header alone.
    private func refusal(_ framing: BodyFraming, mustNameHost: Bool) -> HTTPError? {
        let options = core.options
        if target.count > options.targetByteLimit {
            return HTTPError(.uriTooLong, "the target is longer than \(options.targetByteLimit) bytes")
        }
        if target.count + headers.byteCount > options.headerByteLimit {
            return HTTPError(
                .requestHeaderFieldsTooLarge, "the header is longer than \(options.headerByteLimit) bytes")
        }
        if target.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
            return .badRequest("the target holds a space or a control character")
        }
        // RFC 9112 §3.2: exactly one Host.
        let hostCount = headers.count(of: "Host")
        if hostCount > 1 || (mustNameHost && hostCount == 0) { return .badRequest("there must be one Host field") }
        if let error = framing.error { return error }
        if case .error = match { return nil }
        if let byteCount = framing.byteCount, byteCount > bodyByteLimit {
            return .contentTooLarge(limit: bodyByteLimit)
        }
        return nil
    }

    /// - Returns: whether to read on.
    private func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        receivedByteCount += bytes.count
        if case .error = match { return receivedByteCount <= bodyByteLimit + Self.discardByteLimit }
        guard receivedByteCount <= bodyByteLimit else {
            match = .error(.contentTooLarge(limit: bodyByteLimit))
            body = []
            return true
        }
        body.append(contentsOf: bytes)
        return true
    }

    // MARK: - Answer

    private var path: String {
        String(decoding: target.prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self)
    }

    private func answer() -> MHD_Result {
        let request = HTTPRequest(
            method: method, target: target, headers: headers, body: body, remoteAddress: remoteAddress)
        body = []
        if !core.router.isBlocking(match), let response = core.router.respond(to: request, match: match) {
            return send(response)
        }
        phase = .asleep
        deadline.store(.max, ordering: .relaxed)
        MHD_suspend_connection(handle)
        let isAccepted = core.workers.submit { [self, match] in
            wake(core.router.respondWaiting(to: request, match: match))
        }
        if !isAccepted {
            let error = HTTPError.unavailable("the server has more to do than it can; try again", retryAfterSeconds: 1)
            wake(error.response(instance: path))
        }
        return .YES
    }

    private func wake(_ response: HTTPResponse) {
        phase = .answered(response)
        MHD_resume_connection(handle)
    }

    private func send(_ response: HTTPResponse) -> MHD_Result {
        phase = .sent
        setDeadline(MonotonicTime.now, core.options.answerTimeout)
        guard let prepared = Self.prepare(response.body) else { return .NO }
        defer { MHD_destroy_response(prepared) }
        var isAdded = true
        if let contentType = response.contentType {
            isAdded = MHD_add_response_header(prepared, "Content-Type", contentType) == .YES
        }
        response.headers.forEach { name, value in
            isAdded = isAdded && MHD_add_response_header(prepared, name, value) == .YES
        }
        if core.isDraining {
            isAdded = isAdded && MHD_add_response_header(prepared, "Connection", "close") == .YES
        }
        // A field libmicrohttpd refuses (a line break in a value) is a handler's bug; the client must not see half of it.
        guard isAdded else { return .NO }
        status = response.status
        sentByteCount = method == .head ? 0 : response.body.count
        return MHD_queue_response(handle, UInt32(response.status.rawValue), prepared)
    }

    /// Copies the body into the response: one `memcpy`, cheaper than keeping the array alive through a callback.
    private static func prepare(_ body: [UInt8]) -> OpaquePointer? {
        body.withUnsafeBytes { bytes in
            MHD_create_response_from_buffer(
                bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
        }
    }
}

/// How a request's header says its body is delimited (RFC 9112 §6).
private struct BodyFraming {
    var byteCount: Int?
    var isChunked = false
    var expectsContinue = false
    var error: HTTPError?

    init(_ headers: HTTPHeaders) {
        if let coding = headers["Transfer-Encoding"] {
            isChunked = true
            if headers.count(of: "Content-Length") > 0 {
                // The smuggler's pair: two ways to see where the next request starts.
                error = .badRequest("Content-Length and Transfer-Encoding exclude each other")
            } else if coding.lowercased() != "chunked" || headers.count(of: "Transfer-Encoding") > 1 {
                error = HTTPError(.notImplemented, "the only transfer coding this server reads is chunked")
            }
        } else if let text = headers["Content-Length"] {
            byteCount = Int(text)
            if headers.count(of: "Content-Length") > 1 { error = .badRequest("there must be one Content-Length field") }
        }
        expectsContinue = headers["Expect"] != nil
    }

    var hasBody: Bool { isChunked || (byteCount ?? 0) > 0 }

    /// Whether an unwanted body is worth reading: cheaper than a reset that may take the answer with it.
    func canBeDiscarded(limit: Int) -> Bool {
        guard !expectsContinue, error == nil, let byteCount else { return false }
        return byteCount <= limit
    }
}
