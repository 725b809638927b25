import Kafka
import TestSupport
import Testing

@Suite struct KafkaConsumerTests {
    @Test func recordsOfOneKeyComeInTheOrderTheyWereProduced() throws {
        let mock = try MockKafka(partitions: 4)
        try mock.produce(5_000) { "user-\($0 % 37)" }
        let consumer = try mock.makeReader()
        let records = try consumer.readAll(5_000)
        try consumer.close()
        #expect(records.count == 5_000)
        for (_, ofKey) in Dictionary(grouping: records, by: \.key) {
            #expect(ofKey.compactMap { Int($0.value) } == ofKey.compactMap { Int($0.value) }.sorted())
            #expect(Set(ofKey.map(\.partition)).count == 1)
        }
    }

    @Test func pollHandsOverAtMostWhatItIsAskedFor() throws {
        let mock = try MockKafka(partitions: 1)
        try mock.produce(100)
        let consumer = try mock.makeReader()
        var values: [String] = []
        var largest = 0
        #expect(
            try eventually {
                largest = max(
                    largest,
                    try consumer.poll(maximumRecords: 7, timeout: .milliseconds(100)) {
                        values.append(CopiedRecord($0).value)
                    })
                return values.count >= 100
            })
        try consumer.close()
        #expect(largest == 7)
        #expect(values == (0..<100).map { "\($0)" })
    }

    @Test func errorOfTheBodyPassesAndTheRecordsAfterItComeAgain() throws {
        struct Refusal: Error {}
        let mock = try MockKafka(partitions: 1)
        try mock.produce(20)
        let consumer = try mock.makeReader()
        var values: [String] = []
        var positions: [Int64?] = []
        #expect(
            try eventually {
                do {
                    try consumer.poll(maximumRecords: 100, timeout: .milliseconds(100)) {
                        values.append(CopiedRecord($0).value)
                        if $0.offset == 4 || $0.offset == 9 { throw Refusal() }
                    }
                } catch is Refusal {
                    positions.append(consumer.positions[KafkaTopicPartition(mock.topic, 0)])
                }
                return values.count >= 20
            })
        try consumer.close()
        #expect(positions == [5, 10])
        #expect(values == (0..<20).map { "\($0)" })
    }

    @Test func aFullQueueIsFetchedOnAsSoonAsThereIsRoom() throws {
        let mock = try MockKafka(partitions: 1)
        let producer = try KafkaProducer(
            configuration: mock.configuration { $0.properties["batch.num.messages"] = "100" })
        let topic = try producer.topic(mock.topic)
        for index in 0..<6_000 { try producer.produce(to: topic, key: nil, value: Array("\(index)".utf8)) }
        try producer.close()
        let consumer = try mock.makeReader { $0.consumer.prefetchedRecordCount = 100 }
        let start = ContinuousClock.now
        let records = try consumer.readAll(6_000)
        try consumer.close()
        #expect(records.map(\.value) == (0..<6_000).map { "\($0)" })
        // Left alone, librdkafka looks at its queue once a second: that is a minute for these.
        #expect(ContinuousClock.now - start < .seconds(15))
    }

    @Test func seekGoesBackAndForwardWithoutStrayRecords() throws {
        let mock = try MockKafka(partitions: 2)
        try mock.produce(2_000)
        let consumer = try mock.makeReader()
        let all = try consumer.readAll(2_000)
        #expect(all.count == 2_000)
        let first = KafkaTopicPartition(mock.topic, 0)
        let second = KafkaTopicPartition(mock.topic, 1)
        try consumer.seek(to: [first: .at(10), second: .at(20), KafkaTopicPartition("other", 0): .beginning])
        let expected = all.filter { $0.offset >= ($0.partition == 0 ? 10 : 20) }
        let again = try consumer.readAll(expected.count)
        try consumer.close()
        for partition in Int32(0)...1 {
            #expect(again.filter { $0.partition == partition } == expected.filter { $0.partition == partition })
        }
    }

    @Test func seekInTheMiddleOfABatchDropsWhatWasFetchedAhead() throws {
        let mock = try MockKafka(partitions: 1)
        try mock.produce(1_000)
        let consumer = try mock.makeReader()
        let partition = KafkaTopicPartition(mock.topic, 0)
        var offsets: [Int64] = []
        #expect(
            try eventually {
                try consumer.poll(maximumRecords: 50, timeout: .milliseconds(100)) { offsets.append($0.offset) } > 0
            })
        try consumer.seek(to: [partition: .at(900)])
        offsets += try consumer.readAll(100).map(\.offset)
        let skipped = offsets.filter { $0 >= 50 && $0 < 900 }
        #expect(skipped.isEmpty)
        #expect(offsets.suffix(100) == Array(900..<1_000))
        try consumer.close()
    }

    @Test func pausedPartitionGivesNothingUntilItIsResumed() throws {
        let mock = try MockKafka(partitions: 2)
        try mock.produce(400)
        let consumer = try mock.makeReader()
        let first = KafkaTopicPartition(mock.topic, 0)
        var records: [CopiedRecord] = []
        #expect(
            try eventually {
                try consumer.poll(maximumRecords: 5, timeout: .milliseconds(100)) { records.append(CopiedRecord($0)) }
                    > 0
            })
        let read = records.count { $0.partition == 0 }
        try consumer.pause([first])
        let others = try consumer.readAll(200, within: .seconds(2))
        #expect(others.allSatisfy { $0.partition == 1 })
        #expect(!others.isEmpty)
        try consumer.resume([first])
        let rest = try consumer.readAll(400 - records.count - others.count)
        try consumer.close()
        #expect(rest.filter { $0.partition == 0 }.map(\.offset).first == Int64(read))
        #expect(records.count + others.count + rest.count == 400)
        #expect(Set((records + others + rest).map(\.value)).count == 400)
    }

    @Test func lagFallsToZeroAsRecordsAreRead() throws {
        let mock = try MockKafka(partitions: 1)
        try mock.produce(300)
        let consumer = try mock.makeReader()
        let partition = KafkaTopicPartition(mock.topic, 0)
        var read = 0
        #expect(
            try eventually {
                read += try consumer.poll(maximumRecords: 10, timeout: .milliseconds(100)) { _ in }
                return read > 0
            })
        #expect(try consumer.lag()[partition] == Int64(300 - read))
        #expect(try consumer.readAll(300 - read).count == 300 - read)
        #expect(try consumer.lag() == [partition: 0])
        try mock.produce(5)
        #expect(try consumer.readAll(5).count == 5)
        try consumer.close()
    }

    @Test func committedOffsetsAreReadBackAndStartTheNextMember() throws {
        let mock = try MockKafka(partitions: 1)
        try mock.produce(50)
        let partition = KafkaTopicPartition(mock.topic, 0)
        let first = try KafkaConsumer(configuration: mock.configuration(), group: "bookmarks")
        try first.assign([partition: .beginning])
        #expect(try first.committed([partition], timeout: .seconds(10)).isEmpty)
        try first.commit([partition: 30])
        #expect(try first.committed([partition], timeout: .seconds(10)) == [partition: 30])
        try first.commit([partition: 31], waits: false)
        #expect(try eventually { try first.committed([partition], timeout: .seconds(10)) == [partition: 31] })
        try first.close()
        let second = try KafkaConsumer(configuration: mock.configuration(), group: "bookmarks")
        try second.assign([partition: .committed])
        #expect(try second.readAll(19).map(\.offset) == Array(31..<50))
        try second.close()
    }

    @Test func startBeyondTheEndIsAnErrorWhenNoResetIsAllowed() throws {
        let mock = try MockKafka(partitions: 1)
        try mock.produce(5)
        let consumer = try KafkaConsumer(
            configuration: mock.configuration { $0.consumer.offsetReset = .error }, group: "strict")
        try consumer.assign([KafkaTopicPartition(mock.topic, 0): .at(1_000)])
        let error = #expect(throws: KafkaError.self) {
            _ = try eventually { try consumer.poll(maximumRecords: 10, timeout: .milliseconds(100)) { _ in } > 0 }
        }
        #expect(error?.code == .offsetOutOfRange)
        try consumer.close()
    }

    @Test func closedConsumerThrowsAndClosesAgainQuietly() throws {
        let mock = try MockKafka()
        let consumer = try mock.makeReader()
        try consumer.close()
        try consumer.close()
        let error = #expect(throws: KafkaError.self) {
            try consumer.poll(maximumRecords: 1, timeout: .zero) { _ in }
        }
        #expect(error?.code == .closed)
        #expect(throws: KafkaError.self) { try consumer.subscribe(to: ["records"]) }
        #expect(throws: KafkaError.self) { try consumer.lag() }
    }

    @Test func statisticsTellOfBrokersPartitionsAndRecords() throws {
        let mock = try MockKafka(partitions: 1)
        try mock.produce(100)
        let latest = Latest<KafkaStatistics>()
        let consumer = try mock.makeReader {
            $0.statisticsInterval = .milliseconds(100)
            $0.onStatistics = { latest.set($0) }
        }
        #expect(try consumer.readAll(100).count == 100)
        #expect(
            try eventually {
                try consumer.poll(maximumRecords: 1, timeout: .milliseconds(50)) { _ in }
                guard let statistics = latest.value else { return false }
                return statistics.receivedRecords >= 100 && statistics.brokers.values.contains { $0.state == "UP" }
                    && statistics.topics[mock.topic]?.partitions["0"]?.highWatermark == 100
            })
        #expect(latest.value?.type == "consumer")
        #expect(latest.value?.group != nil)
        try consumer.close()
    }
}
