import ServiceKit

/// One request before it is signed.
package struct S3Request: Sendable {
    /// `GET`, `PUT`, …
    package var method: String
    /// Path below the host, not encoded.
    package var path: String
    /// Query parameters, not encoded; an empty value is written `name=`.
    package var query: [(name: String, value: String)] = []
    /// Headers by lower-case name.
    package var headers: [String: String] = [:]

    /// Makes a request.
    package init(
        method: String, path: String, query: [(name: String, value: String)] = [], headers: [String: String] = [:]
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
    }
}

/// Signs requests for S3
/// (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
package struct S3Signer: Sendable {
    let credentials: S3Credentials
    let region: String

    /// Signs as `credentials` for `region`.
    package init(credentials: S3Credentials, region: String) {
        self.credentials = credentials
        self.region = region
    }

    /// SHA-256 of nothing.
    package static let emptyPayloadHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    /// The headers of a request with date, payload hash and signature added.
    ///
    /// - Parameters:
    ///   - host: the Host header.
    ///   - payloadHash: hexadecimal SHA-256 of the body.
    ///   - now: epoch milliseconds.
    package func sign(_ request: S3Request, host: String, payloadHash: String, now: Int64) -> [String: String] {
        let time = UTCTime(epochMilliseconds: now)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(time.year)\(two(time.month))\(two(time.day))"
        let stamp = "\(day)T\(two(time.hour))\(two(time.minute))\(two(time.second))Z"
        var headers = request.headers
        headers["host"] = host
        headers["x-amz-content-sha256"] = payloadHash
        headers["x-amz-date"] = stamp
        if let token = credentials.sessionToken { headers["x-amz-security-token"] = token }
        let names = headers.keys.sorted()
        let canonical = [
            request.method, Self.encode(request.path, keepsSlashes: true), Self.canonicalQuery(request.query),
            names.map { "\($0):\(headers[$0] ?? "")\n" }.joined(), names.joined(separator: ";"), payloadHash,
        ].joined(separator: "\n")
        let scope = "\(day)/\(region)/s3/aws4_request"
        let toSign = [
            "AWS4-HMAC-SHA256", stamp, scope, SHA256.hexadecimal(SHA256.digest(Array(canonical.utf8))),
        ].joined(separator: "\n")
        var key = Array("AWS4\(credentials.secretAccessKey)".utf8)
        for part in [day, region, "s3", "aws4_request"] { key = SHA256.authenticate(Array(part.utf8), key: key) }
        let signature = SHA256.hexadecimal(SHA256.authenticate(Array(toSign.utf8), key: key))
        headers["authorization"] =
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope),SignedHeaders=\(names.joined(separator: ";")),"
            + "Signature=\(signature)"
        return headers
    }

    /// The query as it is signed and sent: encoded, in order of name.
    static func canonicalQuery(_ query: [(name: String, value: String)]) -> String {
        query.map { (encode($0.name), encode($0.value)) }.sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }
            .joined(separator: "&")
    }

    /// Percent-encodes all but the unreserved characters of RFC 3986, as the signature demands.
    static func encode(_ text: String, keepsSlashes: Bool = false) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            case UInt8(ascii: "/") where keepsSlashes:
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
