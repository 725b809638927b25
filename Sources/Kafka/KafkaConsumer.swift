/// Reads topics, as a member of a group that deals their partitions among its members, or partitions by hand.
///
/// Used by one thread at a time, and that thread must call `poll` at least every `maximumPollInterval`, or the group
/// takes its partitions away. Nothing is committed unless `commit` is called. `close()` leaves the group; a consumer that
/// is dropped without it is noticed by the group only after `sessionTimeout`.
public final class KafkaConsumer {
    /// The group this consumer belongs to.
    public let group: String
    private let reader: RDConsumer
    private var isClosed = false

    /// Makes a consumer; it reads nothing before `subscribe` or `assign`.
    ///
    /// - Parameters:
    ///   - group: name of the group; with `assign` it is only the name that commits are kept under.
    ///   - listener: is told of partitions gained and lost; kept until the consumer is gone.
    /// - Throws: `KafkaError.configuration` when a property is refused.
    public init(
        configuration: KafkaConfiguration, group: String, listener: (any KafkaRebalanceListener)? = nil
    ) throws {
        self.group = group
        reader = try RDConsumer(configuration, group: group, listener: listener)
    }

    deinit {
        // Leaving the group would call the listener from whatever thread this is; `close()` is the way to do that.
        if !isClosed { reader.destroy() }
    }

    /// Joins the group for these topics; the partitions come in one of the next calls of `poll`.
    public func subscribe(to topics: [String]) throws {
        try check()
        try reader.subscribe(to: topics)
    }

    /// Reads these partitions from there on, without a group. Once in a consumer's life; `seek` moves it afterwards.
    public func assign(_ partitions: [KafkaTopicPartition: KafkaOffset]) throws {
        try check()
        precondition(reader.assignment.isEmpty, "a consumer is assigned partitions by hand once: seek instead")
        try reader.assign(partitions)
    }

    /// Waits up to `timeout` for records and hands at most `maximumRecords` of them to `body`, in order inside each
    /// partition, without a copy. Returns as soon as some were there. Rebalances are answered inside this call, before
    /// any record of a new partition is handed over. With `maximumRecords` 0 it only does that, and keeps us in the group.
    ///
    /// - Returns: how many records were handed over; 0 when the time ran out.
    /// - Throws: what `body` throws (the record counts as read, those after it are handed over by the next call), what the
    ///   listener throws, or a `KafkaError` the client cannot deal with itself.
    /// - Complexity: O(records); one lock a batch, not one a record.
    @discardableResult
    public func poll(
        maximumRecords: Int, timeout: Duration, _ body: (KafkaRecord) throws -> Void
    ) throws -> Int {
        precondition(maximumRecords >= 0, "poll for at least 0 records")
        try check()
        return try reader.poll(maximumRecords: maximumRecords, timeout: timeout, body)
    }

    /// Partitions held now, in order.
    public var assignment: [KafkaTopicPartition] { reader.assignment }

    /// The next offset of each partition held, as far as it is known.
    public var positions: [KafkaTopicPartition: Int64] { reader.positions }

    /// Records that were fetched ahead and not handed over yet.
    public var queuedRecordCount: Int { reader.queuedRecordCount }

    /// Goes on at that offset in each given partition. Partitions that are not held are ignored.
    public func seek(to offsets: [KafkaTopicPartition: KafkaOffset]) throws {
        try check()
        try reader.seek(to: offsets)
    }

    /// Hands over nothing of these partitions until `resume`; the group keeps them ours while `poll` goes on.
    public func pause(_ partitions: [KafkaTopicPartition]) throws {
        try check()
        try reader.pause(partitions)
    }

    /// Undoes `pause`.
    public func resume(_ partitions: [KafkaTopicPartition]) throws {
        try check()
        try reader.resume(partitions)
    }

    /// Commits the next offset to read of each partition for the group.
    ///
    /// - Parameter waits: whether to return only when the group's coordinator has answered; otherwise a refusal is told to
    ///   `KafkaConfiguration.onError`.
    /// - Throws: `fenced` when the group has moved on without this member.
    public func commit(_ offsets: [KafkaTopicPartition: Int64], waits: Bool = true) throws {
        try check()
        try reader.commit(offsets, waits: waits)
    }

    /// What the group has committed for these partitions; a partition without a commit is missing.
    public func committed(
        _ partitions: [KafkaTopicPartition], timeout: Duration
    ) throws -> [KafkaTopicPartition: Int64] {
        try check()
        return try reader.committed(partitions, timeout: timeout)
    }

    /// Records appended but not yet handed over, by partition, from what the latest fetch answers said; no request is
    /// made. A partition that has not been fetched from yet is missing.
    public func lag() throws -> [KafkaTopicPartition: Int64] {
        try check()
        return reader.lag()
    }

    /// Leaves the group (the listener is told `revoked`) and releases everything; later calls do nothing.
    ///
    /// - Throws: what the listener threw; the consumer is closed all the same.
    public func close() throws {
        guard !isClosed else { return }
        isClosed = true
        try reader.close()
    }

    private func check() throws {
        if isClosed { throw KafkaError.closed("the Kafka consumer") }
    }
}
