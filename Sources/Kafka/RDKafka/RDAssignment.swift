import CRdKafka

/// The partitions a consumer holds and where it is in each: found by topic handle and partition for every record, so the
/// last row found is tried first (records come in long runs of one partition).
struct RDAssignment {
    struct Row {
        let partition: KafkaTopicPartition
        /// Next offset to hand over; -1 while the broker decides where to start.
        var position: Int64
        var isPaused = false
    }

    private(set) var rows: [Row] = []
    private var latestTopic: OpaquePointer?
    private var latestPartition: Int32 = -1
    private var latestIndex = 0

    var partitions: [KafkaTopicPartition] { rows.map(\.partition).sorted() }

    /// Row of a message's topic handle and partition, or nil when it is not held.
    /// - Complexity: O(1) while the partition stays the same, else O(partitions held).
    mutating func index(topic: OpaquePointer?, partition: Int32) -> Int? {
        if topic == latestTopic, partition == latestPartition { return latestIndex }
        guard let topic, let name = rd_kafka_topic_name(topic).map({ String(cString: $0) }),
            let index = index(of: KafkaTopicPartition(name, partition))
        else { return nil }
        (latestTopic, latestPartition, latestIndex) = (topic, partition, index)
        return index
    }

    func index(of partition: KafkaTopicPartition) -> Int? { rows.firstIndex { $0.partition == partition } }

    func position(at index: Int) -> Int64 { rows[index].position }

    mutating func setPosition(_ offset: Int64, at index: Int) { rows[index].position = offset }

    mutating func setPaused(_ isPaused: Bool, at index: Int) { rows[index].isPaused = isPaused }

    mutating func add(_ partition: KafkaTopicPartition, start: KafkaOffset) {
        remove([partition])
        var position: Int64 = -1
        if case .at(let offset) = start { position = offset }
        rows.append(Row(partition: partition, position: position))
    }

    mutating func remove(_ partitions: [KafkaTopicPartition]) {
        rows.removeAll { partitions.contains($0.partition) }
        latestTopic = nil
        latestPartition = -1
    }
}
