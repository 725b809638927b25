import ServiceKit

/// Compresses answers that are large and made of text for clients that ask for it (`Accept-Encoding: gzip`, RFC 9110
/// §12.5.3).
public struct Compression: Middleware {
    /// Answers shorter than this go out as they are: a packet is sent in any case.
    private let minimumByteCount: Int
    private let gzip: Gzip

    /// Compresses answers of at least `minimumByteCount` bytes.
    ///
    /// - Parameter level: zlib's, 1 (fastest) to 9 (smallest). The default costs a fifth of level 6 and gives up a tenth
    ///   of its gain on JSON.
    public init(minimumByteCount: Int = 4096, level: Int = 1) {
        precondition((1...9).contains(level), "zlib has levels 1 to 9")
        self.minimumByteCount = minimumByteCount
        gzip = Gzip(level: Int32(level))
    }

    /// Compresses the answer of `next` where that is wanted and worth it.
    public func respond(to request: HTTPRequest, next: HTTPHandler) throws -> HTTPResponse {
        var response = try next(request)
        guard response.body.count >= minimumByteCount, let contentType = response.contentType,
            Self.isText(contentType), response.headers["Content-Encoding"] == nil
        else { return response }
        response.headers.add("Vary", "Accept-Encoding")
        guard Self.accepts(request.headers["Accept-Encoding"]), let compressed = gzip.compress(response.body),
            compressed.count < response.body.count
        else { return response }
        response.headers.add("Content-Encoding", "gzip")
        response.body = compressed
        return response
    }

    static func isText(_ contentType: String) -> Bool {
        contentType.hasPrefix("text/") || contentType.hasPrefix("application/json")
            || contentType.hasPrefix("application/problem+json") || contentType.hasPrefix("image/svg+xml")
            || contentType.hasPrefix("application/manifest+json")
    }

    /// Whether the field's list has `gzip` (or `*`) with a weight that is not zero.
    static func accepts(_ field: String?) -> Bool {
        guard let field else { return false }
        var wildcard = false
        for item in field.lowercased().split(separator: ",") {
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            switch parts.first {
            case "gzip", "x-gzip": return weight > 0
            case "*": wildcard = weight > 0
            default: continue
            }
        }
        return wildcard
    }
}
