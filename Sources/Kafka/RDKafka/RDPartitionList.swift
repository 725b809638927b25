import CRdKafka

/// A `rd_kafka_topic_partition_list_t`, owned for the length of a closure.
enum RDPartitionList {
    typealias Pointer = UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    /// Makes a list of these partitions for `body` and destroys it afterwards.
    static func with<Result>(
        _ offsets: [(partition: KafkaTopicPartition, offset: Int64)], _ body: (Pointer) throws -> Result
    ) throws -> Result {
        guard let list = rd_kafka_topic_partition_list_new(Int32(clamping: offsets.count)) else {
            throw KafkaError.client(RD_KAFKA_RESP_ERR__FAIL, "allocating a list of partitions")
        }
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for (partition, offset) in offsets {
            guard let row = rd_kafka_topic_partition_list_add(list, partition.topic, partition.partition) else {
                throw KafkaError.client(RD_KAFKA_RESP_ERR__FAIL, "allocating a list of partitions")
            }
            row.pointee.offset = offset
        }
        return try body(list)
    }

    /// Makes a list without offsets.
    static func with<Result>(
        _ partitions: [KafkaTopicPartition], _ body: (Pointer) throws -> Result
    ) throws -> Result {
        try with(partitions.map { ($0, Int64(RD_KAFKA_OFFSET_INVALID)) }, body)
    }

    static func rows(_ list: Pointer) -> UnsafeBufferPointer<rd_kafka_topic_partition_t> {
        UnsafeBufferPointer(start: list.pointee.elems, count: Int(list.pointee.cnt))
    }

    static func partitions(_ list: Pointer) -> [KafkaTopicPartition] {
        rows(list).map(KafkaTopicPartition.init)
    }

    /// Throws the first partition's failure.
    static func check(_ list: Pointer, _ context: String) throws {
        for row in rows(list) where row.err != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw KafkaError.client(row.err, "\(context) \(KafkaTopicPartition(row))")
        }
    }
}

extension KafkaTopicPartition {
    init(_ row: rd_kafka_topic_partition_t) {
        self.init(row.topic.map { String(cString: $0) } ?? "", row.partition)
    }
}

extension KafkaOffset {
    /// librdkafka's number for it.
    var raw: Int64 {
        switch self {
        case .beginning: Int64(RD_KAFKA_OFFSET_BEGINNING)
        case .end: Int64(RD_KAFKA_OFFSET_END)
        case .committed: Int64(RD_KAFKA_OFFSET_STORED)
        case .at(let offset): offset
        }
    }
}

extension KafkaRecord {
    /// Name of the topic it is in.
    public var topic: String {
        raw.pointee.rkt.flatMap { rd_kafka_topic_name($0) }.map { String(cString: $0) } ?? ""
    }

    /// When it was made or appended, as the topic is configured: epoch milliseconds, -1 when the log does not say.
    public var timestamp: Int64 {
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        return rd_kafka_message_timestamp(raw, &kind)
    }

    /// The headers, copied.
    public var headers: [KafkaHeader] {
        var handle: OpaquePointer?
        guard rd_kafka_message_headers(raw, &handle) == RD_KAFKA_RESP_ERR_NO_ERROR, let handle else { return [] }
        return (0..<rd_kafka_header_cnt(handle)).compactMap { index in
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var count = 0
            guard
                rd_kafka_header_get_all(handle, index, &name, &value, &count) == RD_KAFKA_RESP_ERR_NO_ERROR, let name
            else { return nil }
            return KafkaHeader(
                name: String(cString: name), value: [UInt8](UnsafeRawBufferPointer(start: value, count: count)))
        }
    }

    private var raw: UnsafePointer<rd_kafka_message_t> { message.assumingMemoryBound(to: rd_kafka_message_t.self) }
}
