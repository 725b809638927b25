import CRdKafka

/// librdkafka's admin calls: each is a request on a queue of its own and one event as the answer.
final class RDAdmin: Sendable {
    private let client: RDKafkaClient

    init(_ configuration: KafkaConfiguration) throws {
        // A producer is the lightest kind of client: it joins nothing.
        client = try RDKafkaClient(
            .producer, properties: configuration.adminProperties(),
            callbacks: RDKafkaCallbacks(.producer, configuration))
    }

    func destroy() { client.destroy() }

    /// All topics: asking for one by name would make brokers create it.
    func metadata(timeout: Duration) throws -> KafkaMetadata {
        var answer: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(client.handle, 1, nil, &answer, timeout.wholeMilliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer else {
            throw KafkaError.client(code, "asking the cluster for its topics")
        }
        defer { rd_kafka_metadata_destroy(answer) }
        return KafkaMetadata(answer.pointee)
    }

    func watermarks(of partition: KafkaTopicPartition, timeout: Duration) throws -> KafkaWatermarks {
        var low: Int64 = 0
        var high: Int64 = 0
        let code = rd_kafka_query_watermark_offsets(
            client.handle, partition.topic, partition.partition, &low, &high, timeout.wholeMilliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError.client(code, "asking for the offsets of \(partition)")
        }
        return KafkaWatermarks(low: low, high: high)
    }

    func createTopic(
        _ name: String, partitions: Int, replication: Int?, settings: [String: String], timeout: Duration
    ) throws {
        var text = [CChar](repeating: 0, count: 512)
        guard
            let topic = rd_kafka_NewTopic_new(
                name, Int32(clamping: partitions), Int32(clamping: replication ?? -1), &text, text.count)
        else { throw KafkaError.configuration("topic \(name) cannot be created: \(string(text))") }
        defer { rd_kafka_NewTopic_destroy(topic) }
        for (setting, value) in settings {
            let code = rd_kafka_NewTopic_set_config(topic, setting, value)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaError.client(code, "topic setting \(setting)=\(value)")
            }
        }
        var request: OpaquePointer? = topic
        try perform(RD_KAFKA_ADMIN_OP_CREATETOPICS, "creating topic \(name)", timeout) { options, queue in
            rd_kafka_CreateTopics(client.handle, &request, 1, options, queue)
        } results: { event, count in
            rd_kafka_event_CreateTopics_result(event).flatMap { rd_kafka_CreateTopics_result_topics($0, count) }
        }
    }

    func deleteTopic(_ name: String, timeout: Duration) throws {
        guard let topic = rd_kafka_DeleteTopic_new(name) else {
            throw KafkaError.client(RD_KAFKA_RESP_ERR__FAIL, "deleting topic \(name)")
        }
        defer { rd_kafka_DeleteTopic_destroy(topic) }
        var request: OpaquePointer? = topic
        try perform(RD_KAFKA_ADMIN_OP_DELETETOPICS, "deleting topic \(name)", timeout) { options, queue in
            rd_kafka_DeleteTopics(client.handle, &request, 1, options, queue)
        } results: { event, count in
            rd_kafka_event_DeleteTopics_result(event).flatMap { rd_kafka_DeleteTopics_result_topics($0, count) }
        }
    }

    private typealias TopicResults = UnsafeMutablePointer<OpaquePointer?>

    /// Sends one request and throws what the answer says went wrong.
    private func perform(
        _ operation: rd_kafka_admin_op_t, _ context: String, _ timeout: Duration,
        request: (OpaquePointer, OpaquePointer) -> Void,
        results: (OpaquePointer, UnsafeMutablePointer<Int>) -> TopicResults?
    ) throws {
        guard let queue = rd_kafka_queue_new(client.handle) else {
            throw KafkaError.client(RD_KAFKA_RESP_ERR__FAIL, context)
        }
        defer { rd_kafka_queue_destroy(queue) }
        guard let options = rd_kafka_AdminOptions_new(client.handle, operation) else {
            throw KafkaError.client(RD_KAFKA_RESP_ERR__FAIL, context)
        }
        defer { rd_kafka_AdminOptions_destroy(options) }
        try setTimeouts(options, timeout, context)
        request(options, queue)
        // The request times out by itself; a second more tells that from no answer at all.
        guard let event = rd_kafka_queue_poll(queue, (timeout + .seconds(1)).wholeMilliseconds) else {
            throw KafkaError.client(RD_KAFKA_RESP_ERR__TIMED_OUT, context)
        }
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError.client(
                code, context, detail: rd_kafka_event_error_string(event).map { String(cString: $0) })
        }
        var count = 0
        let topics = UnsafeBufferPointer(start: results(event, &count), count: count)
        for topic in topics { try check(topic, context) }
    }

    private func setTimeouts(_ options: OpaquePointer, _ timeout: Duration, _ context: String) throws {
        var text = [CChar](repeating: 0, count: 512)
        let milliseconds = timeout.wholeMilliseconds
        for set in [rd_kafka_AdminOptions_set_request_timeout, rd_kafka_AdminOptions_set_operation_timeout] {
            let code = set(options, milliseconds, &text, text.count)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaError.client(code, context, detail: string(text))
            }
        }
    }

    private func check(_ topic: OpaquePointer?, _ context: String) throws {
        let code = rd_kafka_topic_result_error(topic)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        let detail = rd_kafka_topic_result_error_string(topic).map { String(cString: $0) }
        throw KafkaError.client(code, context, detail: detail)
    }
}

extension KafkaMetadata {
    init(_ raw: rd_kafka_metadata) {
        brokers = UnsafeBufferPointer(start: raw.brokers, count: Int(raw.broker_cnt)).map {
            Broker(id: $0.id, host: $0.host.map { String(cString: $0) } ?? "", port: $0.port)
        }
        let topics = UnsafeBufferPointer(start: raw.topics, count: Int(raw.topic_cnt))
        self.topics = Dictionary(
            topics.map { topic in
                let partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
                return (
                    topic.topic.map { String(cString: $0) } ?? "",
                    partitions.map(Partition.init).sorted { $0.partition < $1.partition }
                )
            }
        ) { first, _ in first }
    }
}

extension KafkaMetadata.Partition {
    fileprivate init(_ raw: rd_kafka_metadata_partition) {
        partition = raw.id
        leader = raw.leader < 0 ? nil : raw.leader
        replicas = Int(raw.replica_cnt)
        inSyncReplicas = Int(raw.isr_cnt)
    }
}
