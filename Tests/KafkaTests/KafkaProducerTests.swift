import Kafka
import Synchronization
import TestSupport
import Testing

@Suite struct KafkaProducerTests {
    /// Values of `murmur2` in the tests of Kafka's Java client (UtilsTest), as the unsigned number the partition is taken of.
    static let javaHashes: [(key: String, hash: Int32)] = [
        ("21", -973_932_308),
        ("foobar", -790_332_482),
        ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ("abc", 479_470_107),
    ]

    @Test func roundTripKeepsKeysValuesHeadersAndTimestamps() throws {
        let mock = try MockKafka(partitions: 1)
        let producer = try KafkaProducer(configuration: mock.configuration())
        let topic = try producer.topic(mock.topic)
        try producer.produce(
            to: topic, key: Array("k".utf8), value: Array("v".utf8), timestamp: 1_700_000_000_123,
            headers: [.init(name: "a", value: [1, 2]), .init(name: "b", value: [])])
        try producer.produce(to: topic, key: nil, value: nil)
        try producer.produce(to: topic, key: [], value: [])
        try producer.flush(timeout: .seconds(10))
        #expect(producer.progress == .init(accepted: 3, delivered: 3, failed: 0))
        try producer.close()

        let consumer = try mock.makeReader()
        var headers: [[KafkaHeader]] = []
        var timestamps: [Int64] = []
        var topics: Set<String> = []
        var copies: [CopiedRecord] = []
        #expect(
            try eventually {
                try consumer.poll(maximumRecords: 10, timeout: .milliseconds(100)) {
                    headers.append($0.headers)
                    timestamps.append($0.timestamp)
                    copies.append(CopiedRecord($0))
                    topics.insert($0.topic)
                }
                return copies.count >= 3
            })
        #expect(topics == [mock.topic])
        #expect(copies.map(\.key) == ["k", "", ""])
        #expect(copies.map(\.value) == ["v", "", ""])
        #expect(copies.map(\.offset) == [0, 1, 2])
        #expect(headers[0] == [.init(name: "a", value: [1, 2]), .init(name: "b", value: [])])
        #expect(headers[1].isEmpty)
        #expect(timestamps[0] == 1_700_000_000_123)
        try consumer.close()
    }

    @Test func keysArePlacedWhereTheJavaClientPlacesThem() throws {
        let mock = try MockKafka(partitions: 7)
        let producer = try KafkaProducer(configuration: mock.configuration())
        let topic = try producer.topic(mock.topic)
        for (key, _) in Self.javaHashes { try producer.produce(to: topic, key: Array(key.utf8), value: [1]) }
        try producer.close()
        let consumer = try mock.makeReader()
        let records = try consumer.readAll(Self.javaHashes.count)
        try consumer.close()
        let placed = Dictionary(uniqueKeysWithValues: records.map { ($0.key, $0.partition) })
        for (key, hash) in Self.javaHashes {
            #expect(placed[key] == (hash & 0x7fff_ffff) % 7, "\(key)")
        }
    }

    @Test(arguments: KafkaConfiguration.Compression.allCases)
    func everyCompressionIsReadBack(_ compression: KafkaConfiguration.Compression) throws {
        let mock = try MockKafka(partitions: 2)
        let producer = try KafkaProducer(configuration: mock.configuration { $0.producer.compression = compression })
        let topic = try producer.topic(mock.topic)
        let value = Array(String(repeating: "segue ", count: 50).utf8)
        for index in 0..<500 { try producer.produce(to: topic, key: Array("\(index)".utf8), value: value) }
        try producer.close()
        let consumer = try mock.makeReader()
        let records = try consumer.readAll(500)
        try consumer.close()
        #expect(records.count == 500)
        #expect(records.allSatisfy { $0.value.utf8.count == value.count })
    }

    @Test func fullBufferHoldsTheCallerUntilTheClusterAnswers() throws {
        let mock = try MockKafka(partitions: 1)
        let producer = try KafkaProducer(
            configuration: mock.configuration {
                $0.producer.bufferedRecords = 20
                $0.producer.linger = .zero
            })
        let topic = try producer.topic(mock.topic)
        var largest = 0
        for index in 0..<2_000 {
            try producer.produce(to: topic, key: [1], value: Array("\(index)".utf8))
            largest = max(largest, producer.progress.outstanding)
        }
        try producer.close()
        #expect(largest <= 20)
        let consumer = try mock.makeReader()
        let records = try consumer.readAll(2_000)
        try consumer.close()
        #expect(records.map(\.value) == (0..<2_000).map { "\($0)" })
    }

    @Test func bufferThatStaysFullIsAnErrorAndNothingTakenIsLost() throws {
        let mock = try MockKafka(partitions: 1)
        let producer = try KafkaProducer(
            configuration: mock.configuration {
                $0.producer.bufferedRecords = 10
                $0.producer.maximumBlock = .milliseconds(200)
            })
        let topic = try producer.topic(mock.topic)
        try mock.cluster.takeDown()
        var taken = 0
        let error = #expect(throws: KafkaError.self) {
            for index in 0..<100 {
                try producer.produce(to: topic, key: [1], value: Array("\(index)".utf8))
                taken += 1
            }
        }
        #expect(error?.code == .queueFull)
        #expect(error?.isRetriable == true)
        #expect(taken == 10)
        let timeout = #expect(throws: KafkaError.self) { try producer.flush(timeout: .milliseconds(50)) }
        #expect(timeout?.code == .timedOut)
        #expect(timeout?.failedCount == 10)
        try mock.cluster.bringUp()
        try producer.close()
        let consumer = try mock.makeReader()
        #expect(try consumer.readAll(10).map(\.value) == (0..<10).map { "\($0)" })
        try consumer.close()
    }

    @Test func recordsGivenUpAreCountedHandedBackAndThrownOnce() throws {
        let mock = try MockKafka(partitions: 1)
        let handedBack = Mutex<[String]>([])
        let producer = try KafkaProducer(
            configuration: mock.configuration { $0.producer.deliveryTimeout = .milliseconds(300) }
        ) { failed in
            handedBack.withLock { $0.append(String(decoding: failed.value, as: UTF8.self)) }
        }
        let topic = try producer.topic(mock.topic)
        try mock.cluster.takeDown()
        for index in 0..<5 { try producer.produce(to: topic, key: [1], value: Array("\(index)".utf8)) }
        let error = #expect(throws: KafkaError.self) { try producer.flush(timeout: .seconds(20)) }
        #expect(error?.code == .deliveryFailed)
        #expect(error?.failedCount == 5)
        #expect(error?.rawName == "_MSG_TIMED_OUT")
        #expect(handedBack.withLock { $0.sorted() } == ["0", "1", "2", "3", "4"])
        try producer.flush(timeout: .seconds(1))
        #expect(producer.progress == .init(accepted: 5, delivered: 0, failed: 5))
        try producer.close()
    }

    @Test func recordsLargerThanAllowedAreRefusedAtOnce() throws {
        let mock = try MockKafka(partitions: 1)
        let producer = try KafkaProducer(
            configuration: mock.configuration { $0.producer.maximumRecordByteCount = 2_000_000 })
        let topic = try producer.topic(mock.topic)
        let error = #expect(throws: KafkaError.self) {
            try producer.produce(to: topic, key: nil, value: [UInt8](repeating: 7, count: 2_100_000))
        }
        #expect(error?.code == .messageTooLarge)
        #expect(error?.isRetriable == false)
        try producer.produce(to: topic, key: nil, value: [UInt8](repeating: 7, count: 1_500_000))
        try producer.flush(timeout: .seconds(10))
        #expect(producer.progress == .init(accepted: 1, delivered: 1, failed: 0))
        try producer.close()
        let consumer = try mock.makeReader()
        let records = try consumer.readAll(1)
        #expect(records.map(\.value.utf8.count) == [1_500_000])
        try consumer.close()
    }

    @Test func closedProducerThrowsAndClosesAgainQuietly() throws {
        let mock = try MockKafka()
        let producer = try KafkaProducer(configuration: mock.configuration())
        let topic = try producer.topic(mock.topic)
        try producer.close()
        try producer.close()
        for use in [
            { try producer.produce(to: topic, key: nil, value: [1]) }, { try producer.flush(timeout: .seconds(1)) },
            { _ = try producer.topic("other") },
        ] {
            let error = #expect(throws: KafkaError.self) { try use() }
            #expect(error?.code == .closed)
        }
    }

    @Test func flushOfOneThreadDoesNotWaitForWhatOthersKeepAdding() throws {
        let mock = try MockKafka(partitions: 2)
        let producer = try KafkaProducer(configuration: mock.configuration { $0.producer.linger = .milliseconds(200) })
        let topic = try producer.topic(mock.topic)
        let isStopped = Atomic<Bool>(false)
        try withConcurrentThread {
            while !isStopped.load(ordering: .acquiring) { try producer.produce(to: topic, key: [1], value: [2]) }
        } while: {
            defer { isStopped.store(true, ordering: .releasing) }
            for _ in 0..<20 {
                try producer.produce(to: topic, key: [3], value: [4])
                try producer.flush(timeout: .seconds(20))
            }
        }
        try producer.close()
        #expect(producer.progress.outstanding == 0)
        #expect(producer.progress.failed == 0)
    }
}
