import ServiceKit
import Storage
import Synchronization
import TestSupport
import Testing

/// Remembers what it was told; starts where it is told to.
final class RecordingListener: EventLogRebalanceListener {
    struct State {
        var starts: [Int32: Int64] = [:]
        var held: Set<Int32> = []
        var revocations = 0
    }
    let state = Mutex(State())

    func assigned(partitions: [Int32]) throws -> [Int32: Int64] {
        state.withLock { state in
            state.held.formUnion(partitions)
            return state.starts
        }
    }

    func revoked(partitions: [Int32], lost: Bool) throws {
        state.withLock { state in
            state.held.subtract(partitions)
            state.revocations += 1
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct SQLiteEventLogTests {
    static func drain(_ consumer: any EventLogConsumer, into seen: inout [Int32: [Int64]]) throws -> Int {
        try consumer.poll(maxRecords: 1000, timeout: .milliseconds(20)) { record in
            seen[record.partition, default: []].append(record.offset)
        }
    }

    @Test func eventsOfOneKeyStayInOrderAndOffsetsAreDense() throws {
        try withTemporaryDirectory { folder in
            let log = try EventLogs.open(uri: "sqlite:\(folder.path("events.db"))")
            try log.createIfMissing(partitions: 4)
            let producer = try log.makeProducer()
            for number in 0..<10_000 {
                try producer.append(key: Array("u\(number % 50)".utf8), value: Array("\(number)".utf8))
            }
            try producer.flush(timeout: .seconds(10))
            var last: [String: Int] = [:]
            var offsets: [Int32: [Int64]] = [:]
            let consumer = try log.makeConsumer(group: "g", listener: RecordingListener())
            var count = 0
            while count < 10_000 {
                count += try consumer.poll(maxRecords: 700, timeout: .seconds(1)) { record in
                    let key = String(decoding: record.key, as: UTF8.self)
                    let number = Int(String(decoding: record.value, as: UTF8.self)) ?? -1
                    #expect(last[key] ?? -1 < number)
                    last[key] = number
                    offsets[record.partition, default: []].append(record.offset)
                }
            }
            #expect(try log.offsets().allSatisfy { $0.begin == 0 && offsets[$0.partition] == Array(0..<$0.end) })
            #expect(try consumer.lag().values.allSatisfy { $0 == 0 })
            try consumer.close()
            try producer.close()
            #expect(throws: StorageError.self) { try producer.append(key: [1], value: [2]) }
            log.close()
        }
    }

    @Test func twoMembersShareThePartitionsAndOneTakesOverWhenTheOtherLeaves() throws {
        try withTemporaryDirectory { folder in
            let path = folder.path("events.db")
            let (first, second) = (try SQLiteEventLog(path: path), try SQLiteEventLog(path: path))
            try first.createIfMissing(partitions: 4)
            let listeners = [RecordingListener(), RecordingListener()]
            let one = try first.makeConsumer(group: "g", listener: listeners[0])
            let two = try second.makeConsumer(group: "g", listener: listeners[1])
            func held() -> [Set<Int32>] { listeners.map { $0.state.withLock { $0.held } } }
            var seen: [Int32: [Int64]] = [:]
            let isShared = try eventually(within: .seconds(15)) {
                _ = try Self.drain(one, into: &seen)
                _ = try Self.drain(two, into: &seen)
                #expect(held()[0].isDisjoint(with: held()[1]))
                return held().allSatisfy { $0.count == 2 }
            }
            #expect(isShared)
            try two.close()
            let isAlone = try eventually(within: .seconds(15)) {
                _ = try Self.drain(one, into: &seen)
                return one.assignment == [0, 1, 2, 3]
            }
            #expect(isAlone)
            try one.close()
            first.close()
            second.close()
        }
    }

    @Test func aMemberStartsWhereItsListenerSaysAndSeeks() throws {
        try withTemporaryDirectory { folder in
            let log = try SQLiteEventLog(path: folder.path("events.db"))
            try log.createIfMissing(partitions: 1)
            let producer = try log.makeProducer()
            for number in 0..<10 { try producer.append(key: [], value: [UInt8(number)]) }
            try producer.flush(timeout: .seconds(5))
            let listener = RecordingListener()
            listener.state.withLock { $0.starts = [0: 7] }
            let consumer = try log.makeConsumer(group: "g", listener: listener)
            var seen: [Int32: [Int64]] = [:]
            #expect(try eventually { try Self.drain(consumer, into: &seen) > 0 })
            #expect(seen == [0: [7, 8, 9]])
            try consumer.seek(to: [0: 2])
            seen = [:]
            #expect(try log.trim([0: 5]) == 5)
            #expect(try Self.drain(consumer, into: &seen) == 5)
            #expect(seen == [0: [5, 6, 7, 8, 9]])
            #expect(try log.offsets() == [PartitionOffsets(partition: 0, begin: 5, end: 10)])
            try consumer.close()
            try producer.close()
            log.close()
        }
    }

    @Test func appendingWakesAPollInTheSameProcess() throws {
        try withTemporaryDirectory { folder in
            let log = try SQLiteEventLog(path: folder.path("events.db"))
            try log.createIfMissing(partitions: 2)
            let consumer = try log.makeConsumer(group: "g", listener: RecordingListener())
            try consumer.poll(maxRecords: 1, timeout: .zero) { _ in }
            let producer = try log.makeProducer()
            let writing = try WorkerThread(name: "writer") {
                try producer.append(key: [1], value: [2])
                try producer.flush(timeout: .seconds(5))
            }
            var count = 0
            #expect(try consumer.poll(maxRecords: 1, timeout: .seconds(10)) { _ in count += 1 } == 1)
            try writing.join()
            try consumer.close()
            log.close()
        }
    }

    @Test(arguments: ["ftp://x/y", "kafka://host:1", "kafka:///t", "sqlite:", "kafka://h:1/t?x", ""])
    func addressesOfAnotherFormAreRefusedWithTheForm(uri: String) {
        #expect { _ = try EventLogs.open(uri: uri) } throws: { ($0 as? StorageError)?.code == .invalid }
    }
}
