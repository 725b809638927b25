import Kafka
import TestSupport
import Testing

@Suite struct KafkaRebalanceTests {
    typealias Member = (consumer: KafkaConsumer, listener: RecordingListener)

    private func join(
        _ mock: MockKafka, _ strategy: KafkaConfiguration.AssignmentStrategy,
        _ change: (inout KafkaConfiguration) -> Void = { _ in }
    ) throws -> Member {
        let listener = RecordingListener()
        let consumer = try KafkaConsumer(
            configuration: mock.configuration {
                $0.consumer.assignment = strategy
                change(&$0)
            }, group: "members", listener: listener)
        try consumer.subscribe(to: [mock.topic])
        return (consumer, listener)
    }

    private func poll(_ members: [Member], _ body: (KafkaRecord) -> Void = { _ in }) throws {
        for member in members {
            try member.consumer.poll(maximumRecords: 1000, timeout: .milliseconds(20)) { body($0) }
        }
    }

    @Test(arguments: [KafkaConfiguration.AssignmentStrategy.range, .roundRobin, .cooperativeSticky])
    func twoMembersShareThePartitionsAndTheLastOneGetsAll(
        _ strategy: KafkaConfiguration.AssignmentStrategy
    ) throws {
        let mock = try MockKafka(partitions: 4)
        let first = try join(mock, strategy)
        #expect(
            try eventually {
                try poll([first]); return first.listener.held.count == 4
            })
        let second = try join(mock, strategy)
        #expect(
            try eventually {
                try poll([first, second])
                return first.listener.held.count == 2 && second.listener.held.count == 2
            })
        #expect(first.listener.held.isDisjoint(with: second.listener.held))
        #expect(Set(first.consumer.assignment) == first.listener.held)
        try first.consumer.close()
        #expect(first.listener.held.isEmpty)
        #expect(first.listener.lost.allSatisfy { !$0.isLost })
        #expect(
            try eventually {
                try poll([second]); return second.listener.held.count == 4
            })
        try second.consumer.close()
    }

    @Test func recordsAreReadFromWhereTheListenerSays() throws {
        let mock = try MockKafka(partitions: 1)
        try mock.produce(100)
        let member = try join(mock, .range)
        member.listener.start = .at(60)
        let records = try member.consumer.readAll(40)
        try member.consumer.close()
        #expect(records.map(\.offset) == Array(60..<100))
    }

    /// Also when the group deals anew while they wait.
    @Test func partitionsThatStartPausedBringNothingUntilTheyAreResumed() throws {
        let mock = try MockKafka(partitions: 4)
        try mock.produce(4_000)
        let first = try join(mock, .range)
        first.listener.paused = [2, 3]
        var read: [Int32: Set<Int64>] = [:]
        func take(_ record: KafkaRecord) { read[record.partition, default: []].insert(record.offset) }
        let watermarks = try KafkaAdmin(configuration: mock.configuration())
        defer { watermarks.close() }
        let ends = try (0..<Int32(4)).map {
            try watermarks.watermarks(of: KafkaTopicPartition(mock.topic, $0), timeout: .seconds(10)).high
        }
        func isWhole(_ partition: Int32) -> Bool { read[partition, default: []].count == ends[Int(partition)] }
        #expect(
            try eventually {
                try poll([first], take)
                return isWhole(0) && isWhole(1)
            })
        for _ in 0..<5 { try poll([first], take) }
        #expect(read[2] == nil && read[3] == nil)
        let second = try join(mock, .range)
        #expect(
            try eventually {
                try poll([first, second], take)
                return first.listener.held.count == 2 && second.listener.held.count == 2
            })
        // Back with the first, which again lets the two wait, and then reads them from their beginning.
        read = [:]
        try second.consumer.close()
        #expect(
            try eventually {
                try poll([first], take)
                return first.listener.held.count == 4 && isWhole(0)
            })
        #expect(read[2] == nil && read[3] == nil)
        try first.consumer.resume([2, 3].map { KafkaTopicPartition(mock.topic, $0) })
        #expect(
            try eventually {
                try poll([first], take)
                return isWhole(2) && isWhole(3)
            })
        try first.consumer.close()
    }

    @Test func listenerThatCannotDecideIsAskedAgainAndNothingIsReadMeanwhile() throws {
        struct NotYet: Error {}
        let mock = try MockKafka(partitions: 2)
        try mock.produce(100)
        let member = try join(mock, .range)
        member.listener.failures = [NotYet(), NotYet(), NotYet()]
        var readAtRefusals: [Int] = []
        var read = 0
        #expect(
            try eventually {
                do {
                    read += try member.consumer.poll(maximumRecords: 1000, timeout: .milliseconds(100)) { _ in }
                } catch is NotYet {
                    readAtRefusals.append(read)
                }
                return read >= 100
            })
        #expect(readAtRefusals == [0, 0, 0])
        #expect(read == 100)
        #expect(member.listener.gained.map(\.count) == [2])
        try member.consumer.close()
    }

    @Test func memberThatDoesNotPollLosesItsPartitionsAndComesBack() throws {
        let mock = try MockKafka(partitions: 2)
        let silence = Latest<KafkaLogLine>()
        let member = try join(mock, .range) {
            $0.consumer.maximumPollInterval = .seconds(6)
            $0.consumer.sessionTimeout = .seconds(6)
            $0.onLog = { if $0.facility == "MAXPOLL" { silence.set($0) } }
        }
        #expect(
            try eventually {
                try poll([member]); return member.listener.held.count == 2
            })
        #expect(eventually(within: .seconds(40)) { silence.value != nil })
        #expect(
            try eventually {
                try poll([member]); return !member.listener.lost.isEmpty
            })
        #expect(member.listener.lost.map(\.isLost) == [true])
        #expect(
            try eventually {
                try poll([member]); return member.listener.held.count == 2
            })
        try member.consumer.close()
    }

    @Test func revocationThatWaitedTooLongForPollIsALoss() throws {
        let mock = try MockKafka(partitions: 2)
        let member = try join(mock, .range) {
            $0.consumer.maximumPollInterval = .seconds(6)
            $0.consumer.sessionTimeout = .seconds(6)
        }
        #expect(
            try eventually {
                try poll([member]); return member.listener.held.count == 2
            })
        let other = try join(mock, .range)
        #expect(
            try eventually(within: .seconds(40)) {
                try poll([other]); return other.listener.held.count == 2
            })
        #expect(
            try eventually {
                try poll([other, member]); return !member.listener.lost.isEmpty
            })
        #expect(member.listener.lost.map(\.isLost) == [true])
        #expect(
            try eventually(within: .seconds(40)) {
                try poll([other, member])
                return member.listener.held.count == 1 && other.listener.held.count == 1
            })
        try member.consumer.close()
        try other.consumer.close()
    }

    @Test func recordsAreReadOnceByTheGroupAcrossRebalances() throws {
        let mock = try MockKafka(partitions: 6)
        try mock.produce(3_000)
        let shared = SharedPositions()
        func member() throws -> (KafkaConsumer, SharedPositions.Listener) {
            let listener = shared.makeListener()
            let consumer = try KafkaConsumer(configuration: mock.configuration(), group: "once", listener: listener)
            try consumer.subscribe(to: [mock.topic])
            return (consumer, listener)
        }
        let first = try member()
        let second = try member()
        let third = try member()
        #expect(
            try eventually(within: .seconds(60)) {
                for (consumer, _) in [first, second, third] {
                    try consumer.poll(maximumRecords: 100, timeout: .milliseconds(10)) { try shared.take($0) }
                }
                return shared.count >= 3_000
            })
        try first.0.close()
        try mock.produce(3_000)
        #expect(
            try eventually(within: .seconds(60)) {
                for (consumer, _) in [second, third] {
                    try consumer.poll(maximumRecords: 100, timeout: .milliseconds(10)) { try shared.take($0) }
                }
                return shared.count >= 6_000
            })
        try second.0.close()
        try third.0.close()
        #expect(shared.count == 6_000)
    }
}

/// Positions kept outside Kafka by all members together, as a lake keeps them: each record must be the next of its partition.
private final class SharedPositions {
    struct OutOfOrder: Error { let expected: Int64, found: Int64 }

    private var next: [Int32: Int64] = [:]
    var count: Int { Int(next.values.reduce(0, +)) }

    func take(_ record: KafkaRecord) throws {
        let expected = next[record.partition] ?? 0
        guard record.offset == expected else { throw OutOfOrder(expected: expected, found: record.offset) }
        next[record.partition] = expected + 1
    }

    func makeListener() -> Listener { Listener(self) }

    final class Listener: KafkaRebalanceListener {
        private let positions: SharedPositions

        init(_ positions: SharedPositions) { self.positions = positions }

        func assigned(_ partitions: [KafkaTopicPartition]) -> [KafkaTopicPartition: KafkaOffset] {
            Dictionary(
                uniqueKeysWithValues: partitions.map { ($0, .at(positions.next[$0.partition] ?? 0)) })
        }

        func revoked(_ partitions: [KafkaTopicPartition], isLost: Bool) {}
    }
}
