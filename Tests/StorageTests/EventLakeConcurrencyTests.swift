import DeltaTable
import Domain
import Foundation
import ObjectStore
import ServiceKit
import Storage
import Synchronization
import TestSupport
import Testing

/// Several writers, a compactor, a vacuum and a reader at one lake at once (docs/design.md §3.3).
@Suite(.timeLimit(.minutes(3))) struct EventLakeConcurrencyTests {
    /// What the threads have done so far.
    private struct Progress {
        var steps: [String: Int] = [:]
        var running: Set<String> = []
        var failures: [String] = []
        var vacuumed = 0
        var compacted = 0
        var readVersions = 0
    }

    private static let writerCount = 3
    private static let batchesPerWriter = 25
    private static let eventsPerBatch = 12

    private let clock = ManualWallClock(EventLakeSuite.tuesday.startMilliseconds + 3_600_000)
    private let store: MemoryObjectStore

    init() { store = MemoryObjectStore(clock: clock) }

    private func open() -> DeltaEventLake {
        var options = DeltaEventLake.Options()
        options.table.clock = clock
        options.table.checkpointInterval = 9
        options.table.removedFileRetention = .seconds(7200)
        return DeltaEventLake(store: store, options: options)
    }

    private static func events(of writer: Int, batch: Int) -> [ListeningEvent] {
        (0..<eventsPerBatch).map { row in
            let number = (writer * batchesPerWriter + batch) * eventsPerBatch + row
            return EventLakeSuite.event(
                number, day: number % 2 == 0 ? EventLakeSuite.monday : EventLakeSuite.tuesday)
        }
    }

    /// Two daemons that both believe to have the partition: each batch is tried by both, and is in once.
    private func write(
        _ lake: DeltaEventLake, as writer: Int, isTurn: (_ batch: Int) -> Bool, _ step: () -> Void
    ) throws {
        for batch in 0..<Self.batchesPerWriter {
            #expect(eventually(within: .seconds(60)) { isTurn(batch) })
            let from = Int64(batch * Self.eventsPerBatch)
            do {
                _ = try lake.append(
                    EventLakeSuite.batches(Self.events(of: writer, batch: batch)), topic: "t",
                    from: [Int32(writer): from], to: [Int32(writer): from + Int64(Self.eventsPerBatch)]
                ) {}
            } catch let error as StorageError where error.code == .fenced {}
            step()
        }
    }

    @Test func manyAtOnceLeaveEveryRowOnceAndTakeNoFileFromAReader() throws {
        let progress = Mutex(Progress())
        var threads: [WorkerThread] = []
        func start(_ name: String, _ body: @escaping @Sendable (_ step: () -> Void) throws -> Void) throws {
            progress.withLock { _ = $0.running.insert(name) }
            threads.append(
                try WorkerThread(name: name) {
                    do {
                        try body { progress.withLock { $0.steps[name, default: 0] += 1 } }
                    } catch {
                        progress.withLock { $0.failures.append("\(name): \(error)") }
                    }
                    progress.withLock { _ = $0.running.remove(name) }
                })
        }
        let isWriting: @Sendable () -> Bool = {
            progress.withLock { $0.running.contains { $0.hasPrefix("writer") } && $0.failures.isEmpty }
        }
        for writer in 0..<Self.writerCount {
            for twin in ["a", "b"] {
                let lake = open()
                try start("writer-\(writer)\(twin)") { step in
                    // Hours go by meanwhile, so that what compaction replaced early is vacuumed before the end.
                    try write(
                        lake, as: writer,
                        isTurn: { batch in progress.withLock { $0.steps["vacuum", default: 0] >= batch / 2 } },
                        step)
                }
            }
        }
        let (compacting, reading, cleaning) = (open(), open(), open())
        try start("compactor") { step in
            var options = LakeCompactionOptions()
            options.before = EventLakeSuite.tuesday.advanced(by: 1)
            repeat {
                let report = try compacting.compact(options)
                progress.withLock { $0.compacted += report.removedFileCount }
                step()
            } while isWriting()
        }
        try start("reader") { step in
            repeat {
                try read(reading)
                progress.withLock { $0.readVersions += 1 }
                step()
            } while isWriting()
        }
        try start("vacuum") { step in
            repeat {
                let before = progress.withLock { $0.steps }
                let report = try cleaning.vacuum()
                progress.withLock { $0.vacuumed += report.files.count }
                step()
                // A quarter of the retention goes by only when everybody has taken a step: nobody reads or writes for longer
                // than half of it.
                let isOver = eventually(within: .seconds(60)) {
                    progress.withLock { state in
                        state.running.subtracting(["vacuum"]).allSatisfy { state.steps[$0] != before[$0] }
                    }
                }
                #expect(isOver)
                clock.advance(milliseconds: 1_800_000)
            } while isWriting()
        }
        for thread in threads { try thread.join() }
        let end = progress.withLock { $0 }
        #expect(end.failures == [])
        #expect(end.compacted > 0 && end.vacuumed > 0 && end.readVersions > 0)
        try expectAllOnce()
    }

    /// A version has the rows its log says, all of them readable, none twice.
    private func read(_ lake: DeltaEventLake) throws {
        guard let version = try lake.version() else { return }
        let expected = try lake.days(version: version).reduce(Int64(0)) { $0 + $1.rowCount }
        let rows = try EventLakeSuite.events(lake, version: version)
        #expect(Int64(rows.count) == expected)
        #expect(Set(rows.map(\.timestamp)).count == rows.count)
    }

    private func expectAllOnce() throws {
        let lake = open()
        let wanted = (0..<Self.writerCount).flatMap { writer in
            (0..<Self.batchesPerWriter).flatMap { Self.events(of: writer, batch: $0) }
        }
        #expect(try EventLakeSuite.events(lake).sorted(by: order) == wanted.sorted(by: order))
        #expect(try lake.verify().problems.isEmpty)
        // Nothing that lost a race stays behind for ever.
        clock.advance(milliseconds: 7_200_001)
        _ = try lake.vacuum()
        #expect(try lake.verify().unreferencedFileCount == 0)
        #expect(try EventLakeSuite.events(lake).count == wanted.count)
    }

    private func order(_ one: ListeningEvent, _ other: ListeningEvent) -> Bool {
        (one.timestamp, one.userID, one.trackID) < (other.timestamp, other.userID, other.trackID)
    }
}
