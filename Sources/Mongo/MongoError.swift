import CMongoC

/// What MongoDB or the way to it refused, where, and what to do about it. Made only by this module.
public struct MongoError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Sendable, Equatable {
        /// The address is not one, or its options contradict each other.
        case invalidAddress
        /// No server fit for the call could be found in time, or the connection broke.
        case unreachable
        /// The server answered with an error; see `serverCode` and `writeErrors`.
        case server
        /// Name or password are wrong, or the user may not do this.
        case unauthorized
        /// Bytes received are no BSON, or a field has another type than this program writes.
        case malformed
        /// The pool is closed, or all of its connections stayed in use for too long.
        case pool
        /// libmongoc refused the call itself.
        case client
    }

    /// One write of a bulk that the server refused.
    public struct WriteError: Sendable, Equatable {
        /// Which write of the bulk, from 0.
        public let index: Int
        /// The server's error code.
        public let serverCode: Int32
        /// The server's words.
        public let message: String
    }

    /// Kind of failure.
    public let code: Code
    /// One sentence: where, what the server or libmongoc said, what to try.
    public let reason: String
    /// The server's error code, when it answered with one.
    public let serverCode: Int32?
    /// The server's and libmongoc's error labels, as `TransientTransactionError`.
    public let labels: Set<String>
    /// The refused writes of a bulk.
    public let writeErrors: [WriteError]
    /// Source file that made the error.
    public let file: String
    /// Line that made the error.
    public let line: Int

    private init(
        _ code: Code, _ reason: String, serverCode: Int32? = nil, labels: Set<String> = [],
        writeErrors: [WriteError] = [], file: String, line: Int
    ) {
        self.code = code
        self.reason = reason
        self.serverCode = serverCode
        self.labels = labels
        self.writeErrors = writeErrors
        self.file = file
        self.line = line
    }

    /// The reason.
    public var description: String { reason }

    // MARK: - what it means

    /// A unique index, or `_id`, has the value already.
    public var isDuplicateKey: Bool { serverCode == 11000 || writeErrors.contains { $0.serverCode == 11000 } }

    /// The whole transaction may succeed when it is run again.
    public var isTransientTransaction: Bool { labels.contains("TransientTransactionError") }

    /// Whether the commit happened is not known; committing again is safe and tells.
    public var isUnknownCommitResult: Bool { labels.contains("UnknownTransactionCommitResult") }

    /// The server is no member of a replica set and so knows no transactions.
    public var isNotReplicaSet: Bool {
        // 20 is IllegalOperation, 263 OperationNotSupportedInTransaction; the text tells this one from others of 20.
        serverCode == 20 && reason.contains("replica set member or mongos") || serverCode == 263
            || code == .client && reason.contains("not supported by this server configuration")
    }

    /// The same call may succeed later.
    public var isRetriable: Bool {
        code == .unreachable || code == .pool && !reason.contains("closed") || isTransientTransaction
            || labels.contains("RetryableWriteError") || serverCode.map(Self.passingCodes.contains) ?? false
    }

    /// Codes of a server that changes its role, shuts down, is cut off or busy
    /// (https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml): HostUnreachable, HostNotFound,
    /// MaxTimeMSExpired, NetworkTimeout, ShutdownInProgress, WriteConflict, FailedToSatisfyReadPreference,
    /// PrimarySteppedDown, LockTimeout, ExceededTimeLimit, SocketException, NotWritablePrimary,
    /// InterruptedAtShutdown, InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary.
    private static let passingCodes: Set<Int32> = [
        6, 7, 50, 89, 91, 112, 133, 189, 24, 262, 9001, 10107, 11600, 11602, 13435, 13436,
    ]

    // MARK: - makers

    /// The one translation of libmongoc's errors.
    init(
        _ error: bson_error_t, reply: BSONDocument?, place: String, file: String = #fileID, line: Int = #line
    ) {
        let facts = ReplyFacts(reply)
        let message = withUnsafePointer(to: error) { String(cString: segue_bson_error_message($0)) }
        let code = Self.code(domain: error.domain, code: error.code)
        let serverCode = code == .server || code == .unauthorized ? facts.code ?? Int32(bitPattern: error.code) : nil
        self.init(
            code, "\(place): \(message)\(facts.problem)\(Self.advice(code, serverCode))", serverCode: serverCode,
            labels: facts.labels, writeErrors: facts.writeErrors, file: file, line: line)
    }

    static func invalidAddress(_ reason: String, file: String = #fileID, line: Int = #line) -> MongoError {
        MongoError(
            .invalidAddress,
            "the MongoDB address is wrong: \(reason); write mongodb://<host>:<port>/<database>?replicaSet=<name>",
            file: file, line: line)
    }

    /// A document that is not what this program writes. Also for callers that decode documents.
    public static func malformed(_ reason: String, file: String = #fileID, line: Int = #line) -> MongoError {
        MongoError(.malformed, "a document of MongoDB cannot be read: \(reason)", file: file, line: line)
    }

    static func closed(place: String, file: String = #fileID, line: Int = #line) -> MongoError {
        MongoError(.pool, "\(place): the pool is closed", file: file, line: line)
    }

    static func exhausted(place: String, file: String = #fileID, line: Int = #line) -> MongoError {
        MongoError(
            .pool, "\(place): every connection of the pool stayed in use; raise maxPoolSize in the address",
            file: file, line: line)
    }

    private static func code(domain: UInt32, code: UInt32) -> Code {
        switch mongoc_error_domain_t(domain) {
        case MONGOC_ERROR_STREAM, MONGOC_ERROR_SERVER_SELECTION: .unreachable
        case MONGOC_ERROR_SERVER, MONGOC_ERROR_WRITE_CONCERN, MONGOC_ERROR_COMMAND, MONGOC_ERROR_QUERY:
            // Unauthorized and AuthenticationFailed.
            code == 13 || code == 18 ? .unauthorized : .server
        case MONGOC_ERROR_SASL, MONGOC_ERROR_SCRAM: .unauthorized
        case MONGOC_ERROR_CLIENT where code == MONGOC_ERROR_CLIENT_AUTHENTICATE.rawValue: .unauthorized
        case MONGOC_ERROR_BSON, MONGOC_ERROR_PROTOCOL: .malformed
        default: .client
        }
    }

    private static func advice(_ code: Code, _ serverCode: Int32?) -> String {
        switch (code, serverCode) {
        case (.unreachable, _): "; is the server running, is the address right, and the name after replicaSet= too?"
        case (.unauthorized, _): "; check user, password and authSource in the address, and the user's roles"
        case (.server, 20): "; transactions need a replica set, of one node too (mongod --replSet rs0, rs.initiate())"
        default: ""
        }
    }
}

/// What a server's reply says about an error.
private struct ReplyFacts {
    var code: Int32?
    var labels: Set<String> = []
    var writeErrors: [MongoError.WriteError] = []

    /// Said when the reply could not be read to its end; empty otherwise.
    var problem = ""

    /// What cannot be read is left out, since libmongoc's own message tells the error too.
    init(_ reply: BSONDocument?) {
        guard let reply else { return }
        do {
            try reply.withView { try read($0) }
        } catch {
            problem = " (\(error))"
        }
    }

    private mutating func read(_ reply: BSONView) throws {
        try reply.forEachElement { element in
            if element.hasKey("code") {
                code = element.int64.map(Int32.init(truncatingIfNeeded:))
            } else if element.hasKey("errorLabels") {
                try element.document?.forEachElement { if let label = $0.string { labels.insert(label) } }
            } else if element.hasKey("writeErrors") {
                try element.document?.forEachElement { if let error = $0.document { try readWriteError(error) } }
            }
        }
    }

    private mutating func readWriteError(_ error: BSONView) throws {
        writeErrors.append(
            MongoError.WriteError(
                index: try error["index"]?.int64.map(Int.init) ?? 0,
                serverCode: try error["code"]?.int64.map(Int32.init(truncatingIfNeeded:)) ?? 0,
                message: try error["errmsg"]?.string ?? ""))
    }
}
