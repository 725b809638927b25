import DeltaTable
import Domain
import ObjectStore
import ServiceKit
import Storage
import Synchronization
import TestSupport
import Testing

/// Forgetting a listener in the lake: rows gone from the newest version and, after vacuum, from the disk; all others as they were.
@Suite(.timeLimit(.minutes(3))) struct EventLakeForgettingTests {
    private let clock = ManualWallClock(EventLakeSuite.tuesday.startMilliseconds + 3_600_000)
    private let store: MemoryObjectStore

    init() { store = MemoryObjectStore(clock: clock) }

    private func open() -> DeltaEventLake {
        var options = DeltaEventLake.Options()
        options.table.clock = clock
        options.table.removedFileRetention = .seconds(7200)
        return DeltaEventLake(store: store, options: options)
    }

    private static func events(_ range: Range<Int>) -> [ListeningEvent] {
        range.map { EventLakeSuite.event($0, day: $0 % 2 == 0 ? EventLakeSuite.monday : EventLakeSuite.tuesday) }
    }

    private func append(_ lake: DeltaEventLake, _ range: Range<Int>, partition: Int32 = 0, events: [ListeningEvent])
        throws
    {
        _ = try lake.append(
            EventLakeSuite.batches(events), topic: "t", from: [partition: Int64(range.lowerBound)],
            to: [partition: Int64(range.upperBound)]
        ) {}
    }

    private func order(_ one: ListeningEvent, _ other: ListeningEvent) -> Bool {
        (one.timestamp, one.userID, one.trackID) < (other.timestamp, other.userID, other.trackID)
    }

    @Test func everyRowOfTheListenerGoesAndNoOther() throws {
        let lake = open()
        for start in stride(from: 0, to: 200, by: 40) {
            try append(lake, start..<start + 40, events: Self.events(start..<start + 40))
        }
        let before = try #require(try lake.version())
        let report = try lake.removeListens(of: "user-3")
        let all = Self.events(0..<200)
        #expect(report.rowCount == Int64(all.count { $0.userID == "user-3" }))
        #expect(report.fileCount == 10 && report.version == before + 1)
        let left = try EventLakeSuite.events(open())
        #expect(left.sorted(by: order) == all.filter { $0.userID != "user-3" }.sorted(by: order))
        // Positions stay, and a second time there is nothing to do.
        #expect(try lake.positions(topic: "t") == [0: 200])
        #expect(try lake.removeListens(of: "user-3").rowCount == 0)
        #expect(try lake.version() == before + 1)
        #expect(try lake.removeListens(of: "nobody").rowCount == 0)
    }

    @Test func theCommitSaysThatRowsChangedNamesNobodyAndIsNotCounted() throws {
        let lake = open()
        try append(lake, 0..<40, events: Self.events(0..<40))
        let version = try #require(try lake.removeListens(of: "user-3").version)
        let commit = try lake.table.commit(version: version)
        #expect(commit.adds.allSatisfy(\.dataChange) && commit.removes.allSatisfy(\.dataChange))
        #expect(!commit.removes.isEmpty)
        #expect(!"\(commit.info as Any)".contains("user-3"))
        // Rows that were there before are no new plays.
        let made = try #require(try lake.commits(after: version - 1).first)
        #expect(made.version == version && !made.changesData && made.rowCount == 0)
    }

    @Test func vacuumTakesTheLastTraceFromTheStore() throws {
        let lake = open()
        try append(lake, 0..<40, events: Self.events(0..<40))
        _ = try lake.removeListens(of: "user-3")
        clock.advance(milliseconds: 7_300_000)
        #expect(try lake.vacuum().files.count == 2)
        for info in try store.list(prefix: "") where info.key.hasSuffix(".parquet") {
            #expect(!String(decoding: try store.get(info.key), as: UTF8.self).contains("user-3"))
        }
        #expect(try EventLakeSuite.events(open()).count == Self.events(0..<40).count { $0.userID != "user-3" })
    }

    @Test func aFileOfNobodyElseIsRemovedWhole() throws {
        let lake = open()
        let own = Self.events(0..<140).filter { $0.userID == "user-3" }
        try append(lake, 0..<Int(own.count), events: own)
        let report = try lake.removeListens(of: "user-3")
        #expect(report.rowCount == Int64(own.count))
        #expect(try lake.days().isEmpty)
    }

    @Test func whileOthersWriteCompactAndForgetNothingElseIsLost() throws {
        let lakes = (0..<4).map { _ in open() }
        try append(lakes[0], 0..<40, events: Self.events(0..<40))
        let isDone = Mutex(false)
        let writer = try WorkerThread(name: "writer") { [self] in
            defer { isDone.withLock { $0 = true } }
            for batch in 1..<40 {
                try append(lakes[0], batch * 40..<batch * 40 + 40, events: Self.events(batch * 40..<batch * 40 + 40))
            }
        }
        let compactor = try WorkerThread(name: "compactor") {
            while !isDone.withLock({ $0 }) { _ = try lakes[1].compact() }
        }
        let other = try WorkerThread(name: "forgetter") {
            while !isDone.withLock({ $0 }) {
                do { _ = try lakes[2].removeListens(of: "user-5") } catch let error as StorageError
                    where error.isRetriable
                {}
            }
        }
        while !isDone.withLock({ $0 }) {
            do { _ = try lakes[3].removeListens(of: "user-3") } catch let error as StorageError where error.isRetriable
            {}
        }
        for thread in [writer, compactor, other] { try thread.join() }
        for user in ["user-3", "user-5"] { _ = try lakes[3].removeListens(of: user) }
        let expected = Self.events(0..<1600).filter { !["user-3", "user-5"].contains($0.userID) }
        #expect(try EventLakeSuite.events(open()).sorted(by: order) == expected.sorted(by: order))
        #expect(try open().positions(topic: "t") == [0: 1600])
    }
}
