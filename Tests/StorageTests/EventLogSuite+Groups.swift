import Storage
import TestSupport
import Testing

extension EventLogSuite {
    @Test(arguments: EventLogBackend.available)
    func membersShareThePartitionsAndEachEventIsReadOnce(_ backend: EventLogBackend) throws {
        try backend.withTopic(partitions: 6) { open in
            let log = try open()
            try log.append(3_000)
            // Where the group is, kept outside the log by all members together, as the lake keeps it.
            let reading = SharedReading()
            func join() throws -> (any EventLogConsumer, ScriptedListener) {
                let listener = ScriptedListener()
                listener.starts = { reading.next[$0] }
                return (try open().makeConsumer(group: log.topic, listener: listener), listener)
            }
            func poll(_ members: [(any EventLogConsumer, ScriptedListener)], until done: () -> Bool) throws -> Bool {
                try eventually(within: .seconds(60)) {
                    for (consumer, _) in members {
                        try consumer.poll(maxRecords: 50, timeout: .milliseconds(10)) { try reading.take($0) }
                    }
                    return done()
                }
            }
            let first = try join()
            #expect(try poll([first]) { first.1.held.count == 6 })
            let second = try join()
            let third = try join()
            let all = [first, second, third]
            #expect(try poll(all) { all.allSatisfy { $0.1.held.count == 2 } && reading.count >= 3_000 })
            #expect(Set(all.flatMap { $0.1.held }).count == 6)
            try first.0.close()
            #expect(first.1.held.isEmpty)
            try log.append(3_000, from: 3_000)
            #expect(
                try poll([second, third]) {
                    second.1.held.count == 3 && third.1.held.count == 3 && reading.count >= 6_000
                })
            #expect(Set(second.0.assignment) == second.1.held)
            try second.0.close()
            try third.0.close()
            #expect(reading.count == 6_000)
        }
    }

    @Test(arguments: EventLogBackend.available)
    func groupsDoNotDisturbEachOther(_ backend: EventLogBackend) throws {
        try backend.withLog { log in
            try log.append(100)
            let one = try log.makeConsumer(group: "\(log.topic)-one", listener: ScriptedListener())
            let two = try log.makeConsumer(group: "\(log.topic)-two", listener: ScriptedListener())
            #expect(try one.readAll(100).count == 100)
            #expect(try two.readAll(100).count == 100)
            try one.close()
            try two.close()
        }
    }

    @Test(arguments: EventLogBackend.available)
    func readingStartsWhereTheListenerSaysElseAtTheOldest(_ backend: EventLogBackend) throws {
        try backend.withLog(partitions: 2) { log in
            try log.append(400)
            let listener = ScriptedListener()
            listener.starts = { $0 == 0 ? 50 : nil }
            let consumer = try log.makeConsumer(group: log.topic, listener: listener)
            let ends = try log.offsets().map(\.end)
            let events = try consumer.readAll(400 - 50)
            try consumer.close()
            #expect(events.filter { $0.partition == 0 }.map(\.offset) == Array(50..<ends[0]))
            #expect(events.filter { $0.partition == 1 }.map(\.offset) == Array(0..<ends[1]))
        }
    }

    @Test(arguments: EventLogBackend.available)
    func startBehindTheEndOfTheLogIsAnErrorThatSaysWhy(_ backend: EventLogBackend) throws {
        try backend.withLog(partitions: 1) { log in
            try log.append(10)
            let listener = ScriptedListener()
            listener.starts = { _ in 11 }
            let consumer = try log.makeConsumer(group: log.topic, listener: listener)
            let error = #expect(throws: StorageError.self) {
                _ = try eventually(within: .seconds(40)) {
                    try consumer.poll(maxRecords: 10, timeout: .milliseconds(50)) { _ in } > 0
                }
            }
            #expect(error?.code == .invalid)
            #expect(error?.reason.contains("ends at offset 10") == true)
            listener.starts = { _ in 10 }
            try log.append(1, from: 10)
            #expect(try consumer.readAll(1).map(\.value) == ["10"])
            try consumer.close()
        }
    }

    @Test(arguments: EventLogBackend.available)
    func listenerThatCannotDecideIsAskedAgainAndNothingIsReadMeanwhile(_ backend: EventLogBackend) throws {
        struct NotYet: Error {}
        try backend.withLog(partitions: 2) { log in
            try log.append(100)
            let listener = ScriptedListener()
            listener.failures = [NotYet(), NotYet()]
            let consumer = try log.makeConsumer(group: log.topic, listener: listener)
            var readAtRefusals: [Int] = []
            var read = 0
            #expect(
                try eventually(within: .seconds(40)) {
                    do {
                        read += try consumer.poll(maxRecords: 1_000, timeout: .milliseconds(50)) { _ in }
                    } catch is NotYet {
                        readAtRefusals.append(read)
                    }
                    return read >= 100
                })
            #expect(readAtRefusals == [0, 0])
            #expect(listener.gained.map { $0.sorted() } == [[0, 1]])
            try consumer.close()
            #expect(listener.revoked.map(\.lost) == [false])
        }
    }

    // MARK: the rest of the contract

    @Test(arguments: EventLogBackend.available)
    func closedPartsThrowAndCloseAgainQuietly(_ backend: EventLogBackend) throws {
        try backend.withLog { log in
            let producer = try log.makeProducer()
            try producer.close()
            try producer.close()
            #expect(throws: StorageError.self) { try producer.append(key: [1], value: [1]) }
            #expect(throws: StorageError.self) { try producer.flush(timeout: .seconds(1)) }
            let consumer = try log.makeConsumer(group: log.topic, listener: ScriptedListener())
            try consumer.close()
            try consumer.close()
            #expect(throws: StorageError.self) { try consumer.poll(maxRecords: 1, timeout: .zero) { _ in } }
            #expect(throws: StorageError.self) { try consumer.lag() }
        }
    }

    @Test(arguments: EventLogBackend.available)
    func siblingIsAnotherTopicWhichIsNotThereBeforeItIsMade(_ backend: EventLogBackend) throws {
        try backend.withLog { log in
            try log.checkHealth(timeout: .seconds(10))
            try log.createIfMissing(partitions: 99)
            #expect(try log.offsets().count == 4)
            let other = try log.sibling(topic: "\(log.topic)_other")
            #expect(other.topic == "\(log.topic)_other")
            try other.checkHealth(timeout: .seconds(10))
            #expect(try other.offsets().isEmpty)
            other.close()
            #expect(throws: StorageError.self) { try log.sibling(topic: "no spaces") }
        }
    }
}

/// How far a group has read: every event must be the next of its partition.
private final class SharedReading {
    struct OutOfOrder: Error { let partition: Int32, expected: Int64, found: Int64 }

    private(set) var next: [Int32: Int64] = [:]
    var count: Int { Int(next.values.reduce(0, +)) }

    func take(_ record: EventLogRecord) throws {
        let expected = next[record.partition] ?? 0
        guard record.offset == expected else {
            throw OutOfOrder(partition: record.partition, expected: expected, found: record.offset)
        }
        next[record.partition] = expected + 1
    }
}
