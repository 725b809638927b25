import Ingestion
import ServiceKit
import Storage
import Synchronization
import TestSupport
import Testing

/// What cannot be written stays in the log: memory is bounded by a few batches, the group keeps its member.
@Suite(.timeLimit(.minutes(2))) struct BackPressureTests {
    /// Waits until the daemon has polled so often again.
    private func waitForPolls(_ count: Int, _ stage: Stage) {
        let start = stage.log.state.withLock { $0.pollCount }
        #expect(eventually(within: .seconds(30)) { stage.log.state.withLock { $0.pollCount } >= start + count })
    }

    @Test func aLakeThatIsAwayPausesConsumptionThroughRebalancesAndThenEverythingArrivesOnce() throws {
        let stage = try Stage()
        for partition in 0...1 { stage.produce(1_000, partition: partition) }
        stage.lake.state.withLock { $0.isAway = true }
        let stop = StopSignal()
        let service = stage.service { $0.isDraining = false }
        let thread = try WorkerThread(name: "ingest") { try service.run(until: stop) }
        waitForPolls(20, stage)
        // Batches of ten: one open, one waiting, one being written.
        #expect(stage.log.state.withLock { $0.handedOver } <= 30)
        for partitions: Set<Int32> in [[1], [0, 1], [0]] {
            stage.log.rebalance(to: partitions, lost: true)
            #expect(eventually(within: .seconds(30)) { stage.log.state.withLock { $0.pendingRebalance == nil } })
        }
        stage.log.rebalance(to: [0, 1])
        waitForPolls(10, stage)
        // What was lost is polled again, what waits is never more.
        #expect(stage.log.state.withLock { $0.handedOver } <= 30 * 5)
        #expect(stage.lake.events.isEmpty)
        stage.lake.state.withLock { $0.isAway = false }
        #expect(eventually(within: .seconds(60)) { stage.lake.events.count >= 2_000 })
        stop.stop()
        try thread.join()
        try stage.expectEverythingOnce()
    }

    @Test func aStoreThatIsAwayPausesCommitsAndThenEverythingIsCountedOnce() throws {
        let stage = try Stage()
        stage.produce(2_000)
        let store = AwayStore(stage.store)
        var options = IngestionOptions()
        options.batchEventCount = 10
        options.maximumCommitsBehind = 4
        options.catchUpInterval = .seconds(3600)
        let service = IngestionService(
            log: stage.log, lake: stage.lake, store: store, options: options, registry: MetricsRegistry())
        let stop = StopSignal()
        let thread = try WorkerThread(name: "ingest") { try service.run(until: stop) }
        waitForPolls(20, stage)
        // Four commits wait, those before are being counted, one more has no room.
        let commits = stage.lake.state.withLock { $0.commits.count }
        #expect(commits >= 5 && commits <= 10)
        #expect(stage.log.state.withLock { $0.handedOver } <= commits * 10 + 30)
        waitForPolls(10, stage)
        #expect(stage.lake.state.withLock { $0.commits.count } == commits)
        store.isAway.store(false, ordering: .relaxed)
        #expect(eventually(within: .seconds(60)) { stage.lake.events.count == 2_000 })
        #expect(
            try eventually(within: .seconds(60)) {
                try Backlog.read(log: stage.log, lake: stage.lake, store: stage.store).commitsBehind == 0
            })
        stop.stop()
        try thread.join()
        try stage.expectEverythingOnce()
    }
}
