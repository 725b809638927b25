/// A request that cannot be answered with what was asked for: a status and one sentence for the client, rendered as an
/// RFC 9457 problem document.
public struct HTTPError: Error, Sendable, CustomStringConvertible {
    /// Status of the answer.
    public let status: HTTPStatus
    /// One sentence for the client: what is wrong, where, what would be right.
    public let reason: String
    /// Name of the query parameter or body member that is wrong.
    public let parameter: String?
    /// Fields the answer must carry (`Allow`, `Retry-After`, `WWW-Authenticate`).
    public let headers: [(String, String)]
    /// Source file that made the error.
    public let file: String
    /// Line that made the error.
    public let line: Int

    /// Makes an error; `file` and `line` are the maker's.
    public init(
        _ status: HTTPStatus, _ reason: String, parameter: String? = nil, headers: [(String, String)] = [],
        file: String = #fileID, line: Int = #line
    ) {
        self.status = status
        self.reason = reason
        self.parameter = parameter
        self.headers = headers
        self.file = file
        self.line = line
    }

    /// The reason.
    public var description: String { "\(status.rawValue) \(status.reasonPhrase): \(reason)" }

    /// 400: the request itself is wrong.
    public static func badRequest(
        _ reason: String, parameter: String? = nil, file: String = #fileID, line: Int = #line
    ) -> Self {
        Self(.badRequest, reason, parameter: parameter, file: file, line: line)
    }

    /// 404: there is no such thing.
    public static func notFound(_ reason: String, file: String = #fileID, line: Int = #line) -> Self {
        Self(.notFound, reason, file: file, line: line)
    }

    /// 405: the resource is there, the method is not.
    public static func methodNotAllowed(
        _ method: String, allowed: String, file: String = #fileID, line: Int = #line
    ) -> Self {
        Self(
            .methodNotAllowed, "\(method) is not allowed here; allowed: \(allowed)", headers: [("Allow", allowed)],
            file: file, line: line)
    }

    /// 413: the body is longer than this server reads.
    public static func contentTooLarge(limit: Int, file: String = #fileID, line: Int = #line) -> Self {
        Self(.contentTooLarge, "the body is longer than \(limit) bytes", file: file, line: line)
    }

    /// 503: not now, but soon.
    public static func unavailable(
        _ reason: String, retryAfterSeconds: Int, file: String = #fileID, line: Int = #line
    ) -> Self {
        Self(
            .serviceUnavailable, reason, headers: [("Retry-After", String(retryAfterSeconds))], file: file, line: line)
    }

    /// The problem document (RFC 9457). `type` is `about:blank`: the title says the kind, and it is the status's own.
    ///
    /// - Parameter instance: the path that was asked for.
    public func response(instance: String) -> HTTPResponse {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        writer.member("type", "about:blank")
        writer.member("title", status.reasonPhrase)
        writer.member("status", status.rawValue)
        writer.member("detail", reason)
        writer.member("instance", instance)
        if let parameter { writer.member("parameter", parameter) }
        writer.endObject()
        var response = HTTPResponse(status: status, contentType: "application/problem+json", body: writer.bytes)
        for (name, value) in headers { response.headers.add(name, value) }
        response.headers.add("Cache-Control", "no-store")
        return response
    }
}
