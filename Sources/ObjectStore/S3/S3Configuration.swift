/// Which bucket, where, and how patiently.
public struct S3Configuration: Sendable {
    /// Name of the bucket; it must exist.
    public var bucket: String
    /// What every key begins with, without slashes at its ends; empty for the whole bucket.
    public var prefix: String
    /// `http://host:port` or `https://host` of an S3-compatible server; nil for AWS.
    public var endpoint: String?
    /// Region that requests are signed for.
    public var region: String
    /// `endpoint/bucket/key` (MinIO and most others) instead of `bucket.endpoint/key` (AWS).
    public var usesPathStyle: Bool
    /// Who.
    public var credentials: S3Credentials
    /// File with certificate authorities to trust instead of the system's.
    public var certificateAuthorities: String?

    /// How often a request is tried.
    public var maximumAttempts = 6
    /// First wait between tries; it doubles each time, half of it by chance.
    public var firstRetryDelay = Duration.milliseconds(100)
    /// Longest wait between tries.
    public var longestRetryDelay = Duration.seconds(10)
    /// How long a connection may take to open.
    public var connectTimeout = Duration.seconds(5)
    /// How long a transfer may stand still before it counts as failed.
    public var stallTimeout = Duration.seconds(20)
    /// Size of the parts of a multipart upload, at least 5 MiB by S3's rules; smaller objects go in one request.
    public var partByteCount = 8 << 20
    /// Objects up to this size are read whole by their first read: one request instead of one a column.
    public var wholeReadByteCount: Int64 = 1 << 20

    /// Makes a configuration; path style is chosen where an endpoint is given.
    public init(
        bucket: String, prefix: String = "", endpoint: String? = nil, region: String = "us-east-1",
        usesPathStyle: Bool? = nil, credentials: S3Credentials
    ) {
        self.bucket = bucket
        self.prefix = prefix
        self.endpoint = endpoint
        self.region = region
        self.usesPathStyle = usesPathStyle ?? (endpoint != nil)
        self.credentials = credentials
    }

    /// Reads `s3://BUCKET/PREFIX?endpoint=URL&region=NAME&profile=NAME&path_style=true`; what the address leaves out comes
    /// from the environment as AWS's own tools name it (`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, `AWS_REGION`,
    /// `AWS_DEFAULT_REGION`, `AWS_CA_BUNDLE`, and see `S3Credentials.find`).
    ///
    /// - Throws: `.invalid` naming what is wrong with the address. Credentials have no place in it.
    public init(uri: String, environment: [String: String]) throws {
        func invalid(_ what: String) -> ObjectStoreError {
            ObjectStoreError(
                .invalid,
                "\(S3Configuration.withoutSecrets(uri)): \(what); an S3 address is s3://BUCKET/PREFIX?endpoint=URL&region=NAME"
            )
        }
        guard uri.lowercased().hasPrefix("s3://") else { throw invalid("it does not begin with s3://") }
        let parts = uri.dropFirst(5).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let place = parts[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let bucket = String(place[0])
        guard !bucket.contains("@") else { throw invalid("credentials do not belong into an address") }
        guard bucket.count >= 3, bucket.utf8.allSatisfy(S3Configuration.isBucketByte) else {
            throw invalid("\"\(bucket)\" is no bucket")
        }
        var query: [String: String] = [:]
        for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let pair = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2, ["endpoint", "region", "profile", "path_style"].contains(pair[0]) else {
                throw invalid("\"\(pair[0])\" is not one of endpoint, region, profile, path_style")
            }
            query[pair[0]] = pair[1]
        }
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let endpoint = query["endpoint"] ?? value("AWS_ENDPOINT_URL_S3") ?? value("AWS_ENDPOINT_URL")
        if let endpoint, !endpoint.hasPrefix("http://"), !endpoint.hasPrefix("https://") {
            throw invalid("the endpoint \(endpoint) does not begin with http:// or https://")
        }
        if let style = query["path_style"], style != "true", style != "false" {
            throw invalid("path_style is true or false")
        }
        self.init(
            bucket: bucket,
            prefix: place.count > 1 ? place[1].split(separator: "/").joined(separator: "/") : "",
            endpoint: endpoint.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 },
            region: query["region"] ?? value("AWS_REGION") ?? value("AWS_DEFAULT_REGION") ?? "us-east-1",
            usesPathStyle: query["path_style"].map { $0 == "true" },
            credentials: try S3Credentials.find(in: environment, profile: query["profile"]))
        certificateAuthorities = value("AWS_CA_BUNDLE")
    }

    private static func isBucketByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// The address without what stands before an `@`, where people put passwords.
    private static func withoutSecrets(_ uri: String) -> String {
        guard let at = uri.firstIndex(of: "@") else { return uri }
        return "s3://…\(uri[at...])"
    }

    /// `http(s)://host[:port]`, host header and the beginning of the path of every request.
    var target: (origin: String, host: String, path: String) {
        let base = endpoint ?? "https://s3.\(region).amazonaws.com"
        let schemeEnd = base.range(of: "://")
        let scheme = schemeEnd.map { String(base[..<$0.upperBound]) } ?? "https://"
        let rest = schemeEnd.map { String(base[$0.upperBound...]) } ?? base
        if usesPathStyle { return (scheme + rest, rest, "/\(bucket)") }
        return ("\(scheme)\(bucket).\(rest)", "\(bucket).\(rest)", "")
    }
}

extension String {
    /// Where `text` first stands; the standard library's own `range(of:)` is Foundation's.
    fileprivate func range(of text: String) -> Range<String.Index>? { firstRange(of: text) }
}
