import Kafka
import ServiceKit
import TestSupport
import Testing

@Suite struct KafkaFaultTests {
    /// Every value 0 ..< count exactly once, each key's in order.
    private func expectEachOnce(_ records: [CopiedRecord], _ count: Int) {
        #expect(records.count == count)
        #expect(Set(records.map(\.value)).count == count)
        for (_, ofKey) in Dictionary(grouping: records, by: \.key) {
            let values = ofKey.compactMap { Int($0.value) }
            #expect(values == values.sorted())
        }
    }

    private func produce(_ mock: MockKafka, _ count: Int, disturb: (Int) throws -> Void) throws {
        let producer = try KafkaProducer(configuration: mock.configuration { $0.producer.linger = .zero })
        let topic = try producer.topic(mock.topic)
        for index in 0..<count {
            try disturb(index)
            try producer.produce(to: topic, key: Array("user-\(index % 11)".utf8), value: Array("\(index)".utf8))
        }
        try producer.close()
        #expect(producer.progress == .init(accepted: count, delivered: count, failed: 0))
    }

    @Test(arguments: [
        KafkaMockCluster.Fault.notLeader, .requestTimedOut, .notEnoughReplicas, .disconnect,
        .unknownTopicOrPartition,
    ])
    func refusedProduceRequestsAreTriedAgainWithNothingLostOrTwice(_ fault: KafkaMockCluster.Fault) throws {
        let mock = try MockKafka(brokers: 3, partitions: 3)
        try produce(mock, 2_000) { index in
            if index % 400 == 100 { mock.cluster.fail(.produce, with: fault, count: 3) }
        }
        let consumer = try mock.makeReader()
        expectEachOnce(try consumer.readAll(2_000), 2_000)
        try consumer.close()
    }

    @Test func brokerThatGoesDownAndComesBackLosesNothing() throws {
        let mock = try MockKafka(brokers: 1, partitions: 3)
        let consumer = try mock.makeReader()
        try produce(mock, 3_000) { index in
            if index == 1_000 { try mock.cluster.takeDown() }
            if index == 1_500 { try mock.cluster.bringUp() }
        }
        expectEachOnce(try consumer.readAll(3_000), 3_000)
        try mock.cluster.takeDown()
        #expect(try consumer.poll(maximumRecords: 10, timeout: .milliseconds(300)) { _ in } == 0)
        try mock.cluster.bringUp()
        try mock.produce(10)
        #expect(try consumer.readAll(10).count == 10)
        try consumer.close()
    }

    @Test func leaderThatMovesIsFollowedByProducerAndConsumer() throws {
        let mock = try MockKafka(brokers: 3, partitions: 2)
        let consumer = try mock.makeReader()
        try produce(mock, 1_500) { index in
            guard index % 500 == 250 else { return }
            for partition in Int32(0)..<2 {
                try mock.cluster.setLeader(
                    topic: mock.topic, partition: partition, broker: (Int32(index / 500) + partition) % 3 + 1)
            }
        }
        expectEachOnce(try consumer.readAll(1_500), 1_500)
        try consumer.close()
    }

    @Test func fetchesThatFailAreTriedAgain() throws {
        let mock = try MockKafka(brokers: 1, partitions: 2)
        try mock.produce(500) { "user-\($0 % 11)" }
        mock.cluster.fail(.fetch, with: .notLeader, count: 2)
        let consumer = try mock.makeReader()
        expectEachOnce(try consumer.readAll(500), 500)
        mock.cluster.fail(.fetch, with: .disconnect, count: 2)
        try mock.produce(500) { "user-\($0 % 11)" }
        expectEachOnce(try consumer.readAll(500), 500)
        try consumer.close()
    }

    @Test func clusterThatIsNotThereIsAnUnreachableErrorInTime() throws {
        var configuration = KafkaConfiguration(brokers: ["127.0.0.1:1"])
        configuration.onLog = { _ in }
        let admin = try KafkaAdmin(configuration: configuration)
        let start = ContinuousClock.now
        let error = #expect(throws: KafkaError.self) { try admin.metadata(timeout: .milliseconds(500)) }
        #expect(error?.code == .unreachable || error?.code == .timedOut)
        #expect(error?.isRetriable == true)
        #expect(ContinuousClock.now - start < .seconds(5))
        admin.close()
    }

    @Test func troubleTheClientDealsWithIsToldToTheObserver() throws {
        let mock = try MockKafka()
        let latest = Latest<KafkaError>()
        let lines = Latest<KafkaLogLine>()
        let consumer = try mock.makeReader {
            $0.onError = { latest.set($0) }
            $0.onLog = { lines.set($0) }
        }
        try consumer.poll(maximumRecords: 1, timeout: .milliseconds(100)) { _ in }
        try mock.cluster.takeDown()
        #expect(
            try eventually {
                try consumer.poll(maximumRecords: 1, timeout: .milliseconds(50)) { _ in }
                return latest.value != nil && lines.value != nil
            })
        #expect(latest.value?.code == .unreachable)
        try mock.cluster.bringUp()
        try consumer.close()
    }
}
