import Domain
import Foundation
import Ingestion
import ServiceKit
import Storage
import Synchronization
import TestSupport
import Testing

/// What ingest keeps of recent listens, and that nothing waits for it.
@Suite(.timeLimit(.minutes(2))) struct RecentListenTests {
    private func expected(_ stage: Stage, _ userID: String, _ limit: Int) -> [RecentListen] {
        let own = stage.produced.filter { $0.userID == userID }.map { RecentListen($0) }
        return Array(own.sorted(by: RecentListen.precedes).prefix(limit))
    }

    @Test func newestListensOfEveryListenerAreInTheStoreWhenIngestEnds() throws {
        let stage = try Stage()
        stage.produce(200)
        let service = stage.service { $0.recentListenCount = 5 }
        try service.run(until: StopSignal())
        for user in 0..<7 {
            #expect(try stage.store.recentListens(userID: "u\(user)") == expected(stage, "u\(user)", 5))
        }
    }

    @Test func listensReadAgainAfterACrashChangeNothing() throws {
        let stage = try Stage()
        stage.produce(60)
        let lake = DyingLake(lake: stage.lake, death: Death(.afterParquet, occurrence: 3))
        var options = draining(keeping: 5)
        options.batchEventCount = 10
        let dying = IngestionService(
            log: stage.log, lake: lake, store: stage.store, options: options, registry: MetricsRegistry())
        #expect(throws: StorageError.self) { try dying.run(until: StopSignal()) }
        try stage.service { $0.recentListenCount = 5 }.run(until: StopSignal())
        try stage.expectEverythingOnce()
        for user in 0..<7 {
            #expect(try stage.store.recentListens(userID: "u\(user)") == expected(stage, "u\(user)", 5))
        }
    }

    private func draining(keeping count: Int) -> IngestionOptions {
        var options = IngestionOptions()
        options.isDraining = true
        options.batchDuration = .milliseconds(20)
        options.catchUpInterval = .milliseconds(20)
        options.recentListenCount = count
        return options
    }

    @Test func listensComeToTheStoreWhileTheLakeIsAway() throws {
        let stage = try Stage()
        stage.lake.state.withLock { $0.isAway = true }
        let service = stage.service {
            $0.isDraining = false
            $0.recentInterval = .milliseconds(5)
        }
        let stop = StopSignal()
        let thread = try WorkerThread(name: "ingest") { try service.run(until: stop) }
        stage.produce(3)
        #expect(try eventually { try stage.store.recentListens(userID: "u1").count == 1 })
        #expect(stage.lake.events.isEmpty)
        stage.lake.state.withLock { $0.isAway = false }
        #expect(eventually { stage.lake.events.count == 3 })
        stop.stop()
        try thread.join()
        try stage.expectEverythingOnce()
    }

    @Test func aStoreThatRefusesRecentListensHoldsUpNeitherLakeNorCounts() throws {
        let stage = try Stage()
        stage.produce(60)
        let registry = MetricsRegistry()
        let refusing = RefusingStore(store: stage.store)
        var options = draining(keeping: 50)
        options.recentInterval = .milliseconds(1)
        let service = IngestionService(
            log: stage.log, lake: stage.lake, store: refusing, options: options, registry: registry)
        try service.run(until: StopSignal())
        try stage.expectEverythingOnce()
        #expect(registry.text.contains("segue_ingest_recent_failures_total"))
        #expect(!registry.text.contains("segue_ingest_recent_failures_total 0\n"))
        #expect(try stage.store.recentListens(userID: "u1") == [])
    }

    @Test func underMoreTrafficThanAllowedTheNewestAreTakenAndTheRestIsCounted() throws {
        let stage = try Stage()
        stage.produce(2_000)
        let registry = MetricsRegistry()
        var options = draining(keeping: 1_000)
        options.recentListenRate = 50
        let service = IngestionService(
            log: stage.log, lake: stage.lake, store: stage.store, options: options, registry: registry)
        try service.run(until: StopSignal())
        try stage.expectEverythingOnce()
        let kept = try (0..<7).reduce(0) { try $0 + stage.store.recentListens(userID: "u\($1)").count }
        #expect(kept >= 50 && kept < 1_000)
        #expect(!registry.text.contains("segue_ingest_recent_dropped_total 0\n"))
    }
}

/// A store that takes everything but recent listens.
private struct RefusingStore: ForwardingStore {
    let store: any DocumentStore

    func applyPlays(_ plays: CommitPlays, today: EventDay) throws -> Bool {
        try store.applyPlays(plays, today: today)
    }
    func appendRecentListens(_ listens: [RecentListens], keeping limit: Int, now: Int64) throws {
        throw StorageError(.unavailable, "the store takes no recent listens")
    }
}
