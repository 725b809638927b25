/// An answer: status, header fields, body bytes. `Content-Length`, `Date` and `Connection` are the server's to add.
public struct HTTPResponse: Sendable {
    /// Status.
    public var status: HTTPStatus
    /// Value of `Content-Type`; nil sends none.
    public var contentType: String?
    /// The other fields.
    public var headers: HTTPHeaders
    /// The body, whole.
    public var body: [UInt8]

    /// Makes an answer of its parts.
    public init(
        status: HTTPStatus = .ok, contentType: String? = nil, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    /// A JSON answer, rendered straight into its bytes.
    ///
    /// - Parameter capacity: bytes to reserve; a good guess saves growing.
    public static func json(
        status: HTTPStatus = .ok, capacity: Int = 1024, _ render: (inout JSONWriter) throws -> Void
    ) rethrows -> HTTPResponse {
        var writer = JSONWriter(capacity: capacity)
        try render(&writer)
        return HTTPResponse(status: status, contentType: "application/json", body: writer.bytes)
    }

    /// A text answer in UTF-8.
    public static func text(_ text: String, status: HTTPStatus = .ok) -> HTTPResponse {
        HTTPResponse(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }
}
