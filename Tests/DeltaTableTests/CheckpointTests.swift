import DeltaTable
import ObjectStore
import ServiceKit
import TestSupport
import Testing

struct CheckpointTests {
    private let clock = ManualWallClock(1_000_000_000_000)
    private let store: MemoryObjectStore

    init() { store = MemoryObjectStore(clock: clock) }

    private func makeTable(interval: Int64 = 5) -> DeltaTable {
        var options = DeltaTable.Options()
        options.checkpointInterval = interval
        options.clock = clock
        return DeltaTable(store: store, options: options)
    }

    private func name(_ version: Int, _ suffix: String = ".json") -> String {
        let digits = "\(version)"
        return "_delta_log/" + String(repeating: "0", count: 20 - digits.count) + digits + suffix
    }

    /// A table of `count` commits: files of every shape of optional field, some removed again.
    private func fill(_ table: DeltaTable, _ count: Int) throws {
        let metadata = DeltaMetadata(
            id: "t", name: "né", description: nil, schemaString: makeMetadata().schemaString,
            partitionColumns: ["date"],
            configuration: ["a": "b", "c": ""], createdTime: 3)
        _ = try table.createIfMissing(metadata)
        for index in 1..<count {
            var file = makeFile("f\(index)", rows: Int64(index))
            if index % 2 == 0 { file.extra["tags"] = .object(["crc32c": "0\(index)".json, "none": .null]) }
            if index % 3 == 0 { file.stats = nil }
            if index % 4 == 0 { file.partitionValues = ["date": nil] }
            if index % 5 == 0 { file.extra["baseRowId"] = .integer(Int64(index)) }
            var actions: [DeltaAction] = [
                .add(file),
                .transaction(DeltaTransaction(appID: "app-\(index % 3)", version: Int64(index), lastUpdated: nil)),
            ]
            if index % 4 == 3 {
                let removed = try #require(try table.snapshot()?.files["date=2023-05-06/f\(index - 1).parquet"])
                actions.append(.remove(RemoveFile(removing: removed, at: clock.now, dataChange: true)))
            }
            try table.commit(DeltaChange(operation: "WRITE", baseVersion: Int64(index - 1), actions: actions))
        }
    }

    private func expectSame(_ left: DeltaSnapshot, _ right: DeltaSnapshot) {
        #expect(left.version == right.version)
        #expect(left.files == right.files)
        #expect(left.transactions == right.transactions)
        #expect(left.metadata == right.metadata)
        #expect(left.protocolVersion == right.protocolVersion)
        #expect(left.tombstones.keys.sorted() == right.tombstones.keys.sorted())
        #expect(left.tombstones.mapValues(\.deletionTimestamp) == right.tombstones.mapValues(\.deletionTimestamp))
    }

    @Test func checkpointsHoldWhatTheCommitsSaid() throws {
        try fill(makeTable(interval: 1000), 24)
        let replayed = try #require(try makeTable().snapshot())
        #expect(try makeTable().checkpoint() == 23)
        for version in 0..<24 { try store.delete(name(version)) }
        expectSame(try #require(try makeTable().snapshot()), replayed)
    }

    @Test func checkpointsAreWrittenEverySoManyCommits() throws {
        try fill(makeTable(interval: 5), 13)
        #expect(
            try store.list(prefix: "_delta_log/").filter { $0.key.hasSuffix("checkpoint.parquet") }.map(\.key)
                == [name(5, ".checkpoint.parquet"), name(10, ".checkpoint.parquet")])
        #expect(
            try String(decoding: store.get("_delta_log/_last_checkpoint"), as: UTF8.self).contains("\"version\":10"))
        // A reader begins at the newest and reads only what follows.
        let reads = Recorder()
        store.injectFault { call in
            if call.kind == .get, call.moment == .before { reads.append(call.key) }
        }
        let snapshot = try #require(try makeTable().snapshot())
        #expect(snapshot.version == 12)
        #expect(
            Set(reads.values) == ["_delta_log/_last_checkpoint", name(10, ".checkpoint.parquet"), name(11), name(12)])
        store.injectFault(nil)
        for version in 0..<13 { #expect(try makeTable().snapshot(version: Int64(version)).version == Int64(version)) }
    }

    @Test func theTablesOwnIntervalWins() throws {
        let table = makeTable(interval: 2)
        var metadata = makeMetadata(configuration: ["delta.checkpointInterval": "4"])
        metadata.id = "t"
        _ = try table.createIfMissing(metadata)
        try fill(table, 9)
        #expect(
            try store.list(prefix: "_delta_log/").filter { $0.key.hasSuffix("checkpoint.parquet") }.map(\.key)
                == [name(4, ".checkpoint.parquet"), name(8, ".checkpoint.parquet")])
    }

    @Test func aDamagedCheckpointOrHintIsPassedOver() throws {
        try fill(makeTable(interval: 5), 13)
        let right = try #require(try makeTable().snapshot())
        let whole = try store.get(name(10, ".checkpoint.parquet"))
        for damage in [[], Array(whole.prefix(whole.count / 2)), whole.map { $0 ^ 0x55 }] {
            try store.put(name(10, ".checkpoint.parquet"), damage)
            expectSame(try #require(try makeTable().snapshot()), right)
        }
        for hint in ["", "{", "{\"version\":3}", "{\"version\":-1}", "{\"version\":999}", "[]"] {
            try store.put("_delta_log/_last_checkpoint", Array(hint.utf8))
            expectSame(try #require(try makeTable().snapshot()), right)
        }
    }

    @Test func aDamagedCheckpointWithoutAnotherWayIsNamed() throws {
        try fill(makeTable(interval: 5), 8)
        for version in 0..<5 { try store.delete(name(version)) }
        let whole = try store.get(name(5, ".checkpoint.parquet"))
        try store.put(name(5, ".checkpoint.parquet"), Array(whole.dropLast(20)))
        let error = #expect(throws: DeltaError.self) { try makeTable().snapshot() }
        #expect(error?.code == .corrupt && error?.reason.contains(name(5, ".checkpoint.parquet")) == true)
    }

    @Test func flippedBytesOfACheckpointNeverCrash() throws {
        try fill(makeTable(interval: 1000), 12)
        try makeTable().checkpoint()
        for version in 0..<12 { try store.delete(name(version)) }
        let key = name(11, ".checkpoint.parquet")
        let whole = try store.get(key)
        var random = SeededRandomNumberGenerator(seed: 17)
        for _ in 0..<400 {
            var bytes = whole
            bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try store.put(key, bytes)
            do {
                _ = try makeTable().snapshot()
            } catch let error as DeltaError {
                #expect(error.code != .notFound)
            }
        }
    }

    @Test func aFailedCheckpointDoesNotFailTheCommit() throws {
        store.injectFault { call in
            if call.key.hasSuffix("checkpoint.parquet"), call.moment == .before {
                throw ObjectStoreError(.full, "no space left")
            }
        }
        try fill(makeTable(interval: 5), 8)
        #expect(try makeTable().snapshot()?.version == 7)
    }

    @Test func oldLogFilesGoWhenACheckpointCoversThem() throws {
        let table = makeTable(interval: 5)
        try fill(table, 13)
        // All of it is young: nothing goes.
        #expect(try table.cleanUpLog(keepingFrom: clock.now - 1) == 0)
        clock.advance(milliseconds: 40 * 86_400_000)
        try table.commit(DeltaChange(operation: "WRITE", baseVersion: 12, actions: [.add(makeFile("new"))]))
        let before = try #require(try makeTable().snapshot())
        #expect(try table.cleanUpLog(keepingFrom: clock.now - 30 * 86_400_000) > 0)
        let names = try store.list(prefix: "_delta_log/0").map(\.key)
        #expect(names == [name(10, ".checkpoint.parquet"), name(10), name(11), name(12), name(13)])
        let after = try #require(try makeTable().snapshot())
        #expect(after.files == before.files && after.version == 13)
        #expect(try makeTable().oldestVersion() == 10)
        #expect(try makeTable().snapshot(version: 11).version == 11)
        let error = #expect(throws: DeltaError.self) { try makeTable().snapshot(version: 9) }
        #expect(error?.code == .notFound && error?.reason.contains("not retained any more") == true)
    }

    @Test func checkpointsForgetExpiredTombstonesAndKeepFreshOnes() throws {
        try fill(makeTable(interval: 1000), 8)
        let old = try #require(try makeTable().snapshot()).tombstones.count
        #expect(old == 2)
        clock.advance(milliseconds: 8 * 86_400_000)
        let table = makeTable(interval: 1000)
        let file = makeFile("f4")
        var removed = RemoveFile(removing: file, at: clock.now, dataChange: false)
        removed.partitionValues = ["date": nil]
        try table.commit(DeltaChange(operation: "OPTIMIZE", baseVersion: 7, actions: [.remove(removed)]))
        try table.checkpoint()
        for version in 0..<9 { try store.delete(name(version)) }
        #expect(try makeTable().snapshot()?.tombstones.keys.sorted() == ["date=2023-05-06/f4.parquet"])
    }

    @Test func aSleeperWhoseCommitsWereCleanedUpBeginsAtTheCheckpoint() throws {
        let sleeper = makeTable()
        try fill(sleeper, 3)
        _ = try sleeper.snapshot()
        let table = makeTable(interval: 5)
        for index in 3..<13 {
            try table.commit(DeltaChange(operation: "WRITE", baseVersion: 2, actions: [.add(makeFile("g\(index)"))]))
        }
        for version in 0..<10 { try store.delete(name(version)) }
        for version in [5] { try store.delete(name(version, ".checkpoint.parquet")) }
        #expect(try sleeper.snapshot()?.version == 12)
        // The number after the sleeper's last version is free again, and must not be taken.
        let commit = try sleeper.commit(DeltaChange(operation: "WRITE", baseVersion: 2, actions: [.add(makeFile("h"))]))
        #expect(commit.version == 13)
    }
}

extension String {
    fileprivate var json: DeltaJSON { .string(self) }
}
