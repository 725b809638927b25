import Domain
import Foundation
import Ingestion
import ServiceKit
import Storage
import Synchronization
import TestSupport
import Testing

/// An ingest daemon over fakes of log and lake and a real embedded store.
final class Stage {
    let log = FakeEventLog()
    let lake = FakeEventLake()
    let store: any DocumentStore
    let folder: TemporaryDirectory
    private(set) var produced: [ListeningEvent] = []

    init() throws {
        folder = try TemporaryDirectory()
        store = try DocumentStores.open(uri: "sqlite:\(folder.path("segue.db"))")
        try store.prepare()
    }

    func produce(_ count: Int, partition: Int = 0) {
        for _ in 0..<count {
            let number = produced.count
            let event = ListeningEvent(
                userID: "u\(number % 7)", trackID: "t\(number % 5)",
                timestamp: 1_700_000_000_000 + Int64(number) * 3_600_000, action: EventAction.allCases[number % 3],
                duration: Int32(number), totalDuration: 200_000, source: .simulation)
            produced.append(event)
            log.add(event.json, to: partition)
        }
    }

    func service(_ change: (inout IngestionOptions) -> Void = { _ in }) -> IngestionService {
        var options = IngestionOptions()
        options.batchEventCount = 10
        options.batchDuration = .milliseconds(20)
        options.catchUpInterval = .milliseconds(20)
        options.catchUpAge = .zero
        options.isDraining = true
        change(&options)
        return IngestionService(log: log, lake: lake, store: store, options: options, registry: MetricsRegistry())
    }

    /// The lake holds every produced event once, and the store counts the plays.
    func expectEverythingOnce(sourceLocation: SourceLocation = #_sourceLocation) throws {
        func sorted(_ events: [ListeningEvent]) -> [ListeningEvent] { events.sorted { $0.duration < $1.duration } }
        #expect(sorted(lake.events) == sorted(produced), sourceLocation: sourceLocation)
        var plays: [String: Int64] = [:]
        for event in produced where event.action.isPlay { plays[event.trackID, default: 0] += 1 }
        let songs = try store.songs(after: nil, limit: 100)
        let counted = Dictionary(uniqueKeysWithValues: songs.map { ($0.trackID, $0.playsCumulative) })
        #expect(counted.filter { $0.value > 0 } == plays, sourceLocation: sourceLocation)
    }
}

@Suite(.timeLimit(.minutes(2))) struct IngestionServiceTests {
    @Test func drainingCommitsEveryEventOnceAndCountsPlays() throws {
        let stage = try Stage()
        stage.produce(95)
        stage.produce(50, partition: 1)
        let service = stage.service()
        try service.run(until: StopSignal())
        try stage.expectEverythingOnce()
        #expect(service.status.events == 145)
        #expect(stage.log.state.withLock { $0.groupOffsets } == [0: 95, 1: 50])
        #expect(try stage.store.appliedCommitsFloor() >= 0)
    }

    @Test func aSecondRunResumesFromTheLakeAndAddsNothing() throws {
        let stage = try Stage()
        stage.produce(30)
        try stage.service().run(until: StopSignal())
        try stage.service().run(until: StopSignal())
        stage.produce(12)
        try stage.service().run(until: StopSignal())
        try stage.expectEverythingOnce()
    }

    @Test func aBadEventIsDeadLetteredWithReasonAndPlaceAndStopsNothing() throws {
        let stage = try Stage()
        stage.produce(5)
        stage.log.add(Array("{oops".utf8), to: 0)
        stage.log.add([0xFF, 0xFE], to: 1)
        stage.produce(5)
        let service = stage.service()
        try service.run(until: StopSignal())
        try stage.expectEverythingOnce()
        #expect(service.status.rejected == 2)
        let letters = try #require(stage.log.state.withLock { $0.siblings["music_log_rejected"] }).values
        let objects = try letters.map { try #require(JSONSerialization.jsonObject(with: Data($0)) as? [String: Any]) }
        #expect(Set(objects.compactMap { $0["reason"] as? String }) == ["invalid_json", "invalid_utf8"])
        #expect(objects.contains { $0["payload"] as? String == "{oops" && $0["offset"] as? Int == 5 })
        #expect(objects.contains { $0["payload_base64"] as? String == "//4=" && $0["partition"] as? Int == 1 })
    }

    @Test func aBatchThatAnotherDaemonOvertookIsDroppedAndResumedFromTheLake() throws {
        let stage = try Stage()
        stage.produce(25)
        let (lake, first) = (stage.lake, Array(stage.produced.prefix(4)))
        lake.state.withLock { $0.intruder = { lake.commitElsewhere(first, positions: [0: 4]) } }
        let service = stage.service()
        try service.run(until: StopSignal())
        #expect(service.status.fenced == 1)
        try stage.expectEverythingOnce()
    }

    @Test func aLakeThatIsFullOrAwayIsTriedAgainAndNothingIsLost() throws {
        let stage = try Stage()
        stage.produce(25)
        stage.lake.state.withLock {
            $0.failuresBeforeCommit = [StorageError(.full, "no room"), StorageError(.unavailable, "away")]
        }
        try stage.service().run(until: StopSignal())
        try stage.expectEverythingOnce()
    }

    @Test func aLogThatIsAwayIsTriedAgain() throws {
        let stage = try Stage()
        stage.produce(25)
        stage.log.state.withLock { $0.pollFailures = 2 }
        try stage.service().run(until: StopSignal())
        try stage.expectEverythingOnce()
    }

    @Test func aDamagedLakeStopsTheDaemonWithItsReason() throws {
        let stage = try Stage()
        stage.produce(5)
        stage.lake.state.withLock { $0.failuresBeforeCommit = [StorageError(.corrupt, "commit 7 is torn")] }
        #expect { try stage.service().run(until: StopSignal()) } throws: { "\($0)".contains("commit 7 is torn") }
        #expect(stage.lake.events.isEmpty)
    }

    @Test func commitsThatADeadDaemonDidNotCountAreCountedOnStart() throws {
        let stage = try Stage()
        stage.produce(9)
        stage.lake.commitElsewhere(Array(stage.produced), positions: [0: 9])
        try stage.service().run(until: StopSignal())
        try stage.expectEverythingOnce()
    }

    @Test func commitsOfWhichAnotherDaemonCountedOneAreCountedOneByOne() throws {
        let stage = try Stage()
        stage.produce(200)
        let store = MeddledStore(stage.store, lake: stage.lake)
        var options = IngestionOptions()
        options.batchEventCount = 10
        options.isDraining = true
        options.catchUpInterval = .seconds(3600)
        let service = IngestionService(
            log: stage.log, lake: stage.lake, store: store, options: options, registry: MetricsRegistry())
        try service.run(until: StopSignal())
        #expect(store.wasMeddledWith)
        try stage.expectEverythingOnce()
    }

    @Test func withoutCatchingUpTheCountsOfADeadDaemonAreLost() throws {
        let stage = try Stage()
        stage.produce(9)
        stage.lake.commitElsewhere(Array(stage.produced), positions: [0: 9])
        let stop = StopSignal()
        let service = stage.service {
            $0.sabotage = .forgetCatchUp
            $0.isDraining = false
        }
        let thread = try WorkerThread(name: "ingest") { try service.run(until: stop) }
        stage.produce(1)
        #expect(eventually { service.status.events == 1 })
        stop.stop()
        try thread.join()
        #expect(try stage.store.songs(after: nil, limit: 100).reduce(0) { $0 + $1.playsCumulative } <= 1)
    }

    @Test(arguments: [false, true]) func partitionsThatComeAndGoLoseNothing(lost: Bool) throws {
        let stage = try Stage()
        let stop = StopSignal()
        let service = stage.service { $0.isDraining = false }
        let thread = try WorkerThread(name: "ingest") { try service.run(until: stop) }
        for round in 0..<12 {
            stage.produce(17, partition: round % 2)
            stage.log.rebalance(to: round.isMultiple(of: 3) ? [0] : [0, 1], lost: lost)
            #expect(eventually { stage.log.state.withLock { $0.pendingRebalance == nil } })
        }
        stage.log.rebalance(to: [0, 1])
        #expect(eventually { stage.lake.events.count >= stage.produced.count })
        stop.stop()
        try thread.join()
        try stage.expectEverythingOnce()
    }

    @Test func stoppingCommitsWhatWasPolled() throws {
        let stage = try Stage()
        stage.produce(3)
        let stop = StopSignal()
        let service = stage.service {
            $0.isDraining = false
            $0.batchDuration = .seconds(3600)
        }
        let thread = try WorkerThread(name: "ingest") { try service.run(until: stop) }
        #expect(eventually { service.status.rebalances == 1 })
        stop.stop()
        try thread.join()
        // Whether the three were polled before the stop or not: together with the next run they are there once.
        try stage.service().run(until: StopSignal())
        try stage.expectEverythingOnce()
    }

    @Test func crashPointsAreReadFromTheirText() {
        #expect(IngestionCrash("after-commit:3") == IngestionCrash(step: .afterCommit, occurrence: 3))
        #expect(IngestionCrash("before-offsets") == IngestionCrash(step: .beforeOffsets))
        for text in ["", "after", "after-commit:0", "after-commit:x", "after-commit:1:2"] {
            #expect(IngestionCrash(text) == nil)
        }
    }
}
