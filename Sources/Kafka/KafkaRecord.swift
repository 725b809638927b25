/// One record as a consumer sees it. Its buffers and itself are valid only inside the closure it is handed to: copy what
/// is to be kept.
public struct KafkaRecord {
    /// Partition it is in.
    public let partition: Int32
    /// Its offset there.
    public let offset: Int64
    /// Key; empty when there is none.
    public let key: UnsafeRawBufferPointer
    /// Value; empty when there is none.
    public let value: UnsafeRawBufferPointer
    /// librdkafka's message.
    let message: UnsafeRawPointer
}

/// A partition of a topic.
public struct KafkaTopicPartition: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Topic.
    public var topic: String
    /// Partition number, from 0.
    public var partition: Int32

    /// Makes the pair.
    public init(_ topic: String, _ partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    /// `topic/partition`.
    public var description: String { "\(topic)/\(partition)" }

    /// By topic, then by number.
    public static func < (left: Self, right: Self) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }
}

/// Where to start reading a partition.
public enum KafkaOffset: Sendable, Hashable {
    /// At the oldest record held.
    case beginning
    /// At what comes next.
    case end
    /// Where the group committed; without a commit, where `ConsumerOptions.offsetReset` says.
    case committed
    /// At this offset.
    case at(Int64)
}

/// First and next offset of a partition.
public struct KafkaWatermarks: Sendable, Hashable {
    /// Oldest offset held.
    public let low: Int64
    /// Offset the next record will get.
    public let high: Int64

    /// Makes the pair.
    public init(low: Int64, high: Int64) {
        self.low = low
        self.high = high
    }
}

/// Is told what a consumer group's rebalance gave and took, inside `KafkaConsumer.poll` or `close`, on the calling thread.
public protocol KafkaRebalanceListener: AnyObject {
    /// Partitions were gained; nothing of them has been read yet.
    ///
    /// - Returns: where each starts; one that is missing starts where the group committed.
    /// - Throws: then `poll` throws the same error, nothing of these partitions is read, and the next `poll` asks again.
    func assigned(_ partitions: [KafkaTopicPartition]) throws -> [KafkaTopicPartition: KafkaOffset]

    /// Whether a partition that was just gained is held paused until `KafkaConsumer.resume`; asked after `assigned`.
    func startsPaused(_ partition: KafkaTopicPartition) -> Bool

    /// Partitions go: still ours during the call when `isLost` is false, another member's already when it is true (this
    /// one was silent for too long). No record of them is handed over afterwards.
    ///
    /// - Throws: then `poll` throws the same error; the partitions are gone all the same.
    func revoked(_ partitions: [KafkaTopicPartition], isLost: Bool) throws
}

extension KafkaRebalanceListener {
    /// All partitions start at once.
    public func startsPaused(_ partition: KafkaTopicPartition) -> Bool { false }
}
