import ServiceKit

/// Signs and sends requests to one bucket, again where that helps, and turns refusals into errors.
final class S3Client: Sendable {
    /// An answer, and whether an earlier try of the same request may have been carried out without our hearing of it.
    struct Answer {
        var response: HTTPTransfer.Response
        var isAmbiguous: Bool

        var status: Int { response.status }
        var body: [UInt8] { response.body }
        func header(_ name: String) -> String? { response.headers[name] }
    }

    let configuration: S3Configuration
    private let transfer: HTTPTransfer
    private let signer: S3Signer
    private let target: (origin: String, host: String, path: String)
    private let clock: any WallClock
    private let logger = Logger(label: "s3")

    /// Answers that are not objects: listings, errors.
    static let documentByteLimit = 16 << 20

    init(_ configuration: S3Configuration, clock: any WallClock) {
        self.configuration = configuration
        self.clock = clock
        transfer = HTTPTransfer(
            connectTimeout: configuration.connectTimeout, stallTimeout: configuration.stallTimeout,
            certificateAuthorities: configuration.certificateAuthorities)
        signer = S3Signer(credentials: configuration.credentials, region: configuration.region)
        target = configuration.target
    }

    /// Sends a request until it is answered with something else than "try again".
    ///
    /// - Parameters:
    ///   - key: full key below the bucket, nil for the bucket itself.
    ///   - answerByteLimit: longest answer that is taken.
    /// - Throws: `.unavailable` when all tries are used up.
    func send(
        _ method: String, key: String?, query: [(name: String, value: String)] = [], headers: [String: String] = [:],
        body: UnsafeRawBufferPointer? = nil, answerByteLimit: Int = S3Client.documentByteLimit
    ) throws -> Answer {
        let path = target.path + (key.map { "/\($0)" } ?? "/")
        let request = S3Request(method: method, path: path, query: query, headers: headers)
        let hash = body.map { $0.isEmpty ? S3Signer.emptyPayloadHash : SHA256.hexadecimal(SHA256.digest($0)) }
        var backoff = Backoff(initial: configuration.firstRetryDelay, maximum: configuration.longestRetryDelay)
        var isAmbiguous = false
        var reason = ""
        for attempt in 1...max(1, configuration.maximumAttempts) {
            if attempt > 1 { StopSignal().wait(for: backoff.next()) }
            do throws(HTTPTransfer.Failure) {
                let response = try transfer.perform(
                    .init(
                        method: method, url: url(request),
                        headers: signer.sign(
                            request, host: target.host, payloadHash: hash ?? S3Signer.emptyPayloadHash, now: clock.now),
                        body: body, answerByteLimit: answerByteLimit))
                guard Self.isTransient(response) else { return Answer(response: response, isAmbiguous: isAmbiguous) }
                reason = Self.words(of: response)
                isAmbiguous = true
            } catch {
                guard error.isRetriable else { throw failure(method, key, error.reason, .invalid) }
                reason = error.reason
                isAmbiguous = isAmbiguous || error.mayHaveArrived
            }
            logger.debug(
                "trying again", ["request": "\(method) \(key ?? "")", "attempt": "\(attempt)", "reason": reason])
        }
        throw failure(method, key, "\(reason) (tried \(configuration.maximumAttempts) times)", .unavailable)
    }

    private func url(_ request: S3Request) -> String {
        let query = S3Signer.canonicalQuery(request.query)
        return target.origin + S3Signer.encode(request.path, keepsSlashes: true) + (query.isEmpty ? "" : "?\(query)")
    }

    /// Answers that ask for another try (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
    private static func isTransient(_ response: HTTPTransfer.Response) -> Bool {
        switch response.status {
        case 429, 500, 502, 503, 504: !isFull(response)
        case 400, 409:
            ["RequestTimeout", "OperationAborted", "ConditionalRequestConflict"].contains(errorCode(response))
        default: false
        }
    }

    /// MinIO says so when its disks are full, with a status that looks transient.
    private static func isFull(_ response: HTTPTransfer.Response) -> Bool {
        response.status == 507 || errorCode(response) == "XMinioStorageFull"
    }

    private static func errorCode(_ response: HTTPTransfer.Response) -> String {
        guard let document = S3XML(response.body), document.name == "Error" else { return "" }
        return document["Code"] ?? ""
    }

    private static func words(of response: HTTPTransfer.Response) -> String {
        guard let document = S3XML(response.body), document.name == "Error" else { return "status \(response.status)" }
        return "status \(response.status), \(document["Code"] ?? "no code"): \((document["Message"] ?? "").prefix(300))"
    }

    // MARK: - Errors

    /// The error of an answer that is no success.
    func error(_ answer: Answer, _ method: String, _ key: String?) -> ObjectStoreError {
        let code = Self.errorCode(answer.response)
        let words = Self.words(of: answer.response)
        switch (answer.status, code) {
        case (_, "NoSuchBucket"):
            return failure(
                method, key, "there is no bucket \(configuration.bucket): make it, or correct the address", .invalid)
        case (404, _): return .notFound(key ?? "", in: location)
        case (_, _) where Self.isFull(answer.response): return failure(method, key, words, .full)
        case (_, "RequestTimeTooSkewed"):
            return failure(method, key, "\(words); set this machine's clock right", .denied)
        case (401, _), (403, _):
            return failure(method, key, "\(words); check the access key and its rights on the bucket", .denied)
        case (301, _), (307, _), (400, "AuthorizationHeaderMalformed"):
            return failure(method, key, "\(words); is the region \(configuration.region) right?", .invalid)
        case (412, _): return failure(method, key, "it was replaced while it was read", .corrupt)
        case (416, _): return failure(method, key, "the range leaves the object", .invalid)
        default: return failure(method, key, words, .invalid)
        }
    }

    /// Where the objects are.
    var location: String {
        configuration.prefix.isEmpty
            ? "s3://\(configuration.bucket)" : "s3://\(configuration.bucket)/\(configuration.prefix)"
    }

    private func failure(
        _ method: String, _ key: String?, _ what: String, _ code: ObjectStoreError.Code, file: String = #fileID,
        line: Int = #line
    ) -> ObjectStoreError {
        let object = key.map { " \($0)" } ?? ""
        return ObjectStoreError(
            code, "\(method)\(object) in bucket \(configuration.bucket) at \(target.origin): \(what)", file: file,
            line: line)
    }
}
