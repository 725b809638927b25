import Kafka
import Storage
import TestSupport
import Testing

struct KafkaStartRampTests {
    private func partition(_ number: Int32) -> KafkaTopicPartition { KafkaTopicPartition("t", number) }

    @Test func partitionsWaitOnceEnoughBacklogHasStarted() {
        let ramp = KafkaStartRamp(recordsAtOnce: 100)
        ramp.begin((0..<6).map { (partition($0), [60, 0, 60, 60, 0, 10][Int($0)]) })
        // 60 and 60 start; what has nothing behind starts always.
        #expect(ramp.lag == [partition(3): 60, partition(5): 10])
        ramp.forget([partition(3)])
        #expect(ramp.lag == [partition(5): 10])
        ramp.begin([(partition(5), 10)])
        #expect(ramp.lag.isEmpty)
    }

    @Test func allPartitionsOfABacklogAreReadOneAfterTheOther() throws {
        let cluster = try KafkaMockCluster()
        try cluster.createTopic("t", partitions: 4)
        let log = KafkaEventLog(configuration: KafkaConfiguration(brokers: cluster.brokers), topic: "t")
        defer { log.close() }
        let producer = try log.makeProducer()
        for number in 0..<4_000 { try producer.append(key: Array("u\(number)".utf8), value: Array("\(number)".utf8)) }
        try producer.close()
        let ramp = KafkaStartRamp(recordsAtOnce: 1)
        let listener = RampListener(ramp, try log.offsets())
        let consumer = try KafkaConsumer(
            configuration: KafkaConfiguration(brokers: cluster.brokers), group: "g", listener: listener)
        try consumer.subscribe(to: ["t"])
        var order: [Int32] = []
        var count = 0
        #expect(
            try eventually {
                try consumer.poll(maximumRecords: 100, timeout: .milliseconds(20)) { record in
                    if order.last != record.partition { order.append(record.partition) }
                    count += 1
                }
                try ramp.advance(consumer)
                return count == 4_000
            })
        try consumer.close()
        #expect(order == [0, 1, 2, 3])
        #expect(ramp.lag.isEmpty)
    }
}

private final class RampListener: KafkaRebalanceListener {
    private let ramp: KafkaStartRamp
    private let offsets: [PartitionOffsets]

    init(_ ramp: KafkaStartRamp, _ offsets: [PartitionOffsets]) {
        self.ramp = ramp
        self.offsets = offsets
    }

    func assigned(_ partitions: [KafkaTopicPartition]) -> [KafkaTopicPartition: KafkaOffset] {
        ramp.begin(partitions.sorted().map { ($0, offsets[Int($0.partition)].end) })
        return Dictionary(uniqueKeysWithValues: partitions.map { ($0, .at(0)) })
    }

    func startsPaused(_ partition: KafkaTopicPartition) -> Bool { ramp.lag[partition] != nil }

    func revoked(_ partitions: [KafkaTopicPartition], isLost: Bool) { ramp.forget(partitions) }
}
