/// What went wrong between this process and a Kafka cluster: what, where, what to do about it.
///
/// Every failure of the module is thrown as this type. librdkafka's own code and name are kept in `rawCode` and
/// `rawName`; `isRetriable` and `isFatal` say what the caller may do:
/// - retriable: the same call may succeed later;
/// - fatal: the client that threw cannot be used any more; close it and make a new one.
public struct KafkaError: Error, Sendable, CustomStringConvertible {
    /// The kinds a caller may want to tell apart.
    public enum Code: Sendable, Hashable {
        /// A property has an unknown name or a value that is not allowed.
        case configuration
        /// The producer or consumer was used after `close()`, or in a way its state does not allow.
        case closed
        /// No broker answers.
        case unreachable
        /// An answer did not come in time.
        case timedOut
        /// The producer's buffer stayed full for longer than `ProducerOptions.maximumBlock`.
        case queueFull
        /// The record is larger than producer, broker or topic allow.
        case messageTooLarge
        /// The topic or the partition is not there.
        case unknownTopic
        /// The topic is there already.
        case topicExists
        /// The cluster does not accept our credentials or certificate.
        case authentication
        /// The cluster does not allow us to do that.
        case authorization
        /// Records could not be delivered; see `failedCount`.
        case deliveryFailed
        /// The group has moved on without this member, so its commits are refused.
        case fenced
        /// The start offset is not in the partition and `offsetReset` does not say where to go.
        case offsetOutOfRange
        /// Bytes on the wire are damaged or in a version the client does not know.
        case corrupt
        /// Anything else: see `rawName`.
        case other
    }

    /// Kind of failure.
    public let code: Code
    /// librdkafka's response code, 0 when the failure is the module's own.
    public let rawCode: Int32
    /// librdkafka's name of it (`_MSG_TIMED_OUT`), empty when the failure is the module's own.
    public let rawName: String
    /// One sentence: what, where.
    public let reason: String
    /// One sentence: what a person can do about it.
    public let advice: String
    /// Whether the client that threw is of no more use: close it, make another.
    public let isFatal: Bool
    /// Whether the same call may succeed later.
    public let isRetriable: Bool
    /// For `deliveryFailed` and `timedOut` of a flush: how many records are not known to be delivered; otherwise 0.
    public let failedCount: Int
    /// Source file that made the error.
    public let file: String
    /// Line that made the error.
    public let line: Int

    /// Reason and advice.
    public var description: String { advice.isEmpty ? reason : "\(reason); \(advice)" }

    init(
        code: Code, rawCode: Int32 = 0, rawName: String = "", reason: String, advice: String, isFatal: Bool = false,
        isRetriable: Bool = false, failedCount: Int = 0, file: String, line: Int
    ) {
        self.code = code
        self.rawCode = rawCode
        self.rawName = rawName
        self.reason = reason
        self.advice = advice
        self.isFatal = isFatal
        self.isRetriable = isRetriable
        self.failedCount = failedCount
        self.file = file
        self.line = line
    }
}

// MARK: - The module's own failures

extension KafkaError {
    static func configuration(_ reason: String, file: String = #fileID, line: Int = #line) -> KafkaError {
        KafkaError(
            code: .configuration, reason: reason,
            advice: "see librdkafka's CONFIGURATION.md for names and values", file: file, line: line)
    }

    static func closed(_ what: String, file: String = #fileID, line: Int = #line) -> KafkaError {
        KafkaError(
            code: .closed, reason: "\(what) is closed", advice: "make a new one", file: file, line: line)
    }

    static func queueFull(_ topic: String, waited: Duration, file: String = #fileID, line: Int = #line) -> KafkaError {
        KafkaError(
            code: .queueFull,
            reason: "the producer's buffer stayed full for \(waited) while appending to topic \(topic)",
            advice:
                "the cluster takes records more slowly than they are made: check its brokers, or raise bufferedRecords",
            isRetriable: true, file: file, line: line)
    }

    static func flushTimedOut(
        outstanding: Int, timeout: Duration, file: String = #fileID, line: Int = #line
    ) -> KafkaError {
        KafkaError(
            code: .timedOut, reason: "\(outstanding) records were not delivered within \(timeout)",
            advice: "they stay buffered: check the brokers and flush again", isRetriable: true,
            failedCount: outstanding, file: file, line: line)
    }

    static func deliveryFailed(
        count: Int, cause: KafkaError, file: String = #fileID, line: Int = #line
    ) -> KafkaError {
        KafkaError(
            code: .deliveryFailed, rawCode: cause.rawCode, rawName: cause.rawName,
            reason: "\(count) records were not delivered: \(cause.reason)", advice: cause.advice,
            isFatal: cause.isFatal, isRetriable: !cause.isFatal && cause.isRetriable, failedCount: count, file: file,
            line: line)
    }
}
