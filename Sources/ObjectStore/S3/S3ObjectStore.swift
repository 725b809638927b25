import CCurl
public import ServiceKit

/// Objects in a bucket of Amazon S3 or of a server that speaks its protocol, such as MinIO
/// (https://docs.aws.amazon.com/AmazonS3/latest/API/).
///
/// Requests are signed by Signature Version 4, tried again with growing, jittered pauses, and big objects are uploaded in
/// parts. Put-if-absent is `If-None-Match: *`; a server that ignores it would let commits overwrite each other, so
/// `checkWritable` makes sure that it does not.
public final class S3ObjectStore: ObjectStore {
    let client: S3Client
    private let configuration: S3Configuration

    /// Objects in the bucket and under the prefix of a configuration; nothing is sent yet.
    public init(_ configuration: S3Configuration, clock: any WallClock = SystemWallClock()) {
        self.configuration = configuration
        client = S3Client(configuration, clock: clock)
    }

    /// `s3://` with bucket and prefix.
    public var location: String { client.location }

    /// Largest object that `get` reads at once; bigger ones are for `openReader`.
    private static let wholeObjectByteLimit = 1 << 30

    /// Makes the bucket unless it is there: for tests and first runs.
    public func createBucketIfMissing() throws {
        let region = configuration.region
        let document =
            region == "us-east-1"
            ? ""
            : "<CreateBucketConfiguration><LocationConstraint>\(region)</LocationConstraint></CreateBucketConfiguration>"
        let answer = try Array(document.utf8).withUnsafeBytes { try client.send("PUT", key: nil, body: $0) }
        guard answer.status == 200 || answer.status == 409 else { throw client.error(answer, "PUT", nil) }
    }

    // MARK: - Reading

    /// The bytes of an object.
    public func get(_ key: String) throws -> [UInt8] {
        let full = try fullKey(key)
        let answer = try client.send("GET", key: full, answerByteLimit: Self.wholeObjectByteLimit)
        guard answer.status == 200 else { throw client.error(answer, "GET", key) }
        return answer.body
    }

    /// Part of an object's bytes.
    public func get(_ key: String, range: Range<Int64>) throws -> [UInt8] {
        guard !range.isEmpty else {
            let info = try info(key)
            guard range.lowerBound >= 0, range.upperBound <= info.byteCount else {
                throw ObjectStoreError.rangeLeavesObject(range, key: key, byteCount: info.byteCount)
            }
            return []
        }
        return try get(key, range: range, etag: nil)
    }

    /// - Parameter etag: what the object must still have.
    func get(_ key: String, range: Range<Int64>, etag: String?) throws -> [UInt8] {
        let full = try fullKey(key)
        guard range.lowerBound >= 0 else { throw ObjectStoreError.rangeLeavesObject(range, key: key, byteCount: 0) }
        var headers = ["range": "bytes=\(range.lowerBound)-\(range.upperBound - 1)"]
        if let etag, !etag.isEmpty { headers["if-match"] = etag }
        let answer = try client.send(
            "GET", key: full, headers: headers, answerByteLimit: max(range.count, S3Client.documentByteLimit))
        switch answer.status {
        case 206 where answer.body.count == range.count: return answer.body
        case 200 where Int64(answer.body.count) >= range.upperBound:
            // A server may ignore the range and send all.
            return Array(answer.body[Int(range.lowerBound)..<Int(range.upperBound)])
        case 200, 206:
            throw ObjectStoreError.rangeLeavesObject(
                range, key: key, byteCount: range.lowerBound + Int64(answer.body.count))
        default: throw client.error(answer, "GET", key)
        }
    }

    /// Size and identity of an object.
    public func info(_ key: String) throws -> ObjectInfo {
        let answer = try client.send("HEAD", key: try fullKey(key))
        guard answer.status == 200 else { throw client.error(answer, "HEAD", key) }
        guard let byteCount = answer.header("content-length").flatMap({ Int64($0) }) else {
            throw ObjectStoreError(.corrupt, "the server does not tell the size of \(key) in \(location)")
        }
        let modified = answer.header("last-modified").map { Int64(curl_getdate($0, nil)) } ?? 0
        return ObjectInfo(
            key: key, byteCount: byteCount, modifiedAt: max(0, modified) * 1000, etag: answer.header("etag") ?? "")
    }

    /// Opens an object for random access.
    public func openReader(_ key: String) throws -> any ObjectReader {
        S3ObjectReader(store: self, info: try info(key), wholeReadByteCount: configuration.wholeReadByteCount)
    }

    /// Visits objects in byte order of the key, a thousand a request.
    public func list(prefix: String, after: String?, _ body: (ObjectInfo) throws -> Bool) throws {
        let base = configuration.prefix.isEmpty ? "" : configuration.prefix + "/"
        var token: String?
        repeat {
            var query = [("list-type", "2"), ("prefix", base + prefix)]
            if let token { query.append(("continuation-token", token)) }
            if let after, token == nil { query.append(("start-after", base + after)) }
            let page = try document(try client.send("GET", key: nil, query: query), "ListBucketResult")
            for entry in page.all("Contents") {
                guard let key = entry["Key"], key.hasPrefix(base), let byteCount = entry["Size"].flatMap({ Int64($0) })
                else {
                    throw ObjectStoreError(.corrupt, "the server's listing of \(location) cannot be understood")
                }
                let info = ObjectInfo(
                    key: String(key.dropFirst(base.count)), byteCount: byteCount,
                    modifiedAt: entry["LastModified"].flatMap(S3Time.milliseconds) ?? 0, etag: entry["ETag"] ?? "")
                guard try body(info) else { return }
            }
            token = page["IsTruncated"] == "true" ? page["NextContinuationToken"] : nil
        } while token != nil
    }

    // MARK: - Writing

    /// Writes or replaces an object.
    public func put(_ key: String, _ bytes: UnsafeRawBufferPointer) throws {
        _ = try putWhole(key, bytes)
    }

    func putWhole(_ key: String, _ bytes: UnsafeRawBufferPointer) throws -> String {
        let answer = try client.send("PUT", key: try fullKey(key), body: bytes)
        guard answer.status == 200 else { throw client.error(answer, "PUT", key) }
        return answer.header("etag") ?? ""
    }

    /// Writes an object unless one of that name exists.
    ///
    /// When an earlier try may have got through, the object that is there is compared with `bytes`: equal means ours. So
    /// two callers must not put the same bytes; a commit has a token of its own in it.
    public func putIfAbsent(_ key: String, _ bytes: UnsafeRawBufferPointer) throws -> Bool {
        let answer = try client.send("PUT", key: try fullKey(key), headers: ["if-none-match": "*"], body: bytes)
        switch answer.status {
        case 200: return true
        case 412:
            guard answer.isAmbiguous else { return false }
            return try get(key).elementsEqual(bytes)
        default: throw client.error(answer, "PUT", key)
        }
    }

    /// Removes an object.
    public func delete(_ key: String) throws {
        let answer = try client.send("DELETE", key: try fullKey(key))
        guard answer.status == 204 || answer.status == 200 || answer.status == 404 else {
            throw client.error(answer, "DELETE", key)
        }
    }

    /// Begins an object; it is sent in parts once it is larger than one, and appears when the writer finishes.
    public func makeWriter(_ key: String) throws -> any ObjectWriter {
        S3ObjectWriter(store: self, key: key, fullKey: try fullKey(key), partByteCount: configuration.partByteCount)
    }

    /// Aborts multipart uploads that were begun before an instant.
    public func removeAbandonedWrites(olderThan epochMilliseconds: Int64) throws -> Int {
        let base = configuration.prefix.isEmpty ? "" : configuration.prefix + "/"
        let page = try document(
            try client.send("GET", key: nil, query: [("uploads", ""), ("prefix", base)]), "ListMultipartUploadsResult")
        var removed = 0
        for upload in page.all("Upload") {
            guard let key = upload["Key"], let id = upload["UploadId"],
                upload["Initiated"].flatMap(S3Time.milliseconds) ?? .max < epochMilliseconds
            else { continue }
            let answer = try client.send("DELETE", key: key, query: [("uploadId", id)])
            guard answer.status == 204 || answer.status == 404 else { throw client.error(answer, "DELETE", key) }
            removed += 1
        }
        return removed
    }

    /// Writes and removes a probe, and makes sure that put-if-absent keeps what is there.
    public func checkWritable() throws {
        let probe = ".segue-write-probe-\(UInt64.random(in: 0...UInt64.max))"
        try put(probe, [1])
        let isKept: Bool
        do {
            isKept = try !putIfAbsent(probe, [2]) && get(probe) == [1]
        } catch {
            try delete(probe)
            throw error
        }
        try delete(probe)
        guard isKept else {
            throw ObjectStoreError(
                .invalid,
                "the server of \(location) ignores If-None-Match, without which two writers could overwrite each other's commit: "
                    + "use AWS or a MinIO of 2024 or later")
        }
    }

    // MARK: - Common parts of requests

    private func fullKey(_ key: String) throws -> String {
        try ObjectKey.check(key)
        return configuration.prefix.isEmpty ? key : "\(configuration.prefix)/\(key)"
    }

    private func document(_ answer: S3Client.Answer, _ name: String) throws -> S3XML {
        guard answer.status == 200 else { throw client.error(answer, "GET", nil) }
        guard let document = S3XML(answer.body), document.name == name else {
            throw ObjectStoreError(.corrupt, "the server of \(location) answered a listing with something else")
        }
        return document
    }
}

/// Instants as S3's documents spell them: `2009-10-12T17:50:30.000Z`.
enum S3Time {
    static func milliseconds(_ text: String) -> Int64? {
        let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
        guard numbers.count >= 6, (1...12).contains(numbers[1]), (1...31).contains(numbers[2]), numbers[0] < 10_000
        else {
            return nil
        }
        return UTCTime.epochMilliseconds(
            year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4],
            second: numbers[5])
    }
}
