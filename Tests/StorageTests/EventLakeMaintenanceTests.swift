import DeltaTable
import Domain
import Foundation
import ObjectStore
import ServiceKit
import Storage
import Synchronization
import TestSupport
import Testing

struct EventLakeMaintenanceTests {
    private let day: Int64 = 86_400_000
    private let clock = ManualWallClock(EventLakeSuite.tuesday.startMilliseconds + 3_600_000)
    private let store: MemoryObjectStore

    init() { store = MemoryObjectStore(clock: clock) }

    private func makeLake(checkpointInterval: Int64 = 100) -> DeltaEventLake {
        var options = DeltaEventLake.Options()
        options.table.clock = clock
        options.table.checkpointInterval = checkpointInterval
        return DeltaEventLake(store: store, options: options)
    }

    /// Commits `count` batches of 40 events over monday and tuesday.
    @discardableResult
    private func fill(_ lake: DeltaEventLake, _ count: Int) throws -> [ListeningEvent] {
        var all: [ListeningEvent] = []
        let start = try lake.positions(topic: "t")[0] ?? 0
        for number in 0..<count {
            let first = Int(start) + number * 40
            let events = (first..<first + 40).map {
                EventLakeSuite.event($0, day: $0 % 2 == 0 ? EventLakeSuite.monday : EventLakeSuite.tuesday)
            }
            _ = try lake.append(
                EventLakeSuite.batches(events), topic: "t", from: [0: Int64(first)], to: [0: Int64(first) + 40]
            ) {}
            all += events
        }
        return all
    }

    private func sorted(_ events: [ListeningEvent]) -> [ListeningEvent] {
        events.sorted { ($0.timestamp, $0.userID, $0.trackID) < ($1.timestamp, $1.userID, $1.trackID) }
    }

    // MARK: - Compaction

    @Test func compactionJoinsClosedDaysSortedByUserAndChangesNoRow() throws {
        let lake = makeLake()
        let events = try fill(lake, 6)
        let report = try lake.compact()
        // Tuesday is today, and stays as it is.
        #expect(report.days == [EventLakeSuite.monday])
        #expect(report.removedFileCount == 6 && report.addedFileCount == 1 && report.rowCount == 120)
        #expect(report.addedByteCount < report.removedByteCount)
        #expect(try lake.days().map(\.fileCount) == [1, 6])
        let read = try EventLakeSuite.events(makeLake())
        #expect(sorted(read) == sorted(events))
        let monday = try EventLakeSuite.events(lake, EventLakeSuite.monday...EventLakeSuite.monday)
        #expect(monday == monday.sorted { ($0.userID, $0.timestamp) < ($1.userID, $1.timestamp) })
        // The commit says that it changed no data, so nobody counts its plays.
        let commit = try #require(try lake.commits(after: nil).last)
        #expect(!commit.changesData && commit.rowCount == 0)
        #expect(try lake.plays(ofCommit: commit.version).plays.isEmpty)
        // Plays of the commits before can still be counted, from the files that were replaced.
        #expect(try lake.plays(ofCommit: 1).plays.values.reduce(0) { $0 + $1.values.reduce(0, +) } == 32)
        // A second time there is nothing to do.
        #expect(try lake.compact() == LakeCompactionReport())
    }

    @Test func compactionSplitsWhatIsTooManyRows() throws {
        let lake = makeLake()
        let events = try fill(lake, 6)
        var options = LakeCompactionOptions()
        options.rowCount = 50
        options.before = EventLakeSuite.tuesday.advanced(by: 1)
        let report = try lake.compact(options)
        #expect(report.days.count == 2 && report.addedFileCount == 4)
        #expect(sorted(try EventLakeSuite.events(lake)) == sorted(events))
    }

    @Test func bigFilesAndThinDaysAreLeftAlone() throws {
        let lake = makeLake()
        try fill(lake, 3)
        var options = LakeCompactionOptions()
        options.smallFileCount = 4
        #expect(try lake.compact(options).days.isEmpty)
        options.smallFileCount = 2
        options.smallByteCount = 10
        #expect(try lake.compact(options).days.isEmpty)
    }

    @Test func aStoppedCompactionLeavesNothing() throws {
        let lake = makeLake()
        try fill(lake, 3)
        let before = try store.list(prefix: "").map(\.key)
        let stop = StopSignal()
        stop.stop()
        #expect(try lake.compact(stop: stop).days.isEmpty)
        store.injectFault { call in
            if call.kind == .put, call.moment == .before { throw ObjectStoreError(.full, "no space left") }
        }
        #expect(throws: StorageError.self) { try lake.compact() }
        store.injectFault(nil)
        #expect(try store.list(prefix: "").map(\.key) == before)
    }

    @Test func theSlowerOfTwoCompactionsGivesWay() throws {
        let lake = makeLake()
        let events = try fill(lake, 4)
        let rival = makeLake()
        let once = Once()
        store.injectFault { call in
            // Just before our commit the rival makes its own.
            if call.kind == .putIfAbsent, call.moment == .before, once.take() { _ = try rival.compact() }
        }
        let report = try lake.compact()
        store.injectFault(nil)
        #expect(report.days.isEmpty && report.contendedDays == [EventLakeSuite.monday])
        #expect(sorted(try EventLakeSuite.events(lake)) == sorted(events))
        #expect(try store.list(prefix: "date=2023-05-01/").count == 5)
    }

    @Test func compactionAndIngestGoOnTogether() throws {
        try withTemporaryDirectory { (folder: TemporaryDirectory) throws in
            func open() -> DeltaEventLake {
                var options = DeltaEventLake.Options()
                options.table.checkpointInterval = 7
                return DeltaEventLake(store: LocalObjectStore(root: folder.path), options: options)
            }
            let failures = Mutex<[String]>([])
            let isDone = Atomic(false)
            let group = DispatchGroup()
            func start(_ body: @escaping @Sendable () throws -> Void) {
                group.enter()
                Thread {
                    do { try body() } catch { failures.withLock { $0.append("\(error)") } }
                    group.leave()
                }.start()
            }
            let lake = open()
            start {
                defer { isDone.store(true, ordering: .sequentiallyConsistent) }
                try fill(lake, 40)
            }
            let compacting = open()
            start {
                while !isDone.load(ordering: .sequentiallyConsistent) { _ = try compacting.compact() }
                _ = try compacting.compact()
            }
            group.wait()
            #expect(failures.withLock { $0 } == [])
            let expected = (0..<1600).map {
                EventLakeSuite.event($0, day: $0 % 2 == 0 ? EventLakeSuite.monday : EventLakeSuite.tuesday)
            }
            #expect(sorted(try EventLakeSuite.events(open())) == sorted(expected))
            #expect(try open().days().map(\.fileCount).reduce(0, +) < 40)
            #expect(try open().verify().problems.isEmpty)
        }
    }

    // MARK: - Vacuum

    @Test func vacuumTakesWhatNoReaderNeedsAndNothingElse() throws {
        let lake = makeLake()
        let events = try fill(lake, 4)
        _ = try lake.compact()
        let orphan = "date=2023-05-01/part-orphan.snappy.parquet"
        for key in [orphan, "notes.txt", "_other/x.parquet", ".hidden/y.parquet"] { try store.put(key, [1]) }
        // All of it is young.
        #expect(try lake.vacuum() == LakeVacuumReport())
        clock.advance(milliseconds: 8 * day)
        try fill(lake, 1)
        var options = LakeVacuumOptions()
        options.isDryRun = true
        let planned = try lake.vacuum(options)
        #expect(planned.files.count == 5 && planned.files.contains(orphan) && planned.byteCount > 1000)
        #expect(try lake.vacuum() == planned)
        #expect(try lake.vacuum().files.isEmpty)
        #expect(
            try store.list(prefix: "").filter {
                $0.key.hasPrefix("notes") || $0.key.contains("/x.") || $0.key.contains("/y.")
            }.count == 3)
        #expect(try EventLakeSuite.events(lake).count == events.count + 40)
        #expect(try lake.verify().problems.isEmpty)
    }

    @Test func vacuumKeepsWhatAReaderWithinTheRetentionNeeds() throws {
        let lake = makeLake()
        try fill(lake, 4)
        clock.advance(milliseconds: 30 * day)
        let old = try #require(try lake.version())
        // Replaced only now: a reader of the old version may still be at it.
        _ = try lake.compact()
        #expect(try lake.vacuum().files.isEmpty)
        #expect(try EventLakeSuite.events(lake, version: old).count == 160)
        clock.advance(milliseconds: 7 * day + 1)
        #expect(try lake.vacuum().files.count == 8)
        let error = #expect(throws: StorageError.self) { try EventLakeSuite.events(lake, version: old) }
        #expect(error?.code == .notFound)
    }

    @Test func vacuumKeepsWhatIsNotCountedYet() throws {
        let lake = makeLake()
        try fill(lake, 4)
        _ = try lake.compact()
        clock.advance(milliseconds: 30 * day)
        var options = LakeVacuumOptions()
        options.keepingCommitsFrom = 3
        #expect(try lake.vacuum(options).files.count == 2)
        #expect(try lake.plays(ofCommit: 3).plays.count == 11)
        #expect(try lake.plays(ofCommit: 4).plays.count == 11)
    }

    @Test func aShortRetentionMustBeAllowed() throws {
        let lake = makeLake()
        try fill(lake, 2)
        _ = try lake.compact()
        clock.advance(milliseconds: 10)
        var options = LakeVacuumOptions()
        options.retention = .zero
        let error = #expect(throws: StorageError.self) { try lake.vacuum(options) }
        #expect(error?.code == .invalid)
        options.allowsShortRetention = true
        #expect(try lake.vacuum(options).files.count == 2)
    }

    // MARK: - Verification

    @Test func aSoundLakeHasNoProblems() throws {
        let lake = makeLake(checkpointInterval: 3)
        #expect(try lake.verify() == LakeVerificationReport())
        try fill(lake, 7)
        _ = try lake.compact()
        var steps: [Int] = []
        let report = try lake.verify { done, total in
            #expect(total == 8)
            steps.append(done)
        }
        #expect(report.problems.isEmpty && report.version == 8 && report.commitCount == 9)
        #expect(report.fileCount == 8 && report.rowCount == 280 && report.unreferencedFileCount == 7)
        #expect(steps == Array(1...8))
        #expect(try lake.verify(.quick).problems.isEmpty)
    }

    @Test func everyKindOfDamageIsNamedWithItsFile() throws {
        let lake = makeLake(checkpointInterval: 3)
        try fill(lake, 7)
        let files = try store.list(prefix: "date=").map(\.key)
        func expectProblem(_ key: String, _ words: String, _ damage: ([UInt8]) -> [UInt8]?) throws {
            let whole = try store.get(key)
            if let damaged = damage(whole) { try store.put(key, damaged) } else { try store.delete(key) }
            let problems = try makeLake(checkpointInterval: 3).verify().problems
            #expect(problems.contains { $0.key == key && $0.what.contains(words) }, "\(key) \(words): \(problems)")
            try store.put(key, whole)
        }
        try expectProblem(files[0], "not there") { _ in nil }
        try expectProblem(files[1], "bytes, the log says") { $0.dropLast(10) + [] }
        try expectProblem(files[2], "checksum") { bytes in
            var bytes = bytes
            bytes[bytes.count / 3] ^= 1
            return bytes
        }
        let other = try store.get(files[3])
        try expectProblem(files[4], "checksum") { _ in other }
        try expectProblem("_delta_log/00000000000000000002.json", "damaged") { $0.dropLast(30) + [] }
        try expectProblem("_delta_log/00000000000000000002.json", "missing") { _ in nil }
        try expectProblem("_delta_log/00000000000000000006.checkpoint.parquet", "damaged") { $0.dropLast(30) + [] }
        let older = try store.get("_delta_log/00000000000000000003.checkpoint.parquet")
        try expectProblem("_delta_log/00000000000000000006.checkpoint.parquet", "commits up to it") { _ in older }
        #expect(try makeLake().verify().problems.isEmpty)
    }

    @Test func checkpointsThatTellFilesOtherThanTheCommitsAreNamed() throws {
        try fill(makeLake(checkpointInterval: 3), 7)
        let key = "_delta_log/00000000000000000002.json"
        // As another engine would have written it: without the checksum of our own commits.
        let text = String(decoding: try store.get(key), as: UTF8.self)
            .replacing(/"segueChecksum":"[^"]*",?/, with: "").replacing(",}}", with: "}}")
        let changed = text.replacing(/"size":[0-9]+/, with: "\"size\":7")
        #expect(changed != text)
        try store.put(key, Array(text.utf8))
        #expect(try makeLake().verify().problems.isEmpty)
        try store.put(key, Array(changed.utf8))
        let named = try makeLake().verify().problems.filter { $0.what.contains("2 files other than the commits do") }
        #expect(
            named.map(\.key) == [3, 6].map { "_delta_log/0000000000000000000\($0).checkpoint.parquet" }, "\(named)")
    }

    @Test func rowsOfAnotherDayAreFound() throws {
        let lake = makeLake()
        var wrong = EventBatch()
        wrong.append(EventLakeSuite.event(1, day: EventLakeSuite.tuesday))
        _ = try lake.append([EventLakeSuite.monday: wrong], topic: "t", from: [:], to: [0: 1]) {}
        let problems = try lake.verify().problems
        #expect(problems.count == 1 && problems.first?.what.contains("2023-05-02") == true)
    }

    // MARK: - History

    @Test func historyTellsWhatWasDone() throws {
        let lake = makeLake()
        #expect(try lake.history().isEmpty && lake.files().isEmpty)
        try fill(lake, 3)
        _ = try lake.compact()
        let history = try lake.history()
        #expect(
            history.map(\.operation) == [
                "OPTIMIZE", "STREAMING UPDATE", "STREAMING UPDATE", "STREAMING UPDATE", "CREATE TABLE",
            ])
        #expect(
            history[1].addedRowCount == 40 && history[1].addedFileCount == 2 && history[1].positions == ["t/0": 120])
        #expect(history[0].removedFileCount == 3 && history[0].addedFileCount == 1 && history[0].engine == "Segue")
        #expect(try lake.history(limit: 2).map(\.version) == [4, 3])
        #expect(try lake.files().count == 4 && lake.files(version: 1).count == 2)
        #expect(try lake.files().first?.rowCount == 60)
    }

    @Test func followersLearnWhatToRead() throws {
        let lake = makeLake(checkpointInterval: 3)
        try fill(lake, 3)
        _ = try lake.compact()
        let changes = try lake.files(since: 2)
        #expect(changes.filter { $0.version == 3 }.count == 2)
        #expect(changes.filter { $0.version == 3 }.allSatisfy { $0.isAdded && $0.changesData && $0.rowCount == 20 })
        let compaction = changes.filter { $0.version == 4 }
        #expect(compaction.count == 4 && compaction.allSatisfy { !$0.changesData && $0.day == EventLakeSuite.monday })
        #expect(try lake.files(since: 4).isEmpty)
        clock.advance(milliseconds: 60 * day)
        #expect(try lake.table.cleanUpLog(keepingFrom: clock.now) > 0)
        let error = #expect(throws: StorageError.self) { try lake.files(since: 1) }
        #expect(error?.code == .notFound)
    }
}
