import CRdKafka

/// The one place where librdkafka's codes become `KafkaError`s.
extension KafkaError {
    /// The error of a response code; `context` says what was tried.
    static func client(
        _ raw: rd_kafka_resp_err_t, _ context: String, detail: String? = nil, isFatal: Bool = false,
        file: String = #fileID, line: Int = #line
    ) -> KafkaError {
        let text = detail.flatMap { $0.isEmpty ? nil : $0 } ?? String(cString: rd_kafka_err2str(raw))
        let traits = Traits(raw)
        return KafkaError(
            code: traits.code, rawCode: raw.rawValue, rawName: String(cString: rd_kafka_err2name(raw)),
            reason: "\(context): \(text)", advice: traits.advice,
            isFatal: isFatal || raw == RD_KAFKA_RESP_ERR__FATAL, isRetriable: !isFatal && traits.isRetriable,
            file: file, line: line)
    }

    /// The error of an error object, which is destroyed.
    static func client(
        consuming error: OpaquePointer, _ context: String, file: String = #fileID, line: Int = #line
    ) -> KafkaError {
        defer { rd_kafka_error_destroy(error) }
        return client(
            rd_kafka_error_code(error), context, detail: String(cString: rd_kafka_error_string(error)),
            isFatal: rd_kafka_error_is_fatal(error) != 0, file: file, line: line)
    }

    /// What a code means to a caller.
    struct Traits {
        var code: Code
        var isRetriable: Bool
        var advice: String

        init(_ raw: rd_kafka_resp_err_t) {
            (code, isRetriable, advice) = Self.connection(raw) ?? Self.records(raw) ?? Self.group(raw)
        }

        private typealias Row = (Code, Bool, String)

        private static func connection(_ raw: rd_kafka_resp_err_t) -> Row? {
            switch raw {
            case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
                RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
                RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
                RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
                (.unreachable, true, "check that the brokers run, and the host names and ports of `brokers`")
            case RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
                RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
                (.timedOut, true, "check that the brokers run and are not overloaded, then try again")
            case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
                RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, RD_KAFKA_RESP_ERR__SSL:
                (.authentication, false, "check security.protocol, sasl.* and ssl.*")
            case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
                RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
                RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
                (.authorization, false, "ask the cluster's operator for an ACL for this user")
            case RD_KAFKA_RESP_ERR__INVALID_ARG, RD_KAFKA_RESP_ERR_INVALID_CONFIG,
                RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
                (.configuration, false, "correct the value")
            default: nil
            }
        }

        private static func records(_ raw: rd_kafka_resp_err_t) -> Row? {
            switch raw {
            case RD_KAFKA_RESP_ERR__QUEUE_FULL:
                (.queueFull, true, "wait, or raise bufferedRecords")
            case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
                (
                    .messageTooLarge, false,
                    "make the record smaller, or raise maximumRecordByteCount and the broker's max.message.bytes"
                )
            case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
                RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
                (.unknownTopic, true, "create the topic, or check its name")
            case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
                (.topicExists, false, "use the one that is there, or another name")
            case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET,
                RD_KAFKA_RESP_ERR__NO_OFFSET:
                (.offsetOutOfRange, false, "seek to an offset between the partition's watermarks")
            case RD_KAFKA_RESP_ERR__BAD_MSG, RD_KAFKA_RESP_ERR__BAD_COMPRESSION, RD_KAFKA_RESP_ERR_INVALID_MSG,
                RD_KAFKA_RESP_ERR__UNDERFLOW, RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
                (.corrupt, false, "check the network and the broker's version and disk")
            case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
                RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, RD_KAFKA_RESP_ERR__RETRY:
                (.deliveryFailed, true, "try again once the partition has a leader and enough replicas")
            default: nil
            }
        }

        private static func group(_ raw: rd_kafka_resp_err_t) -> Row {
            switch raw {
            case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
                RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID,
                RD_KAFKA_RESP_ERR__FENCED, RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED,
                RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
                (.fenced, false, "the group has given the partitions to others: poll again and go on from there")
            case RD_KAFKA_RESP_ERR__DESTROY, RD_KAFKA_RESP_ERR__STATE:
                (.closed, false, "make a new client")
            case RD_KAFKA_RESP_ERR__FATAL:
                (.deliveryFailed, false, "close this client and make a new one")
            default:
                (.other, false, "")
            }
        }
    }
}
