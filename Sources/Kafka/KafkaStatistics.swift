import Foundation

/// What a client measured since it started, as far as dashboards want it; the whole of librdkafka's JSON is described in
/// its STATISTICS.md.
public struct KafkaStatistics: Sendable, Decodable {
    /// Name of the client instance (`swift-kafka#consumer-1`).
    public let name: String
    /// `producer` or `consumer`.
    public let type: String
    /// Records in the producer's buffer.
    public let bufferedRecords: Int
    /// Their bytes.
    public let bufferedByteCount: Int
    /// Records sent.
    public let sentRecords: Int
    /// Bytes of all requests sent.
    public let sentByteCount: Int
    /// Records received.
    public let receivedRecords: Int
    /// Bytes of all answers received.
    public let receivedByteCount: Int
    /// Brokers by name.
    public let brokers: [String: Broker]
    /// Topics by name.
    public let topics: [String: Topic]
    /// The consumer's group; nil for a producer.
    public let group: Group?

    /// One broker as the client sees it.
    public struct Broker: Sendable, Decodable {
        /// Node number, -1 for a bootstrap entry.
        public let nodeID: Int
        /// State of the connection: `UP`, `DOWN`, `CONNECT` …
        public let state: String
        /// Requests sent.
        public let sentRequests: Int
        /// Requests that got no answer in time.
        public let timedOutRequests: Int
        /// Times the connection was lost.
        public let disconnects: Int
        /// Time from request to answer in the last interval.
        public let roundTrip: Window?

        enum CodingKeys: String, CodingKey {
            case nodeID = "nodeid"
            case state
            case sentRequests = "tx"
            case timedOutRequests = "req_timeouts"
            case disconnects
            case roundTrip = "rtt"
        }
    }

    /// A rolling window of one measure, in microseconds.
    public struct Window: Sendable, Decodable {
        /// Mean.
        public let avg: Int
        /// Median.
        public let p50: Int
        /// 99th percentile.
        public let p99: Int
        /// Largest.
        public let max: Int
    }

    /// One topic.
    public struct Topic: Sendable, Decodable {
        /// Partitions by number; -1 holds what is not placed yet.
        public let partitions: [String: Partition]
    }

    /// One partition.
    public struct Partition: Sendable, Decodable {
        /// Records behind the end, -1 when not known.
        public let consumerLag: Int64
        /// Next offset the broker will give, -1001 when not known.
        public let highWatermark: Int64
        /// Records fetched and not yet polled.
        public let fetchedRecords: Int

        enum CodingKeys: String, CodingKey {
            case consumerLag = "consumer_lag"
            case highWatermark = "hi_offset"
            case fetchedRecords = "fetchq_cnt"
        }
    }

    /// The consumer's group membership.
    public struct Group: Sendable, Decodable {
        /// State of the join (`steady`, `wait-join` …).
        public let joinState: String
        /// Rebalances this member saw.
        public let rebalances: Int
        /// Partitions it holds.
        public let assignedPartitions: Int

        enum CodingKeys: String, CodingKey {
            case joinState = "join_state"
            case rebalances = "rebalance_cnt"
            case assignedPartitions = "assignment_size"
        }
    }

    enum CodingKeys: String, CodingKey {
        case name, type, brokers, topics
        case bufferedRecords = "msg_cnt"
        case bufferedByteCount = "msg_size"
        case sentRecords = "txmsgs"
        case sentByteCount = "tx_bytes"
        case receivedRecords = "rxmsgs"
        case receivedByteCount = "rx_bytes"
        case group = "cgrp"
    }

    /// Reads librdkafka's statistics text.
    init(json: UnsafeRawBufferPointer) throws {
        self = try JSONDecoder().decode(KafkaStatistics.self, from: Data(json))
    }
}
