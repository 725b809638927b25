/// How to reach a Kafka cluster and how its clients behave; every field has a default that suits a throughput-minded
/// service that must not lose records.
///
/// What has no field here is set by its librdkafka name in `properties`, which is applied last and wins.
public struct KafkaConfiguration: Sendable {
    /// `host:port` of some brokers of the cluster; the rest is discovered.
    public var brokers: [String]
    /// Name the brokers log for this client.
    public var clientID: String
    /// What a producer does.
    public var producer = ProducerOptions()
    /// What a consumer does.
    public var consumer = ConsumerOptions()
    /// Any librdkafka property by its name (`security.protocol`, `sasl.username`, `debug` …).
    public var properties: [String: String]
    /// How often statistics are made; nil for never. They reach `onStatistics` from inside poll, or from the
    /// producer's own thread.
    public var statisticsInterval: Duration?
    /// Is given the statistics.
    public var onStatistics: (@Sendable (KafkaStatistics) -> Void)?
    /// Is told of trouble the client deals with by itself (a broker is down, a request is tried again).
    public var onError: (@Sendable (KafkaError) -> Void)?
    /// Is given librdkafka's log lines, from any of its threads; nil leaves them to standard error.
    public var onLog: (@Sendable (KafkaLogLine) -> Void)?

    /// A configuration for the cluster of these brokers (`host:port`).
    public init(brokers: [String], clientID: String = "swift-kafka", properties: [String: String] = [:]) {
        self.brokers = brokers
        self.clientID = clientID
        self.properties = properties
    }

    /// How records are compressed on their way, on the broker's disk and back.
    public enum Compression: String, Sendable, CaseIterable {
        /// Not at all.
        case none
        /// Fast; the default.
        case lz4
        /// Fast, readable by the oldest consumers.
        case snappy
        /// Small.
        case zstd
        /// Small and slow.
        case gzip
    }

    /// What a producer does with the records it is given.
    public struct ProducerOptions: Sendable {
        /// How batches are compressed.
        public var compression = Compression.lz4
        /// Records buffered before `produce` waits.
        public var bufferedRecords = 100_000
        /// Bytes buffered before `produce` waits.
        public var bufferedByteCount = 64 << 20
        /// How long a batch waits for company.
        public var linger = Duration.milliseconds(5)
        /// Largest record, key and value together.
        public var maximumRecordByteCount = 1_000_000
        /// How long delivery of a record is tried, retries included, before it fails for good.
        public var deliveryTimeout = Duration.seconds(300)
        /// How long `produce` waits for room in the buffer before it throws `queueFull`.
        public var maximumBlock = Duration.seconds(60)

        /// The defaults.
        public init() {}
    }

    /// What a consumer does.
    public struct ConsumerOptions: Sendable {
        /// How the group deals its partitions.
        public var assignment = AssignmentStrategy.range
        /// Where to start when the group has no offset, or has one that is not in the partition.
        public var offsetReset = OffsetReset.earliest
        /// Silence after which the group declares this member dead.
        public var sessionTimeout = Duration.seconds(45)
        /// Longest time between two calls of `poll` before the group takes the partitions away.
        public var maximumPollInterval = Duration.seconds(300)
        /// Bytes of records, without librdkafka's own, fetched ahead of `poll` and kept in memory; reached by a fetch's
        /// answer, so there may be one more of those.
        public var prefetchedByteCount = 32 << 20
        /// Records fetched ahead of `poll`, likewise. Each costs some 400 bytes beside its own.
        public var prefetchedRecordCount = 20_000
        /// Bytes, compressed as they are in the log, that one fetch asks a broker for.
        public var fetchByteCount = 4 << 20
        /// Longest time the broker waits for data before it answers a fetch with nothing.
        public var fetchWait = Duration.milliseconds(100)

        /// The defaults.
        public init() {}
    }

    /// How a consumer group deals partitions among its members.
    public enum AssignmentStrategy: String, Sendable {
        /// Eager: every member gives up everything, then runs of neighbouring partitions are dealt. The default:
        /// cooperative rebalancing of librdkafka before 2.6 can crash on close and spin for ever (its issues 4381,
        /// 4527 and 4783), and Linux distributions ship older ones.
        case range
        /// Eager, dealt one by one.
        case roundRobin = "roundrobin"
        /// Only what moves is given up. Use it with librdkafka 2.6.1 or later.
        case cooperativeSticky = "cooperative-sticky"
    }

    /// Where a consumer starts when it has no usable offset.
    public enum OffsetReset: String, Sendable {
        /// At the oldest record held.
        case earliest
        /// At what comes next.
        case latest
        /// Nowhere: `poll` throws `offsetOutOfRange`.
        case error
    }
}

/// One line of librdkafka's log.
public struct KafkaLogLine: Sendable {
    /// Severity as syslog counts it: 0 emergency … 3 error, 4 warning, 5 notice, 6 info, 7 debug.
    public let severity: Int32
    /// Short name of the place (`FAIL`, `SESSTMOUT`).
    public let facility: String
    /// The line.
    public let message: String
}
