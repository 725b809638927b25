import ServiceKit

/// A file that is part of the program: kept in memory, compressed once, with a strong `ETag` of its content so that a
/// browser that has it is answered 304.
public struct StaticAsset: Sendable {
    /// The content.
    public let bytes: [UInt8]
    /// Value of `Content-Type`.
    public let contentType: String
    /// Value of `ETag`, quotes included.
    public let entityTag: String
    private let compressed: [UInt8]?
    private let cacheControl: String

    /// Makes an asset of its content.
    ///
    /// - Parameter cacheControl: how long a browser may use it unasked. The default lets it keep the asset but ask each
    ///   time, so a new version of the program is seen at once.
    public init(_ bytes: [UInt8], contentType: String, cacheControl: String = "no-cache") {
        self.bytes = bytes
        self.contentType = contentType
        self.cacheControl = cacheControl
        let digits = String(CRC32C.checksum(bytes), radix: 16)
        entityTag = "\"\(String(repeating: "0", count: 8 - digits.count))\(digits)-\(bytes.count)\""
        let gzip = Compression.isText(contentType) ? Gzip(level: 9).compress(bytes) : nil
        compressed = gzip.flatMap { $0.count < bytes.count ? $0 : nil }
    }

    /// The answer to a request for it: 304 when `If-None-Match` names what is here (RFC 9110 §13.1.2).
    public func response(to request: HTTPRequest) -> HTTPResponse {
        var headers = HTTPHeaders([("ETag", entityTag), ("Cache-Control", cacheControl)])
        if compressed != nil { headers.add("Vary", "Accept-Encoding") }
        if let known = request.headers["If-None-Match"], Self.names(known, entityTag) {
            return HTTPResponse(status: .notModified, headers: headers)
        }
        guard let compressed, Compression.accepts(request.headers["Accept-Encoding"]) else {
            return HTTPResponse(contentType: contentType, headers: headers, body: bytes)
        }
        headers.add("Content-Encoding", "gzip")
        return HTTPResponse(contentType: contentType, headers: headers, body: compressed)
    }

    /// Weak comparison: `W/` in front makes no difference here.
    private static func names(_ field: String, _ tag: String) -> Bool {
        field.split(separator: ",").contains { item in
            var item = item.drop { $0 == " " }
            while item.last == " " { item.removeLast() }
            if item.hasPrefix("W/") { item = item.dropFirst(2) }
            return item == "*" || item == tag
        }
    }
}
