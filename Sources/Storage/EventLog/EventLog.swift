/// The ordered, partitioned, durable log of listening events: Kafka, or SQLite when nothing is to be installed.
///
/// All calls block; call them from a thread of your own, never from a cooperative pool. Backends: `KafkaEventLog`,
/// `SQLiteEventLog`; `EventLogs.open(uri:)` picks by scheme. One shared test suite runs against each.
public protocol EventLog: Sendable {
    /// The topic's name (`music_log`): part of the lake's transaction identifiers.
    var topic: String { get }

    /// Makes the topic with that many partitions when it is not there; an existing one is left as it is.
    func createIfMissing(partitions: Int) throws

    /// First and next offset of every partition, in order of partition.
    func offsets() throws -> [PartitionOffsets]

    /// A producer; many may write at once.
    func makeProducer() throws -> any EventLogProducer

    /// A member of consumer group `group`; the partitions are dealt among the group's members.
    ///
    /// - Parameter listener: told of every partition gained and lost, and asked where to start.
    func makeConsumer(group: String, listener: any EventLogRebalanceListener) throws -> any EventLogConsumer

    /// The log of another topic in the same place: the dead letters of `music_log` are `music_log_rejected`.
    func sibling(topic: String) throws -> any EventLog

    /// Throws with what is wrong and what to do when the log cannot be used now.
    func checkHealth(timeout: Duration) throws

    /// Releases connections. Producers and consumers must be closed before.
    func close()
}

/// What a partition holds.
public struct PartitionOffsets: Sendable, Hashable {
    /// Partition number, from 0.
    public var partition: Int32
    /// Oldest offset still held.
    public var begin: Int64
    /// Offset the next event will get.
    public var end: Int64

    /// Makes the row.
    public init(partition: Int32, begin: Int64, end: Int64) {
        self.partition = partition
        self.begin = begin
        self.end = end
    }
}

/// Appends to an `EventLog`.
public protocol EventLogProducer: Sendable {
    /// Takes one event; it is durable only after `flush` returned. Blocks while the bounded buffer is full.
    ///
    /// Events of one key stay in order (same partition by the Murmur2 hash Kafka's Java client uses).
    /// - Throws: when a delivery failed for good or the producer is closed.
    func append(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws

    /// Returns when every event taken so far is durable.
    /// - Throws: when one of them could not be delivered within `timeout`; the error tells how many.
    func flush(timeout: Duration) throws

    /// Flushes and releases; idempotent.
    func close() throws
}

extension EventLogProducer {
    /// Takes one event of two byte arrays; see `append(key:value:)` on raw buffers.
    public func append(key: [UInt8], value: [UInt8]) throws {
        try key.withUnsafeBytes { key in try value.withUnsafeBytes { value in try append(key: key, value: value) } }
    }
}

/// One record as the consumer sees it. The buffers belong to the log: do not let them escape the closure.
public struct EventLogRecord {
    /// Partition the record is in.
    public var partition: Int32
    /// Its offset there.
    public var offset: Int64
    /// When it was appended, epoch milliseconds; -1 when the log does not say.
    public var timestamp: Int64
    /// The key (`user_id`), empty when there is none.
    public var key: UnsafeRawBufferPointer
    /// The event's JSON.
    public var value: UnsafeRawBufferPointer

    /// Makes a record over borrowed bytes.
    public init(
        partition: Int32, offset: Int64, timestamp: Int64, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
    ) {
        self.partition = partition
        self.offset = offset
        self.timestamp = timestamp
        self.key = key
        self.value = value
    }
}

/// Reads an `EventLog` as a member of a group. Used by one thread at a time.
public protocol EventLogConsumer: AnyObject {
    /// Waits up to `timeout` for records and hands at most `maxRecords` of them to `body`, in order inside each partition.
    /// Rebalances are answered inside this call, before any record of a new partition is handed over. With
    /// `maxRecords` 0 it does only that, and keeps us in the group while we have no room for more.
    ///
    /// - Returns: how many records were handed over; 0 when the time ran out.
    /// - Throws: what `body` throws (the records after it are handed over again), or the log's own fatal error.
    @discardableResult
    func poll(maxRecords: Int, timeout: Duration, _ body: (EventLogRecord) throws -> Void) throws -> Int

    /// Partitions this member holds now.
    var assignment: [Int32] { get }

    /// Continues each given partition at that offset. Partitions that are not assigned are ignored.
    func seek(to positions: [Int32: Int64]) throws

    /// Commits the next offset to read of each partition to the group: for lag dashboards only, the lake is the truth.
    func commit(_ positions: [Int32: Int64]) throws

    /// Events appended but not yet polled, by assigned partition; from the log's own cached statistics, cheap.
    func lag() throws -> [Int32: Int64]

    /// Leaves the group and releases; idempotent.
    func close() throws
}

/// Is told, inside `poll`, what the group's rebalance gave and took.
public protocol EventLogRebalanceListener: AnyObject, Sendable {
    /// Partitions were gained.
    /// - Returns: where each starts; one that is missing starts at the oldest record.
    func assigned(partitions: [Int32]) throws -> [Int32: Int64]

    /// Partitions are about to go (`lost == false`: still ours during the call) or are gone already (`lost == true`).
    func revoked(partitions: [Int32], lost: Bool) throws
}
