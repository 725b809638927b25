import Kafka
import Testing

@Suite struct KafkaAdminTests {
    @Test func metadataTellsBrokersTopicsAndLeaders() throws {
        let mock = try MockKafka(brokers: 3, partitions: 5)
        let admin = try KafkaAdmin(configuration: mock.configuration())
        let metadata = try admin.metadata(timeout: .seconds(10))
        #expect(metadata.brokers.map(\.id).sorted() == [1, 2, 3])
        #expect(metadata.topics[mock.topic]?.map(\.partition) == [0, 1, 2, 3, 4])
        #expect(metadata.topics[mock.topic]?.allSatisfy { $0.leader != nil && $0.replicas == 3 } == true)
        #expect(metadata.topics["not-there"] == nil)
        admin.close()
        admin.close()
        let error = #expect(throws: KafkaError.self) { try admin.metadata(timeout: .seconds(1)) }
        #expect(error?.code == .closed)
    }

    @Test func watermarksTellFirstAndNextOffset() throws {
        let mock = try MockKafka(partitions: 1)
        let admin = try KafkaAdmin(configuration: mock.configuration())
        let partition = KafkaTopicPartition(mock.topic, 0)
        #expect(try admin.watermarks(of: partition, timeout: .seconds(10)) == .init(low: 0, high: 0))
        try mock.produce(42)
        #expect(try admin.watermarks(of: partition, timeout: .seconds(10)) == .init(low: 0, high: 42))
        admin.close()
    }

    @Test func requestTheClusterDoesNotKnowIsAnErrorAndNotAHang() throws {
        // librdkafka's mock cluster knows no CreateTopics.
        let mock = try MockKafka()
        let admin = try KafkaAdmin(configuration: mock.configuration())
        #expect(throws: KafkaError.self) {
            try admin.createTopic("new", partitions: 1, timeout: .milliseconds(500))
        }
        #expect(throws: KafkaError.self) { try admin.deleteTopic(mock.topic, timeout: .milliseconds(500)) }
        #expect(throws: KafkaError.self) { try admin.createTopic("new", partitions: 0, timeout: .milliseconds(500)) }
        admin.close()
    }
}
