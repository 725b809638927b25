import Foundation
import Glibc
import SQLite
import ServiceKit
import Storage
import TestSupport
import Testing

/// What only the SQLite log does: leases by the clock, other processes, retention, damage, a full disk.
@Suite struct EventLogSQLiteTests {
    private static let start: Int64 = 1_800_000_000_000

    private func withLog(
        partitions: Int = 4, _ change: (inout SQLiteEventLog.Options) -> Void = { _ in },
        _ body: (SQLiteEventLog, ManualWallClock) throws -> Void
    ) throws {
        try withTemporaryDirectory { folder in
            let clock = ManualWallClock(Self.start)
            var options = SQLiteEventLog.Options()
            options.sessionTimeout = .seconds(30)
            change(&options)
            let log = try SQLiteEventLog(path: folder.path("events.db"), topic: "plays", options: options, clock: clock)
            defer { log.close() }
            try log.createIfMissing(partitions: partitions)
            try body(log, clock)
        }
    }

    /// A connection nobody in this process is told about, as another process has it.
    private func outsider(_ log: SQLiteEventLog) throws -> Database { try Database(path: log.path) }

    private func poll(_ consumer: any EventLogConsumer) throws {
        try consumer.poll(maxRecords: 100, timeout: .milliseconds(20)) { _ in }
    }

    // MARK: leases

    @Test func memberThatIsSilentForTooLongLosesItsPartitions() throws {
        try withLog { log, clock in
            let silent = ScriptedListener()
            let zombie = try log.makeConsumer(group: "g", listener: silent)
            try poll(zombie)
            #expect(silent.held.count == 4)
            let other = ScriptedListener()
            let successor = try log.makeConsumer(group: "g", listener: other)
            clock.advance(milliseconds: 31_000)
            #expect(
                try eventually {
                    try poll(successor); return other.held.count == 4
                })
            try poll(zombie)
            #expect(silent.revoked.map(\.lost) == [true])
            #expect(silent.held.isEmpty)
            #expect(
                try eventually {
                    try poll(zombie)
                    try poll(successor)
                    return silent.held.count == 2 && other.held.count == 2
                })
            #expect(other.revoked.map(\.lost) == [false])
            try zombie.close()
            try successor.close()
        }
    }

    @Test func zombieHandsNothingOverBeforeItLearnsThatItLost() throws {
        try withLog(partitions: 1) { log, clock in
            let listener = ScriptedListener()
            let zombie = try log.makeConsumer(group: "g", listener: listener)
            try poll(zombie)
            let successor = try log.makeConsumer(group: "g", listener: ScriptedListener())
            clock.advance(milliseconds: 31_000)
            try poll(successor)
            #expect(successor.assignment == [0])
            try log.append(10)
            var handed = 0
            try zombie.poll(maxRecords: 10, timeout: .milliseconds(100)) { _ in handed += 1 }
            #expect(handed == 0)
            #expect(listener.revoked.map(\.lost) == [true])
            try zombie.close()
            try successor.close()
        }
    }

    @Test func partitionsOfAProcessThatIsGoneAreTakenAtOnce() throws {
        try withLog { log, _ in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sleep")
            process.arguments = ["60"]
            try process.run()
            let namespace = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
            let stat = try String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
            let fields = stat.split(separator: ")").last.map { $0.split(separator: " ") } ?? []
            let name = "\(namespace)/\(process.processIdentifier)/\(fields[19])"
            try outsider(log).withTransaction { connection in
                try connection.run(
                    "INSERT INTO log_members VALUES (1, 'g', '0', ?1, ?2)",
                    [.text(name), .integer(Self.start + 30_000)])
                for partition in 0..<4 {
                    try connection.run("INSERT INTO log_leases VALUES (1, 'g', ?1, '0')", [.integer(Int64(partition))])
                }
            }
            let listener = ScriptedListener()
            let consumer = try log.makeConsumer(group: "g", listener: listener)
            try poll(consumer)
            #expect(listener.held.isEmpty)
            // SIGTERM may be ignored by what a test runner starts.
            #expect(kill(process.processIdentifier, SIGKILL) == 0)
            process.waitUntilExit()
            #expect(
                try eventually {
                    try poll(consumer); return listener.held.count == 4
                })
            try consumer.close()
        }
    }

    @Test func clockThatWasSetBackDoesNotKeepTheDeadAlive() throws {
        try withLog { log, clock in
            let first = try log.makeConsumer(group: "g", listener: ScriptedListener())
            try poll(first)
            clock.set(Self.start - 3_600_000)
            let listener = ScriptedListener()
            let second = try log.makeConsumer(group: "g", listener: listener)
            #expect(
                try eventually {
                    try poll(second); return listener.held.count == 4
                })
            try first.close()
            try second.close()
        }
    }

    @Test func commitOfAPartitionSomebodyElseHoldsChangesNothing() throws {
        try withLog(partitions: 2) { log, _ in
            let first = try log.makeConsumer(group: "g", listener: ScriptedListener())
            let second = try log.makeConsumer(group: "g", listener: ScriptedListener())
            #expect(
                try eventually {
                    try poll(first)
                    try poll(second)
                    return first.assignment.count == 1 && second.assignment.count == 1
                })
            try first.commit([0: 5, 1: 6])
            var committed: [Int64: Int64] = [:]
            try outsider(log).withConnection { connection in
                try connection.query("SELECT partition, next_offset FROM log_group_offsets") {
                    committed[$0.int64(at: 0)] = $0.int64(at: 1)
                }
            }
            let held = try #require(first.assignment.first)
            #expect(committed == [Int64(held): held == 0 ? 5 : 6])
            try first.close()
            try second.close()
        }
    }

    // MARK: other processes

    @Test func eventsOfAnotherProcessAreSeenWithoutASignal() throws {
        try withLog(partitions: 1) { log, _ in
            try log.append(3)
            let consumer = try log.makeConsumer(group: "g", listener: ScriptedListener())
            #expect(try consumer.readAll(3).count == 3)
            // The same batch once more, at the end.
            try outsider(log).execute(
                """
                BEGIN IMMEDIATE;
                INSERT INTO log_batches (topic_id, partition, begin_offset, end_offset, appended_at, checksum, events)
                    SELECT topic_id, partition, 3, 6, appended_at, checksum, events FROM log_batches;
                UPDATE log_partitions SET end_offset = 6;
                COMMIT;
                """)
            let before = ContinuousClock.now
            #expect(try consumer.poll(maxRecords: 10, timeout: .seconds(20)) { _ in } == 3)
            #expect(ContinuousClock.now - before < .seconds(5))
            try consumer.close()
        }
    }

    @Test func producerWaitsForAnotherProcessThatHoldsTheFile() throws {
        try withLog { log, _ in
            let producer = try log.makeProducer()
            let other = try outsider(log)
            try other.execute("BEGIN IMMEDIATE")
            try producer.append(key: [1], value: [2])
            let error = #expect(throws: StorageError.self) { try producer.flush(timeout: .milliseconds(200)) }
            #expect(error?.isRetriable == true)
            #expect(error?.reason.contains("1 events") == true)
            try other.execute("COMMIT")
            try producer.flush(timeout: .seconds(20))
            try producer.close()
            #expect(try log.offsets().reduce(0) { $0 + $1.end } == 1)
        }
    }

    // MARK: limits

    @Test func fullBufferHoldsTheCallerAndThenSaysWhy() throws {
        try withLog({
            $0.bufferedByteCount = 4_000
            $0.maximumBlock = .milliseconds(300)
        }) { log, _ in
            let producer = try log.makeProducer()
            let value = [UInt8](repeating: 1, count: 500)
            // More than the buffer holds goes through while the file can be written.
            for _ in 0..<100 { try producer.append(key: [1], value: value) }
            try producer.flush(timeout: .seconds(20))
            let other = try outsider(log)
            try other.execute("BEGIN IMMEDIATE")
            var taken = 0
            let error = #expect(throws: StorageError.self) {
                while taken < 1_000 {
                    try producer.append(key: [1], value: value)
                    taken += 1
                }
            }
            #expect(error?.isRetriable == true)
            #expect(taken < 100)
            try other.execute("COMMIT")
            try producer.flush(timeout: .seconds(30))
            try producer.close()
            #expect(try log.offsets().reduce(0) { $0 + $1.end } == Int64(100 + taken))
        }
    }

    @Test func writeThatIsRefusedForGoodEndsTheProducerAndIsToldEverywhere() throws {
        try withLog { log, _ in
            let producer = try log.makeProducer()
            try producer.append(key: [1], value: [1])
            try producer.flush(timeout: .seconds(20))
            try outsider(log).execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON log_batches BEGIN SELECT raise(ABORT, 'not today'); END")
            try producer.append(key: [1], value: [2])
            for use in [
                { try producer.flush(timeout: .seconds(20)) }, { try producer.append(key: [1], value: [3]) },
                { try producer.close() },
            ] {
                let error = #expect(throws: StorageError.self) { try use() }
                #expect(error?.isRetriable == false)
                #expect(error?.reason.contains("not today") == true)
            }
            try producer.close()
            #expect(try log.offsets().reduce(0) { $0 + $1.end } == 1)
        }
    }

    @Test func damagedBatchIsNamedAndNotHandedOver() throws {
        try withLog(partitions: 1) { log, _ in
            try log.append(10)
            try outsider(log).execute("UPDATE log_batches SET events = zeroblob(length(events))")
            let consumer = try log.makeConsumer(group: "g", listener: ScriptedListener())
            let error = #expect(throws: StorageError.self) { try poll(consumer) }
            #expect(error?.code == .corrupt)
            #expect(error?.reason.contains("partition 0") == true)
            try log.append(5, from: 10)
            try consumer.seek(to: [0: 10])
            #expect(try consumer.readAll(5).map(\.value) == ["10", "11", "12", "13", "14"])
            try consumer.close()
        }
    }

    @Test func logWithoutTheTopicSaysHowToMakeIt() throws {
        try withTemporaryDirectory { folder in
            let log = try SQLiteEventLog(path: folder.path("events.db"))
            #expect(try log.offsets().isEmpty)
            for use in [
                { _ = try log.makeProducer() }, { try log.trim([0: 1]) },
                { _ = try log.makeConsumer(group: "g", listener: ScriptedListener()) },
            ] {
                let error = #expect(throws: StorageError.self) { try use() }
                #expect(error?.code == .notFound)
            }
            log.close()
        }
    }

    // MARK: retention

    @Test func deletingBelowAnOffsetMovesTheBeginning() throws {
        try withLog(partitions: 2) { log, _ in
            try log.append(100)
            try log.append(100, from: 100)
            let ends = try log.offsets().map(\.end)
            #expect(try log.trim([0: 10, 1: 1_000_000]) == 10 + ends[1])
            #expect(try log.trim([0: 10, 7: 5]) == 0)
            #expect(
                try log.offsets() == [
                    .init(partition: 0, begin: 10, end: ends[0]), .init(partition: 1, begin: ends[1], end: ends[1]),
                ])
            let consumer = try log.makeConsumer(group: "g", listener: ScriptedListener())
            let events = try consumer.readAll(Int(ends[0]) - 10)
            #expect(events.map(\.offset) == Array(10..<ends[0]))
            try log.append(50, from: 200)
            let rest = try consumer.readAll(50)
            #expect(rest.filter { $0.partition == 1 }.first?.offset == ends[1])
            try consumer.close()
        }
    }

    @Test func oldEventsBeyondTheGivenPositionsStayAlsoWithoutAGroup() throws {
        try withLog(partitions: 1) { log, clock in
            try log.append(10)
            clock.advance(milliseconds: 86_400_000)
            #expect(try log.trim(olderThan: .seconds(60), notBeyond: [:]) == 0)
            #expect(try log.trim(olderThan: .seconds(60), notBeyond: [7: 10]) == 0)
            #expect(try log.trim(olderThan: .seconds(60), notBeyond: [0: 4]) == 4)
            #expect(try log.trim(olderThan: .seconds(2 * 86_400), notBeyond: [0: 10]) == 0)
            #expect(try log.trim(olderThan: .seconds(60), notBeyond: [0: 99]) == 6)
        }
    }

    @Test func oldEventsAreDeletedButNotWhatAGroupHasYetToRead() throws {
        try withLog(partitions: 1) { log, clock in
            try log.append(10)
            clock.advance(milliseconds: 86_400_000)
            try log.append(10, from: 10)
            clock.advance(milliseconds: 86_400_000)
            try log.append(10, from: 20)
            let consumer = try log.makeConsumer(group: "g", listener: ScriptedListener())
            #expect(try consumer.readAll(30).count == 30)
            try consumer.commit([0: 5])
            #expect(try log.trim(olderThan: .seconds(36 * 3600)) == 5)
            try consumer.commit([0: 30])
            #expect(try log.trim(olderThan: .seconds(36 * 3600)) == 5)
            #expect(try log.trim(olderThan: .seconds(12 * 3600)) == 10)
            #expect(try log.trim(olderThan: .seconds(12 * 3600)) == 0)
            #expect(try log.offsets() == [.init(partition: 0, begin: 20, end: 30)])
            #expect(
                try outsider(log).withConnection {
                    try $0.first("SELECT count(*) FROM log_batches") { $0.int64(at: 0) }
                } == 1)
            try consumer.close()
        }
    }

    @Test func eventsDeletedUnderAReaderArePassedOver() throws {
        try withLog(partitions: 1) { log, _ in
            try log.append(10)
            try log.append(10, from: 10)
            let consumer = try log.makeConsumer(group: "g", listener: ScriptedListener())
            var offsets: [Int64] = []
            #expect(
                try eventually {
                    try consumer.poll(maxRecords: 3, timeout: .milliseconds(20)) { offsets.append($0.offset) } == 3
                })
            try log.trim([0: 15])
            offsets += try consumer.readAll(5).map(\.offset)
            #expect(offsets == [0, 1, 2] + Array(15..<20))
            try consumer.close()
        }
    }
}
