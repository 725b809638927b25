import DeltaTable
import ObjectStore
import ServiceKit
import Testing

/// A table of one string column, partitioned by `date`.
func makeMetadata(configuration: [String: String] = [:]) -> DeltaMetadata {
    let schema = DeltaSchema([.init("date", "date"), .init("name", "string")])
    return DeltaMetadata(
        id: "table-1", schemaString: schema.schemaString, partitionColumns: ["date"], configuration: configuration,
        createdTime: 5)
}

func makeFile(_ name: String, rows: Int64 = 1, dataChange: Bool = true) -> AddFile {
    AddFile(
        path: "date=2023-05-06/\(name).parquet", partitionValues: ["date": "2023-05-06"], byteCount: 100,
        modificationTime: 7, dataChange: dataChange, stats: DeltaStatistics(numRecords: rows).text)
}

struct DeltaTableTests {
    private let store = MemoryObjectStore(clock: ManualWallClock(1000))

    private func makeTable() -> DeltaTable {
        var options = DeltaTable.Options()
        options.clock = ManualWallClock(123_456)
        return DeltaTable(store: store, options: options)
    }

    private func append(_ name: String, to table: DeltaTable) throws -> DeltaCommit {
        let base = try #require(try table.snapshot())
        return try table.commit(
            DeltaChange(operation: "WRITE", baseVersion: base.version, actions: [.add(makeFile(name))]))
    }

    @Test func anEmptyFolderIsNoTable() throws {
        let table = makeTable()
        #expect(try table.snapshot() == nil)
        #expect(try table.oldestVersion() == nil)
        let error = #expect(throws: DeltaError.self) {
            try table.commit(DeltaChange(operation: "WRITE", baseVersion: -1))
        }
        #expect(error?.code == .notFound)
    }

    @Test func aTableIsMadeOnceAndKeepsItsMetadata() throws {
        let made = try makeTable().createIfMissing(makeMetadata(configuration: ["delta.appendOnly": "false"]))
        #expect(made.version == 0)
        var other = makeMetadata()
        other.id = "table-2"
        let found = try makeTable().createIfMissing(other)
        #expect(found.metadata == makeMetadata(configuration: ["delta.appendOnly": "false"]))
        #expect(found.protocolVersion == DeltaProtocol(minReaderVersion: 1, minWriterVersion: 2))
        #expect(found.timestamp == 123_456)
        #expect(try DeltaSchema(schemaString: found.metadata.schemaString).type(of: "name") == "string")
    }

    @Test func addsRemovesAndTransactionsAreReplayed() throws {
        let table = makeTable()
        _ = try table.createIfMissing(makeMetadata())
        _ = try append("a", to: table)
        _ = try append("b", to: table)
        try table.commit(
            DeltaChange(
                operation: "OPTIMIZE", baseVersion: 2,
                actions: [
                    .transaction(DeltaTransaction(appID: "app", version: 41, lastUpdated: 9)),
                    .remove(RemoveFile(removing: makeFile("a"), at: 77, dataChange: false)),
                    .add(makeFile("c", rows: 5, dataChange: false)),
                ]))
        for table in [table, makeTable()] {
            let snapshot = try #require(try table.snapshot())
            #expect(snapshot.version == 3)
            #expect(snapshot.files.keys.sorted() == ["date=2023-05-06/b.parquet", "date=2023-05-06/c.parquet"])
            #expect(snapshot.rowCount == 6)
            #expect(snapshot.transactions["app"] == DeltaTransaction(appID: "app", version: 41, lastUpdated: 9))
            let tombstone = try #require(snapshot.tombstones["date=2023-05-06/a.parquet"])
            #expect(tombstone == RemoveFile(removing: makeFile("a"), at: 77, dataChange: false))
            #expect(snapshot.tombstones.count == 1)
        }
        #expect(try table.commit(version: 3).changesData == false)
        #expect(try table.commit(version: 2).changesData)
    }

    @Test func timeTravelGivesOldVersions() throws {
        let table = makeTable()
        _ = try table.createIfMissing(makeMetadata())
        for name in ["a", "b", "c"] { _ = try append(name, to: table) }
        #expect(try table.snapshot(version: 1).files.count == 1)
        #expect(try table.snapshot(version: 2).files.count == 2)
        #expect(try table.snapshot(version: 3).files.count == 3)
        let error = #expect(throws: DeltaError.self) { try table.snapshot(version: 4) }
        #expect(error?.code == .notFound)
        var versions: [Int64] = []
        try table.forEachCommit(after: 0) { commit in
            versions.append(commit.version)
            return versions.count < 2
        }
        #expect(versions == [1, 2])
    }

    @Test func twoTablesSeeEachOthersCommits() throws {
        let first = makeTable()
        let second = makeTable()
        _ = try first.createIfMissing(makeMetadata())
        #expect(try append("a", to: first).version == 1)
        #expect(try append("b", to: second).version == 2)
        #expect(try append("c", to: first).version == 3)
        #expect(try second.snapshot()?.files.count == 3)
    }

    @Test func onlyNewCommitsAreReadAgain() throws {
        let table = makeTable()
        _ = try table.createIfMissing(makeMetadata())
        for name in ["a", "b"] { _ = try append(name, to: table) }
        _ = try table.snapshot()
        let reader = makeTable()
        _ = try reader.snapshot()
        _ = try append("c", to: table)
        let reads = Recorder()
        store.injectFault { call in
            if call.kind == .get, call.moment == .before { reads.append(call.key) }
        }
        #expect(try reader.snapshot()?.version == 3)
        #expect(reads.values == ["_delta_log/00000000000000000003.json"])
        #expect(try reader.snapshot()?.version == 3)
        #expect(reads.values.count == 1)
    }

    @Test func pathsArePercentEncodedInTheLog() throws {
        let file = AddFile(
            path: "date=2023-05-06/a%20b%C3%A9.parquet", partitionValues: ["date": nil], byteCount: 1,
            modificationTime: 1)
        #expect(try file.objectKey == "date=2023-05-06/a bé.parquet")
        for path in ["/etc/passwd", "s3://bucket/a", "file:/a", "a%2", "a%zz", "%ff"] {
            var bad = file
            bad.path = path
            #expect(throws: DeltaError.self, "\(path)") { try bad.objectKey }
        }
    }

    @Test func stringBoundsAreCutSoThatTheyStillBound() throws {
        var statistics = DeltaStatistics(numRecords: 2)
        statistics.setBounds(of: "short", min: "a", max: "z")
        let long = String(repeating: "é", count: 40)
        statistics.setBounds(of: "long", min: long, max: long)
        let top = String(repeating: "\u{10FFFF}", count: 40)
        statistics.setBounds(of: "top", min: top, max: top)
        #expect(statistics.minValues["short"] == .string("a") && statistics.maxValues["short"] == .string("z"))
        #expect(statistics.minValues["long"] == .string(String(repeating: "é", count: 32)))
        #expect(statistics.maxValues["long"] == .string(String(repeating: "é", count: 31) + "ê"))
        #expect(statistics.maxValues["top"] == nil)
        #expect(DeltaStatistics(text: statistics.text) == statistics)
        #expect(DeltaStatistics(text: "{}") == nil && DeltaStatistics(text: "[") == nil)
    }
}
