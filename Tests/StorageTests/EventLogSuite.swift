import ServiceKit
import Storage
import TestSupport
import Testing

/// What every event log does, run against each backend.
@Suite struct EventLogSuite {
    // MARK: append and read

    @Test(arguments: EventLogBackend.available)
    func eventsComeBackWholeInOrderByKeyAtDenseOffsets(_ backend: EventLogBackend) throws {
        try backend.withLog { log in
            try log.append(2_000) { "user-\($0 % 31)" }
            let consumer = try log.makeConsumer(group: log.topic, listener: ScriptedListener())
            let events = try consumer.readAll(2_000)
            try consumer.close()
            #expect(Set(events.map(\.value)) == Set((0..<2_000).map { "\($0)" }))
            #expect(events.count == 2_000)
            for (_, ofPartition) in Dictionary(grouping: events, by: \.partition) {
                #expect(ofPartition.map(\.offset) == Array(0..<Int64(ofPartition.count)))
            }
            for (_, ofKey) in Dictionary(grouping: events, by: \.key) {
                let numbers = ofKey.compactMap { Int($0.value) }
                #expect(numbers == numbers.sorted())
                #expect(Set(ofKey.map(\.partition)).count == 1)
            }
        }
    }

    @Test(arguments: EventLogBackend.available)
    func keysArePlacedWhereTheJavaClientPlacesThem(_ backend: EventLogBackend) throws {
        // Values of murmur2 in the tests of Kafka's Java client (UtilsTest).
        let hashes: [String: Int32] = [
            "21": -973_932_308, "foobar": -790_332_482, "a-little-bit-long-string": -985_981_536,
            "a-little-bit-longer-string": -1_486_304_829,
            "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58_897_971, "abc": 479_470_107,
        ]
        try backend.withLog(partitions: 7) { log in
            let keys = hashes.keys.sorted()
            try log.append(keys.count) { keys[$0] }
            let consumer = try log.makeConsumer(group: log.topic, listener: ScriptedListener())
            let events = try consumer.readAll(keys.count)
            try consumer.close()
            #expect(events.count == keys.count)
            for event in events { #expect(event.partition == (hashes[event.key] ?? 0) & 0x7fff_ffff % 7) }
        }
    }

    @Test(arguments: EventLogBackend.available)
    func emptyOddAndLargeEventsComeBackAsTheyWent(_ backend: EventLogBackend) throws {
        try backend.withLog { log in
            let values = [
                "", "\u{0}", "🎧", String(repeating: "x", count: 127), String(repeating: "y", count: 128),
                String(repeating: "z", count: 20_000), String(repeating: "ö", count: 300_000),
            ]
            let producer = try log.makeProducer()
            for value in values { try producer.append(key: Array("k".utf8), value: Array(value.utf8)) }
            try producer.append(key: [], value: Array("keyless".utf8))
            try producer.close()
            let consumer = try log.makeConsumer(group: log.topic, listener: ScriptedListener())
            var timestamps: [Int64] = []
            var events: [CopiedEvent] = []
            _ = try eventually(within: .seconds(40)) {
                try consumer.poll(maxRecords: 100, timeout: .milliseconds(50)) {
                    timestamps.append($0.timestamp)
                    events.append(CopiedEvent($0))
                }
                return events.count > values.count
            }
            try consumer.close()
            #expect(events.filter { $0.key == "k" }.map(\.value) == values)
            #expect(events.filter { $0.key.isEmpty }.map(\.value) == ["keyless"])
            let now = SystemWallClock().now
            #expect(timestamps.allSatisfy { $0 > now - 120_000 && $0 <= now + 1_000 })
        }
    }

    @Test(arguments: EventLogBackend.available)
    func offsetsTellWhatIsDurableAfterFlush(_ backend: EventLogBackend) throws {
        try backend.withTopic(partitions: 3) { open in
            let log = try open()
            #expect(try log.offsets() == (0..<3).map { PartitionOffsets(partition: $0, begin: 0, end: 0) })
            let producer = try log.makeProducer()
            for index in 0..<500 { try producer.append(key: Array("\(index)".utf8), value: [1]) }
            try producer.flush(timeout: .seconds(30))
            let other = try open()
            #expect(try other.offsets().reduce(0) { $0 + $1.end } == 500)
            try producer.append(key: [1], value: [2])
            try producer.close()
            #expect(try other.offsets().reduce(0) { $0 + $1.end } == 501)
            #expect(try other.offsets().map(\.partition) == [0, 1, 2])
        }
    }

    @Test(arguments: EventLogBackend.available)
    func manyProducersAtOnceLoseNothingAndMixNothing(_ backend: EventLogBackend) throws {
        try backend.withTopic { open in
            let log = try open()
            let shared = try log.makeProducer()
            let threads = try (0..<6).map { number in
                let own = number % 2 == 0 ? shared : try open().makeProducer()
                return try WorkerThread(name: "producer \(number)") {
                    for index in 0..<300 {
                        try own.append(key: Array("p\(number)".utf8), value: Array("\(index)".utf8))
                        if index % 100 == 0 { try own.flush(timeout: .seconds(30)) }
                    }
                    try own.flush(timeout: .seconds(30))
                    if number % 2 == 1 { try own.close() }
                }
            }
            for thread in threads { try thread.join() }
            try shared.close()
            let consumer = try log.makeConsumer(group: log.topic, listener: ScriptedListener())
            let events = try consumer.readAll(1_800)
            try consumer.close()
            #expect(events.count == 1_800)
            for (_, ofKey) in Dictionary(grouping: events, by: \.key) {
                #expect(ofKey.compactMap { Int($0.value) } == Array(0..<300))
            }
        }
    }

    @Test(arguments: EventLogBackend.available)
    func consumerThatWaitsIsWokenByWhatIsAppended(_ backend: EventLogBackend) throws {
        try backend.withLog { log in
            let listener = ScriptedListener()
            let consumer = try log.makeConsumer(group: log.topic, listener: listener)
            #expect(
                try eventually(within: .seconds(40)) {
                    try consumer.poll(maxRecords: 1, timeout: .milliseconds(50)) { _ in }
                    return listener.held.count == 4
                })
            let thread = try WorkerThread(name: "appends later") { try log.append(1) }
            #expect(try consumer.poll(maxRecords: 1, timeout: .seconds(30)) { _ in } == 1)
            try thread.join()
            try consumer.close()
        }
    }

    // MARK: poll

    @Test(arguments: EventLogBackend.available)
    func pollHandsOverAtMostWhatItIsAskedForAndNothingForZero(_ backend: EventLogBackend) throws {
        try backend.withLog(partitions: 2) { log in
            try log.append(100)
            let listener = ScriptedListener()
            let consumer = try log.makeConsumer(group: log.topic, listener: listener)
            var handed = 0
            #expect(
                try eventually(within: .seconds(40)) {
                    try consumer.poll(maxRecords: 0, timeout: .milliseconds(20)) { _ in handed += 1 }
                    return listener.held.count == 2
                })
            #expect(handed == 0)
            var events: [CopiedEvent] = []
            var largest = 0
            #expect(
                try eventually {
                    let count = try consumer.poll(maxRecords: 7, timeout: .milliseconds(50)) {
                        events.append(CopiedEvent($0))
                    }
                    largest = max(largest, count)
                    return events.count >= 100
                })
            try consumer.close()
            #expect(largest == 7)
            #expect(Set(events).count == 100)
        }
    }

    @Test(arguments: EventLogBackend.available)
    func errorOfTheBodyPassesAndTheEventsAfterItComeAgain(_ backend: EventLogBackend) throws {
        struct Refusal: Error {}
        try backend.withLog(partitions: 1) { log in
            try log.append(20)
            let consumer = try log.makeConsumer(group: log.topic, listener: ScriptedListener())
            var values: [String] = []
            var refusals = 0
            #expect(
                try eventually(within: .seconds(40)) {
                    do {
                        try consumer.poll(maxRecords: 100, timeout: .milliseconds(50)) {
                            values.append(CopiedEvent($0).value)
                            if $0.offset == 4 || $0.offset == 9 { throw Refusal() }
                        }
                    } catch is Refusal {
                        refusals += 1
                    }
                    return values.count >= 20
                })
            try consumer.close()
            #expect(refusals == 2)
            #expect(values == (0..<20).map { "\($0)" })
        }
    }

    @Test(arguments: EventLogBackend.available)
    func seekMovesAndLagCounts(_ backend: EventLogBackend) throws {
        try backend.withLog(partitions: 1) { log in
            try log.append(300)
            let consumer = try log.makeConsumer(group: log.topic, listener: ScriptedListener())
            let read = try consumer.readAll(300)
            #expect(read.count == 300)
            #expect(try consumer.lag() == [0: 0])
            try consumer.seek(to: [0: 290, 99: 5])
            #expect(try consumer.lag() == [0: 10])
            #expect(try consumer.readAll(10).map(\.offset) == Array(290..<300))
            try consumer.commit([0: 300])
            try log.append(3, from: 300)
            #expect(try consumer.readAll(3).map(\.value) == ["300", "301", "302"])
            try consumer.close()
        }
    }
}
