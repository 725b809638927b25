import Domain
import Foundation
import Ingestion
import ServiceKit
import Storage
import Synchronization
import TestSupport
import Testing

/// Ingest over the embedded parts themselves: SQLite log, Delta lake in a folder, SQLite store.
@Suite(.timeLimit(.minutes(5))) struct EmbeddedIngestionTests {
    private let folder: TemporaryDirectory
    private let log: any EventLog
    private let lake: any EventLake
    private let store: any DocumentStore

    init() throws {
        folder = try TemporaryDirectory()
        log = try EventLogs.open(uri: "sqlite:\(folder.path("events.db"))")
        lake = try EventLakes.open(uri: "file:\(folder.path("lake"))")
        store = try DocumentStores.open(uri: "sqlite:\(folder.path("segue.db"))")
        try store.prepare()
        try log.createIfMissing(partitions: 4)
    }

    private static let firstDay = EventDay(epochMilliseconds: 1_700_000_000_000)

    private static func event(_ number: Int) -> ListeningEvent {
        ListeningEvent(
            userID: "u\(number % 23)", trackID: "t\(number % 17)",
            timestamp: firstDay.startMilliseconds + Int64(number) * 400_000, action: EventAction.allCases[number % 3],
            duration: Int32(number), totalDuration: 200_000, source: .simulation)
    }

    private func produce(_ numbers: Range<Int>) throws {
        let producer = try log.makeProducer()
        for number in numbers {
            let event = Self.event(number)
            try producer.append(key: Array(event.userID.utf8), value: event.json)
        }
        try producer.flush(timeout: .seconds(20))
        try producer.close()
    }

    private func service(_ death: Death? = nil, _ change: (inout IngestionOptions) -> Void = { _ in })
        -> IngestionService
    {
        var options = IngestionOptions()
        options.batchEventCount = 100
        options.batchDuration = .milliseconds(20)
        options.catchUpInterval = .milliseconds(30)
        options.catchUpAge = .zero
        options.partitions = 4
        options.isDraining = true
        // Summed commits would pass a moment once where a test waits for the third time.
        options.countInterval = .zero
        change(&options)
        guard let death else {
            return IngestionService(log: log, lake: lake, store: store, options: options, registry: MetricsRegistry())
        }
        return IngestionService(
            log: DyingLog(log: log, death: death), lake: DyingLake(lake: lake, death: death),
            store: DyingStore(store: store, death: death), options: options, registry: MetricsRegistry())
    }

    /// Lake and counts against what was produced, event by event.
    private func expectEachOnce(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
        var numbers: [Int] = []
        try lake.read(
            days: Self.firstDay...Self.firstDay.advanced(by: 400), columns: Set(EventColumn.allCases), version: nil
        ) { _, columns in
            for row in 0..<columns.count {
                let number = Int(columns.durations[row])
                #expect(columns.users[row] == Self.event(number).userID, sourceLocation: sourceLocation)
                #expect(columns.timestamps[row] == Self.event(number).timestamp, sourceLocation: sourceLocation)
                numbers.append(number)
            }
        }
        #expect(numbers.sorted() == Array(0..<count), sourceLocation: sourceLocation)
        var plays: [String: Int64] = [:]
        for number in 0..<count where Self.event(number).action.isPlay {
            plays[Self.event(number).trackID, default: 0] += 1
        }
        let songs = try store.songs(after: nil, limit: 100)
        let counted = Dictionary(uniqueKeysWithValues: songs.map { ($0.trackID, $0.playsCumulative) })
        #expect(counted == plays, sourceLocation: sourceLocation)
    }

    @Test(arguments: Death.Moment.allCases, [1, 3])
    func aDaemonThatDiesAnywhereIsMadeGoodByTheNext(moment: Death.Moment, occurrence: Int) throws {
        try produce(0..<800)
        let death = Death(moment, occurrence: occurrence)
        let error = #expect(throws: StorageError.self) { try service(death).run(until: StopSignal()) }
        #expect(death.hasStruck, "\(String(describing: error))")
        try produce(800..<1000)
        try service().run(until: StopSignal())
        try expectEachOnce(1000)
        // A further start finds nothing to do.
        try service().run(until: StopSignal())
        try expectEachOnce(1000)
    }

    @Test func daemonsThatDieOneAfterTheOtherLoseAndRepeatNothing() throws {
        try produce(0..<3000)
        var random = SeededRandomNumberGenerator(seed: 8)
        for _ in 0..<12 {
            let moment = try #require(Death.Moment.allCases.randomElement(using: &random))
            let death = Death(moment, occurrence: Int.random(in: 1...2, using: &random))
            // The later ones may find too little left to reach their moment.
            do { try service(death).run(until: StopSignal()) } catch is StorageError {}
        }
        try service().run(until: StopSignal())
        try expectEachOnce(3000)
    }

    @Test func daemonsThatDieWhileCommitsAreSummedLoseAndRepeatNothing() throws {
        try produce(0..<3000)
        for (number, moment) in Death.Moment.allCases.enumerated() {
            let death = Death(moment, occurrence: 1 + number % 2)
            do {
                try service(death) { $0.countInterval = .milliseconds(50) }.run(until: StopSignal())
            } catch is StorageError {}
        }
        try service(nil) { $0.countInterval = .milliseconds(50) }.run(until: StopSignal())
        try expectEachOnce(3000)
    }

    @Test func lakeThatIsMadeAnewIsNotCountedOnTopOfTheOldOne() throws {
        try produce(0..<900)
        try service().run(until: StopSignal())
        let remade = try EventLakes.openDelta(uri: "file:\(folder.path("remade"))")
        var options = IngestionOptions()
        options.batchEventCount = 100
        options.partitions = 4
        options.isDraining = true
        let daemon = {
            IngestionService(log: log, lake: remade, store: store, options: options, registry: MetricsRegistry())
        }
        // The old one is gone and the new one not there yet, or there already: both are told, and nothing is counted.
        for _ in 0..<2 {
            let error = try #require(throws: StorageError.self) { try daemon().run(until: StopSignal()) }
            #expect(error.code == .invalid && error.reason.contains("segue lake recount"))
            #expect(throws: StorageError.self) { try Backlog.read(log: log, lake: remade, store: store) }
            try expectEachOnce(900)
            _ = try remade.append([:], topic: log.topic, from: [:], to: [:]) {}
        }
        let today = EventDay(epochMilliseconds: SystemWallClock().now)
        try store.recount(try #require(try remade.allPlays(today: today)), today: today)
        try daemon().run(until: StopSignal())
        let backlog = try Backlog.read(log: log, lake: remade, store: store)
        #expect(backlog.lag == 0 && backlog.commitsBehind == 0)
        #expect(try store.countedLakeID() == remade.identity())
        try expectEachOnce(900)
        // Counting anew what is counted already changes nothing.
        try store.recount(try #require(try remade.allPlays(today: today)), today: today)
        try expectEachOnce(900)
    }

    @Test func storeFromBeforeLakesWereToldApartIsNotFooledByAYoungerLake() throws {
        try store.setAppliedCommitsFloor(1_000)
        try produce(0..<100)
        let error = try #require(throws: StorageError.self) { try service().run(until: StopSignal()) }
        #expect(error.reason.contains("segue lake recount"))
    }

    @Test func retentionTrimsWhatTheLakeHasAndNothingElse() throws {
        let log = try #require(log as? SQLiteEventLog)
        let retention = LogRetention(log: log, lake: lake, retention: .milliseconds(1), interval: .milliseconds(5))
        let held = { try log.offsets().reduce(Int64(0)) { $0 + $1.end - $1.begin } }
        try produce(0..<500)
        let letters = try #require(try log.sibling(topic: "\(log.topic)_rejected") as? SQLiteEventLog)
        defer { letters.close() }
        let oneIsBad = try log.makeProducer()
        try oneIsBad.append(key: [1], value: Array("not an event".utf8))
        try oneIsBad.close()
        // The retention is over as soon as the clock has moved on, so only the lake can hold it back.
        let start = MonotonicTime.now
        #expect(eventually(within: .seconds(5)) { start.elapsed > .milliseconds(20) })
        #expect(try retention.trim() == 0)
        try service().run(until: StopSignal())
        try produce(500..<700)
        #expect(try letters.offsets().map { $0.end - $0.begin } == [1])
        let stop = StopSignal()
        let thread = try WorkerThread(name: "retention") { try retention.run(until: stop) }
        #expect(
            eventually(within: .seconds(20)) {
                (try? held()) == 200 && (try? letters.offsets().map { $0.end - $0.begin }) == [0]
            })
        stop.stop()
        try thread.join()
        #expect(try held() == 200)
        try service().run(until: StopSignal())
        try expectEachOnce(700)
    }

    @Test func twoDaemonsShareThePartitions() throws {
        try produce(0..<2000)
        let stop = StopSignal()
        let failures = Mutex<[String]>([])
        let threads = try (0..<2).map { number in
            try WorkerThread(name: "daemon-\(number)") {
                do { try service(nil) { $0.isDraining = false }.run(until: stop) } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }
        try produce(2000..<3000)
        #expect(
            eventually(within: .seconds(60)) {
                guard let backlog = try? Backlog.read(log: log, lake: lake, store: store) else { return false }
                return backlog.lag == 0 && backlog.commitsBehind == 0
            })
        stop.stop()
        for thread in threads { try thread.join() }
        #expect(failures.withLock { $0 } == [])
        try expectEachOnce(3000)
    }

    @Test func compactionMeanwhileLosesAndRepeatsNothing() throws {
        try produce(0..<1500)
        let death = Death(.afterCommit, occurrence: 4)
        #expect(throws: StorageError.self) { try service(death).run(until: StopSignal()) }
        let maintained = try EventLakes.openDelta(uri: "file:\(folder.path("lake"))")
        #expect(try maintained.compact().days.isEmpty == false)
        try service().run(until: StopSignal())
        _ = try maintained.compact()
        try expectEachOnce(1500)
        #expect(try maintained.verify().problems.isEmpty)
    }

    @Test func badRecordsAreDeadLetteredAndTheRestGoesOn() throws {
        let producer = try log.makeProducer()
        let bad: [[UInt8]] = [
            [], Array("{".utf8), [0xFF, 0xFE], Array("{\"user_id\":1}".utf8), Array(repeating: 0x20, count: 100_000),
            Self.event(1).json.dropLast() + [],
        ]
        for value in bad { try producer.append(key: Array("k".utf8), value: value) }
        for number in 0..<10 { try producer.append(key: Array("k".utf8), value: Self.event(number).json) }
        try producer.flush(timeout: .seconds(20))
        try producer.close()
        let service = service()
        try service.run(until: StopSignal())
        try expectEachOnce(10)
        #expect(service.status.rejected == bad.count)
        let letters = try log.sibling(topic: "\(log.topic)_rejected").offsets()
        #expect(letters.reduce(0) { $0 + $1.end - $1.begin } == Int64(bad.count))
    }
}
