/// Which handler answers which path and method. Built once, then only read.
///
/// `HEAD` is answered by the `GET` route without the body, `OPTIONS` with the methods the path allows; a path that is not
/// there is a 404, a method that is not there a 405 with `Allow`. Errors become problem documents.
public struct Router: Sendable {
    /// Where a route's handler runs.
    public enum Execution: Sendable {
        /// On the event thread: the handler computes for microseconds and never waits.
        case inline
        /// On a worker: the handler may wait for a store or a disk.
        case blocking
    }

    /// A registered route.
    public struct Route: Sendable {
        /// The method it answers.
        public let method: HTTPMethod
        /// Its pattern as registered: what metrics are labelled by.
        public let pattern: String
        /// Where it runs.
        public let execution: Execution
        /// Longest body it reads; nil leaves the server's own limit.
        public let bodyByteLimit: Int?
        /// Handler with the middleware around it.
        let handler: HTTPHandler
        let captureNames: [String]
    }

    /// What a request line leads to.
    enum Match: Sendable {
        case route(Int, captures: [(name: String, value: String)])
        case options(allowed: String)
        case error(HTTPError)
    }

    /// Routes in order of registration.
    public private(set) var routes: [Route] = []
    private let middleware: [any Middleware]
    private let translate: @Sendable (any Error) -> HTTPError?
    private var nodes: [Node] = [Node()]

    /// One step of the path: the tree is searched segment by segment, literals before the capture.
    private struct Node: Sendable {
        var literals: [(segment: [UInt8], node: Int)] = []
        var capture: Int?
        var routes: [(method: HTTPMethod, route: Int)] = []
    }

    /// A router without routes.
    ///
    /// - Parameters:
    ///   - middleware: stands around every route, the first outermost.
    ///   - translate: makes an answer of an error that is no `HTTPError`; nil means 500. What it returns nil for is
    ///     never shown to the client.
    public init(
        middleware: [any Middleware] = [], translate: @escaping @Sendable (any Error) -> HTTPError? = { _ in nil }
    ) {
        self.middleware = middleware
        self.translate = translate
    }

    // MARK: - Registration

    /// Registers a route. Registering the same method and path twice is the caller's bug and traps.
    ///
    /// - Parameters:
    ///   - middleware: stands around this route, inside the router's own.
    ///   - bodyByteLimit: longest body to read, nil for the server's limit.
    public mutating func add(
        _ method: HTTPMethod, _ pattern: String, _ execution: Execution = .inline,
        middleware own: [any Middleware] = [], bodyByteLimit: Int? = nil, handler: @escaping HTTPHandler
    ) {
        let parsed = RoutePattern(pattern)
        var node = 0
        for segment in parsed.segments { node = child(of: node, segment) }
        precondition(
            !nodes[node].routes.contains { $0.method == method }, "\(method.name) \(pattern) is registered twice")
        nodes[node].routes.append((method, routes.count))
        let composed = (middleware + own).compactMap { $0.adapted(to: method, pattern: pattern) }.reversed().reduce(
            handler
        ) { next, outer in
            { request in try outer.respond(to: request, next: next) }
        }
        routes.append(
            Route(
                method: method, pattern: pattern, execution: execution, bodyByteLimit: bodyByteLimit,
                handler: composed, captureNames: parsed.captureNames))
    }

    private mutating func child(of node: Int, _ segment: RoutePattern.Segment) -> Int {
        switch segment {
        case .literal(let bytes):
            if let known = nodes[node].literals.first(where: { $0.segment == bytes }) { return known.node }
            nodes[node].literals.append((bytes, nodes.count))
        case .capture:
            if let known = nodes[node].capture { return known }
            nodes[node].capture = nodes.count
        }
        nodes.append(Node())
        return nodes.count - 1
    }

    // MARK: - Answering

    /// Answers a request without a socket: what the server sends for it, the body of a `HEAD` left out. Runs all on the
    /// calling thread, inline handlers first as on the event thread.
    public func respond(to request: HTTPRequest) -> HTTPResponse {
        var request = request
        let match = match(request.method, request.pathBytes)
        request.mayBlock = isBlocking(match)
        let first = respond(to: request, match: match)
        var response = first ?? respondWaiting(to: request, match: match)
        if request.method == .head {
            response.headers.add("Content-Length", String(response.body.count))
            response.body = []
        }
        return response
    }

    func isBlocking(_ match: Match) -> Bool {
        if case .route(let index, _) = match { routes[index].execution == .blocking } else { false }
    }

    /// Answers where the handler may wait.
    func respondWaiting(to request: HTTPRequest, match: Match) -> HTTPResponse {
        var request = request
        request.mayBlock = true
        // A handler that asks for a worker on a worker is wrong; the client gets a 500.
        return respond(to: request, match: match) ?? error(HTTPRetryOnWorker()).response(instance: request.path)
    }

    /// Answers; nil when the handler asks to be run on a worker.
    func respond(to request: HTTPRequest, match: Match) -> HTTPResponse? {
        switch match {
        case .error(let error): return error.response(instance: request.path)
        case .options(let allowed):
            return HTTPResponse(status: .noContent, headers: HTTPHeaders([("Allow", allowed)]))
        case .route(let index, let captures):
            var request = request
            request.captures = captures
            do {
                return try routes[index].handler(request)
            } catch is HTTPRetryOnWorker {
                return nil
            } catch {
                return self.error(error).response(instance: request.path)
            }
        }
    }

    private func error(_ error: any Error) -> HTTPError {
        if let error = error as? HTTPError { return error }
        return translate(error) ?? HTTPError(.internalServerError, "the server failed; its log says how")
    }

    // MARK: - Matching

    /// - Complexity: O(bytes of the path) for paths without alternatives of literal and capture.
    func match(_ method: HTTPMethod, _ path: ArraySlice<UInt8>) -> Match {
        if method == .options, path.elementsEqual([UInt8(ascii: "*")]) {
            return .options(allowed: allowed(routes.map(\.method)))
        }
        guard let path = originForm(path) else { return .error(.badRequest("the request's target is not a path")) }
        do throws(HTTPError) {
            var captured: [String] = []
            guard let node = try find(path.dropFirst(), from: 0, captured: &captured) else {
                let text = String(decoding: path, as: UTF8.self)
                return .error(.notFound("there is nothing at \(text)"))
            }
            return match(method, at: nodes[node], captured)
        } catch {
            return .error(error)
        }
    }

    private func match(_ method: HTTPMethod, at node: Node, _ captured: [String]) -> Match {
        let wanted: HTTPMethod = method == .head ? .get : method
        let found =
            node.routes.first { $0.method == method } ?? node.routes.first { $0.method == wanted }
        guard let found else {
            let allowed = allowed(node.routes.map(\.method))
            if method == .options { return .options(allowed: allowed) }
            return .error(.methodNotAllowed(method.name, allowed: allowed))
        }
        guard !captured.isEmpty else { return .route(found.route, captures: []) }
        return .route(found.route, captures: Array(zip(routes[found.route].captureNames, captured)).map { ($0, $1) })
    }

    private func allowed(_ methods: [HTTPMethod]) -> String {
        var all = Set(methods)
        all.insert(.options)
        if all.contains(.get) { all.insert(.head) }
        return all.sorted { $0.rawValue < $1.rawValue }.map(\.name).joined(separator: ", ")
    }

    /// The path of a target in origin form (`/a`) or absolute form (`http://host/a`, RFC 9112 §3.2.2).
    private func originForm(_ target: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        if target.first == UInt8(ascii: "/") { return target }
        for scheme in ["http://", "https://"] where target.starts(with: scheme.utf8) {
            let afterScheme = target.dropFirst(scheme.utf8.count)
            guard let slash = afterScheme.firstIndex(of: UInt8(ascii: "/")) else { return [UInt8(ascii: "/")] }
            return afterScheme[slash...]
        }
        return nil
    }

    private func find(
        _ path: ArraySlice<UInt8>, from node: Int, captured: inout [String]
    ) throws(HTTPError) -> Int? {
        guard !path.isEmpty || node != 0 else { return nodes[node].routes.isEmpty ? nil : node }
        let end = path.firstIndex(of: UInt8(ascii: "/")) ?? path.endIndex
        let segment = path[path.startIndex..<end]
        guard !segment.isEmpty else { return nil }
        let decoded =
            segment.contains(UInt8(ascii: "%")) || segment.contains { $0 >= 0x7F || $0 < 0x20 }
            ? Array(try PercentDecoding.decode(segment, plusIsSpace: false, place: "the path").utf8)[...] : segment
        let isLast = end == path.endIndex
        if let literal = nodes[node].literals.first(where: { $0.segment.elementsEqual(decoded) })?.node,
            let found = try descend(literal, path, end, isLast, &captured)
        {
            return found
        }
        guard let capture = nodes[node].capture else { return nil }
        captured.append(String(decoding: decoded, as: UTF8.self))
        if let found = try descend(capture, path, end, isLast, &captured) { return found }
        captured.removeLast()
        return nil
    }

    private func descend(
        _ node: Int, _ path: ArraySlice<UInt8>, _ end: Int, _ isLast: Bool, _ captured: inout [String]
    ) throws(HTTPError) -> Int? {
        guard isLast else { return try find(path[(end + 1)...], from: node, captured: &captured) }
        return nodes[node].routes.isEmpty ? nil : node
    }
}
