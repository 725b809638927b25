import Kafka

/// Appends to a Kafka topic.
final class KafkaEventLogProducer: EventLogProducer {
    private let producer: KafkaProducer
    private let topic: KafkaProducerTopic

    init(_ log: KafkaEventLog) throws {
        (producer, topic) = try StorageError.fromKafka {
            let producer = try KafkaProducer(configuration: log.configuration)
            return (producer, try producer.topic(log.topic))
        }
    }

    func append(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws {
        try StorageError.fromKafka {
            try producer.produce(to: topic, key: key.isEmpty ? nil : key, value: value)
        }
    }

    func flush(timeout: Duration) throws {
        try StorageError.fromKafka { try producer.flush(timeout: timeout) }
    }

    func close() throws {
        try StorageError.fromKafka { try producer.close() }
    }
}
