import CCurl
import Synchronization

/// Runs HTTP requests over pooled libcurl handles, so that connections are used again. May be called from many threads.
/// Shared with whoever else speaks HTTP (the tracking of runs): libcurl has one importer.
package final class HTTPTransfer: Sendable {
    /// What one request needs.
    package struct Request {
        var method: String
        var url: String
        var headers: [String: String]
        /// Sent as it is; it must stay in place during the call.
        var body: UnsafeRawBufferPointer?
        /// A longer answer is refused.
        var answerByteLimit: Int

        package init(
            method: String, url: String, headers: [String: String], body: UnsafeRawBufferPointer?, answerByteLimit: Int
        ) {
            self.method = method
            self.url = url
            self.headers = headers
            self.body = body
            self.answerByteLimit = answerByteLimit
        }
    }

    /// What came back.
    package struct Response {
        package var status: Int
        /// By lower-case name.
        package var headers: [String: String]
        package var body: [UInt8]
    }

    /// Why nothing came back.
    package struct Failure: Error {
        package var reason: String
        /// Whether another try may help.
        package var isRetriable: Bool
        /// Whether the server may have received the request all the same.
        package var mayHaveArrived: Bool
    }

    private let connectTimeout: Duration
    private let stallTimeout: Duration
    private let certificateAuthorities: String?
    private let idle = Mutex<[Handle]>([])

    /// Connections kept for later; more are closed after use.
    private static let idleLimit = 16

    package init(connectTimeout: Duration, stallTimeout: Duration, certificateAuthorities: String?) {
        self.connectTimeout = connectTimeout
        self.stallTimeout = stallTimeout
        self.certificateAuthorities = certificateAuthorities
    }

    /// Performs a request and waits for its answer, whatever its status.
    package func perform(_ request: Request) throws(Failure) -> Response {
        let pooled = idle.withLock { $0.popLast() }
        let handle: Handle
        if let pooled { handle = pooled } else { handle = try Handle() }
        let exchange = Exchange(limit: request.answerByteLimit)
        do throws(Failure) {
            let response = try run(request, on: handle, exchange)
            give(back: handle)
            return response
        } catch {
            // After a failure the state of the connection is anybody's guess.
            handle.close()
            throw error
        }
    }

    deinit {
        idle.withLock { handles in
            for handle in handles { handle.close() }
            handles = []
        }
    }

    private func give(back handle: Handle) {
        let isKept = idle.withLock { handles in
            guard handles.count < Self.idleLimit else { return false }
            handles.append(handle)
            return true
        }
        if !isKept { handle.close() }
    }

    private func run(_ request: Request, on handle: Handle, _ exchange: Exchange) throws(Failure) -> Response {
        curl_easy_reset(handle.pointer)
        var lines = request.headers.map { "\($0.key): \($0.value)" }
        // libcurl would add a form's content type, and wait for leave to send a body; neither is S3's way.
        lines += ["Content-Type:", "Expect:"].filter { line in
            !request.headers.keys.contains { line.lowercased().hasPrefix($0) }
        }
        let headers = try HeaderList(lines)
        defer { headers.free() }
        let context = Unmanaged.passUnretained(exchange).toOpaque()
        try setOptions(handle, request, headers, context)
        let code = withExtendedLifetime(exchange) { curl_easy_perform(handle.pointer) }
        guard code == CURLE_OK else { throw Self.failure(code, exchange) }
        var status = 0
        guard segue_curl_get_long(handle.pointer, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK else {
            throw Failure(reason: "the answer has no status", isRetriable: true, mayHaveArrived: true)
        }
        return Response(status: status, headers: exchange.headers, body: exchange.body)
    }

    private func setOptions(
        _ handle: Handle, _ request: Request, _ headers: HeaderList, _ context: UnsafeMutableRawPointer
    ) throws(Failure) {
        let curl = handle.pointer
        var code = segue_curl_set_text(curl, CURLOPT_URL, request.url)
        func set(_ option: CURLoption, _ value: Int) {
            if code == CURLE_OK { code = segue_curl_set_long(curl, option, value) }
        }
        func set(_ option: CURLoption, _ value: String) {
            if code == CURLE_OK { code = segue_curl_set_text(curl, option, value) }
        }
        func set(_ option: CURLoption, _ value: UnsafeRawPointer?) {
            if code == CURLE_OK { code = segue_curl_set_pointer(curl, option, value) }
        }
        func set(_ option: CURLoption, _ value: segue_curl_callback?) {
            if code == CURLE_OK { code = segue_curl_set_callback(curl, option, value) }
        }
        // Timeouts by signal would hit whatever thread is at hand.
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(connectTimeout / .milliseconds(1)))
        set(CURLOPT_LOW_SPEED_LIMIT, 1)
        set(CURLOPT_LOW_SPEED_TIME, max(1, Int(stallTimeout / .seconds(1))))
        if let certificateAuthorities { set(CURLOPT_CAINFO, certificateAuthorities) }
        set(CURLOPT_HTTPHEADER, UnsafeRawPointer(headers.pointer))
        set(CURLOPT_WRITEFUNCTION, receiveBody)
        set(CURLOPT_WRITEDATA, context)
        set(CURLOPT_HEADERFUNCTION, receiveHeader)
        set(CURLOPT_HEADERDATA, context)
        if request.method == "HEAD" {
            set(CURLOPT_NOBODY, 1)
        } else if let body = request.body {
            // The size first: without it libcurl measures the body as text.
            if code == CURLE_OK {
                code = segue_curl_set_size(curl, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            }
            set(CURLOPT_POSTFIELDS, body.baseAddress ?? UnsafeRawPointer(HTTPTransfer.nothing.pointer))
            set(CURLOPT_CUSTOMREQUEST, request.method)
        } else {
            set(CURLOPT_CUSTOMREQUEST, request.method)
        }
        guard code == CURLE_OK else {
            throw Failure(
                reason: "libcurl refuses an option: \(String(cString: curl_easy_strerror(code)))", isRetriable: false,
                mayHaveArrived: false)
        }
    }

    private static func failure(_ code: CURLcode, _ exchange: Exchange) -> Failure {
        if exchange.isOverfull {
            return Failure(reason: "the answer is longer than it may be", isRetriable: false, mayHaveArrived: true)
        }
        let reason = String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_PROXY:
            return Failure(reason: reason, isRetriable: true, mayHaveArrived: false)
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CONNECT_ERROR:
            return Failure(reason: reason, isRetriable: false, mayHaveArrived: false)
        default:
            return Failure(reason: reason, isRetriable: true, mayHaveArrived: true)
        }
    }

    /// An empty body needs an address, too: null would mean "read it from standard input".
    private static let nothing = EmptyBody()
}

/// One byte that is never sent and never freed.
private struct EmptyBody: @unchecked Sendable {
    // Sendable: nobody writes to the byte after this.
    let pointer: UnsafeMutablePointer<UInt8>

    init() {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: 0)
    }
}

/// A libcurl easy handle.
private struct Handle: @unchecked Sendable {
    // Sendable: a handle is either in the pool, which touches it under its lock, or in the hands of one request.
    let pointer: UnsafeMutableRawPointer

    private static let globalStatus = segue_curl_global_init()

    init() throws(HTTPTransfer.Failure) {
        guard Self.globalStatus == CURLE_OK, let pointer = curl_easy_init() else {
            throw HTTPTransfer.Failure(
                reason: "libcurl cannot be initialised", isRetriable: false, mayHaveArrived: false)
        }
        self.pointer = pointer
    }

    func close() { curl_easy_cleanup(pointer) }
}

/// libcurl's list of header lines.
private struct HeaderList {
    private(set) var pointer: UnsafeMutablePointer<curl_slist>?

    init(_ lines: [String]) throws(HTTPTransfer.Failure) {
        for line in lines {
            guard let next = curl_slist_append(pointer, line) else {
                curl_slist_free_all(pointer)
                throw HTTPTransfer.Failure(reason: "out of memory", isRetriable: false, mayHaveArrived: false)
            }
            pointer = next
        }
    }

    func free() { curl_slist_free_all(pointer) }
}

/// What the callbacks of one transfer collect.
private final class Exchange {
    private let limit: Int
    var headers: [String: String] = [:]
    var body: [UInt8] = []
    var isOverfull = false

    init(limit: Int) { self.limit = limit }

    func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= limit else {
            isOverfull = true
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    func takeHeader(_ line: UnsafeRawBufferPointer) {
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            // The headers of an interim answer (100 Continue) are not those of the final one.
            headers = [:]
            return
        }
        guard let colon = text.firstIndex(of: ":") else { return }
        let value = text[text.index(after: colon)...].drop { $0.isWhitespace }
        headers[text[..<colon].lowercased()] = String(value.prefix { !$0.isNewline })
    }
}

private let receiveBody: segue_curl_callback = { data, size, count, context in
    guard let data, let context else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
    return Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue().take(bytes) ? size * count : 0
}

private let receiveHeader: segue_curl_callback = { data, size, count, context in
    guard let data, let context else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
    Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue().takeHeader(bytes)
    return size * count
}
