import ServiceKit

/// Sends an object in parts as it grows; a small one goes in one request at the end
/// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html).
final class S3ObjectWriter: ObjectWriter {
    private enum State {
        /// Everything so far fits the buffer.
        case small
        /// Parts are on their way: the upload's identifier and the tags of the parts sent.
        case parts(uploadID: String, etags: [String])
        case ended
    }

    private let store: S3ObjectStore
    private let key: String
    private let fullKey: String
    private let partByteCount: Int
    private let logger = Logger(label: "s3")
    private var buffer: [UInt8] = []
    private var state = State.small
    private(set) var byteCount: Int64 = 0

    init(store: S3ObjectStore, key: String, fullKey: String, partByteCount: Int) {
        self.store = store
        self.key = key
        self.fullKey = fullKey
        self.partByteCount = partByteCount
    }

    deinit { cancel() }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        if case .ended = state { throw ObjectStoreError.finishedWriter(key) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let taken = rest.prefix(partByteCount - buffer.count)
            buffer.append(contentsOf: taken)
            byteCount += Int64(taken.count)
            rest = rest.dropFirst(taken.count)
            // The last part may be small, so a full buffer waits until there is more.
            if buffer.count == partByteCount, !rest.isEmpty { try sendPart() }
        }
    }

    func finish() throws -> ObjectInfo {
        switch state {
        case .ended: throw ObjectStoreError.finishedWriter(key)
        case .small:
            let etag = try buffer.withUnsafeBytes { try store.putWhole(key, $0) }
            state = .ended
            buffer = []
            return ObjectInfo(key: key, byteCount: byteCount, modifiedAt: 0, etag: etag)
        case .parts:
            if !buffer.isEmpty { try sendPart() }
            try complete()
            return try store.info(key)
        }
    }

    func cancel() {
        defer {
            state = .ended
            buffer = []
        }
        guard case .parts(let id, _) = state else { return }
        do {
            _ = try store.client.send("DELETE", key: fullKey, query: [("uploadId", id)])
        } catch {
            logger.warning("an unfinished upload stays until the next vacuum", ["key": fullKey, "reason": "\(error)"])
        }
    }

    private func sendPart() throws {
        let (id, etags) = try openUpload()
        let answer = try buffer.withUnsafeBytes {
            try store.client.send(
                "PUT", key: fullKey, query: [("partNumber", "\(etags.count + 1)"), ("uploadId", id)], body: $0)
        }
        guard answer.status == 200, let etag = answer.header("etag") else {
            throw store.client.error(answer, "PUT", key)
        }
        state = .parts(uploadID: id, etags: etags + [etag])
        buffer.removeAll(keepingCapacity: true)
    }

    private func openUpload() throws -> (id: String, etags: [String]) {
        if case .parts(let id, let etags) = state { return (id, etags) }
        let answer = try Self.nothing {
            try store.client.send("POST", key: fullKey, query: [("uploads", "")], body: $0)
        }
        guard answer.status == 200, let id = S3XML(answer.body)?["UploadId"], !id.isEmpty else {
            throw store.client.error(answer, "POST", key)
        }
        state = .parts(uploadID: id, etags: [])
        return (id, [])
    }

    /// Joins the parts. The answer may be an error in the dress of a success, and a try that was carried out without our
    /// hearing of it makes the next one find no upload any more.
    private func complete() throws {
        guard case .parts(let id, let etags) = state else { return }
        let parts = etags.enumerated().map {
            "<Part><PartNumber>\($0.offset + 1)</PartNumber><ETag>\(S3XML.escape($0.element))</ETag></Part>"
        }
        let document = Array("<CompleteMultipartUpload>\(parts.joined())</CompleteMultipartUpload>".utf8)
        let answer = try document.withUnsafeBytes {
            try store.client.send("POST", key: fullKey, query: [("uploadId", id)], body: $0)
        }
        let answered = S3XML(answer.body)
        if answer.status == 200, answered?.name != "Error" {
            state = .ended
            buffer = []
            return
        }
        if answer.isAmbiguous, answered?["Code"] == "NoSuchUpload", try store.info(key).byteCount == byteCount {
            state = .ended
            buffer = []
            return
        }
        if answer.status == 200 {
            throw ObjectStoreError(
                .unavailable,
                "the parts of \(key) in \(store.location) could not be joined: \(answered?["Message"] ?? "no reason")")
        }
        throw store.client.error(answer, "POST", key)
    }

    private static func nothing<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(start: nil, count: 0))
    }
}
