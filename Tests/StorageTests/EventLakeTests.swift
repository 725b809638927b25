import DeltaTable
import Domain
import ObjectStore
import ServiceKit
import Storage
import TestSupport
import Testing

struct EventLakeTests {
    @Test func passesTheSharedSuiteInAFolder() throws {
        try withTemporaryDirectory { folder in
            let uri = "file:\(folder.path("lake"))"
            try EventLakeSuite(
                lake: try EventLakes.open(uri: uri), other: try EventLakes.open(uri: folder.path("lake"))
            )
            .run()
        }
    }

    @Test func passesTheSharedSuiteInMemory() throws {
        let name = "memory:suite-\(DeltaChange.makeToken())"
        try EventLakeSuite(lake: try EventLakes.open(uri: name), other: try EventLakes.open(uri: name)).run()
    }

    /// On moto, a server from PyPI that speaks S3; skipped where `moto_server` is not installed (scripts/setup does).
    @Test(.enabled(if: ServerProcess.executable(named: "moto_server") != nil, "moto_server is missing"))
    func passesTheSharedSuiteInABucket() throws {
        let executable = try #require(ServerProcess.executable(named: "moto_server"))
        let server = try ServerProcess(executable) { port, _ in ["-H", "127.0.0.1", "-p", "\(port)"] }
        defer { server.kill() }
        let store = S3ObjectStore(
            S3Configuration(
                bucket: "datalake", prefix: "raw/logs", endpoint: "http://127.0.0.1:\(server.port)",
                credentials: S3Credentials(accessKeyID: "test", secretAccessKey: "test")))
        try store.createBucketIfMissing()
        try EventLakeSuite(lake: DeltaEventLake(store: store), other: DeltaEventLake(store: store)).run()
    }

    @Test(arguments: ["", "file:", "s3://", "s3://lake?x=y", "http://x", "kafka://x", "file://host/lake"])
    func otherAddressesAreRefusedWithAnExample(uri: String) throws {
        let error = #expect(throws: StorageError.self) { try EventLakes.open(uri: uri) }
        #expect(error?.code == .invalid)
        #expect(error?.reason.contains("file:") == true || error?.reason.contains("s3://BUCKET") == true)
    }

    private func append(_ lake: DeltaEventLake, _ indices: Range<Int>, at position: Int64 = 0) throws -> LakeCommit {
        try lake.append(
            EventLakeSuite.batches(indices.map { EventLakeSuite.event($0) }), topic: "t", from: [0: position],
            to: [0: position + Int64(indices.count)]
        ) {}
    }

    @Test func rowGroupsAreHandedOverOneByOne() throws {
        var options = DeltaEventLake.Options()
        options.rowGroupRowCount = 30
        let lake = DeltaEventLake(store: MemoryObjectStore(), options: options)
        _ = try append(lake, 0..<100)
        var counts: [Int] = []
        try lake.read(days: EventLakeSuite.monday...EventLakeSuite.monday, columns: [.timestamp], version: nil) {
            counts.append($1.count)
        }
        #expect(counts == [30, 30, 30, 10])
        #expect(try EventLakeSuite.events(lake) == (0..<100).map { EventLakeSuite.event($0) })
    }

    @Test func fullDiskLeavesNeitherCommitNorFiles() throws {
        let store = MemoryObjectStore()
        let lake = DeltaEventLake(store: store)
        _ = try append(lake, 0..<10)
        store.injectFault { call in
            if call.kind == .put, call.moment == .before, call.key.hasPrefix("date=2023-05-02") {
                throw ObjectStoreError(.full, "no space left")
            }
        }
        let events = (10..<20).map {
            EventLakeSuite.event($0, day: $0 < 15 ? EventLakeSuite.monday : EventLakeSuite.tuesday)
        }
        let error = #expect(throws: StorageError.self) {
            try lake.append(EventLakeSuite.batches(events), topic: "t", from: [0: 10], to: [0: 20]) {}
        }
        #expect(error?.code == .full && error?.isRetriable == true)
        #expect(try store.list(prefix: "date=").count == 1)
        store.injectFault(nil)
        _ = try lake.append(EventLakeSuite.batches(events), topic: "t", from: [0: 10], to: [0: 20]) {}
        #expect(try EventLakeSuite.events(lake).count == 20)
    }

    @Test func aLostReplyOfTheCommitIsNotWrittenTwice() throws {
        let store = MemoryObjectStore()
        let lake = DeltaEventLake(store: store)
        _ = try append(lake, 0..<10)
        let lost = Once()
        store.injectFault { call in
            if call.kind == .putIfAbsent, call.moment == .after, lost.take() {
                throw ObjectStoreError(.unavailable, "timed out")
            }
        }
        let commit = try append(lake, 10..<20, at: 10)
        #expect(commit.version == 2 && commit.rowCount == 10)
        #expect(try EventLakeSuite.events(lake).count == 20)
        #expect(try store.list(prefix: "date=").count == 2)
    }

    @Test func anErrorBeforeTheCommitCommitsNothing() throws {
        let lake = DeltaEventLake(store: MemoryObjectStore())
        struct Crash: Error {}
        #expect(throws: Crash.self) {
            try lake.append(EventLakeSuite.batches([EventLakeSuite.event(1)]), topic: "t", from: [:], to: [0: 1]) {
                throw Crash()
            }
        }
        #expect(try lake.positions(topic: "t").isEmpty)
        #expect(try lake.days().isEmpty)
    }

    @Test func aMissingDataFileIsNamed() throws {
        let store = MemoryObjectStore()
        let lake = DeltaEventLake(store: store)
        let commit = try append(lake, 0..<10)
        let file = try #require(try store.list(prefix: "date=").first)
        try store.delete(file.key)
        for body in [{ _ = try EventLakeSuite.events(lake) }, { _ = try lake.plays(ofCommit: commit.version) }] {
            let error = #expect(throws: StorageError.self) { try body() }
            #expect(error?.code == .corrupt && error?.reason.contains(file.key) == true)
        }
    }

    @Test func aTableOfAnotherShapeIsRefused() throws {
        let store = MemoryObjectStore()
        let schema = DeltaSchema([.init("user_id", "string"), .init("date", "date")])
        _ = try DeltaTable(store: store).createIfMissing(
            DeltaMetadata(id: "x", schemaString: schema.schemaString, partitionColumns: ["date"]))
        let lake = DeltaEventLake(store: store)
        for body in [
            { try lake.checkHealth() }, { _ = try append(lake, 0..<1) }, { _ = try EventLakeSuite.events(lake) },
        ] {
            let error = #expect(throws: StorageError.self) { try body() }
            #expect(error?.code == .invalid && error?.reason.contains("track_id") == true)
        }
    }

    @Test func statisticsAndChecksumsStandInTheLog() throws {
        let store = MemoryObjectStore()
        let lake = DeltaEventLake(store: store)
        _ = try append(lake, 3..<20)
        let file = try #require(try lake.table.snapshot()?.files.values.first)
        let statistics = try #require(file.stats.flatMap(DeltaStatistics.init(text:)))
        #expect(statistics.numRecords == 17)
        #expect(
            statistics.minValues["user_id"] == .string("user-0") && statistics.maxValues["user_id"] == .string("user-6")
        )
        #expect(
            statistics.minValues["track_id"] == .string("track-é-0")
                && statistics.maxValues["track_id"] == .string("track-é-9"))
        #expect(statistics.minValues["duration"] == .integer(3) && statistics.maxValues["duration"] == .integer(19))
        #expect(
            statistics.minValues["action"] == .string("complete") && statistics.maxValues["action"] == .string("skip"))
        #expect(statistics.nullCount["source"] == .integer(0))
        let bytes = try store.get(try file.objectKey)
        let crc = CRC32C.checksum(bytes)
        #expect(file.extra["tags"]?.objectValue?["crc32c"]?.stringValue.flatMap { UInt32($0, radix: 16) } == crc)
        #expect(Int64(bytes.count) == file.byteCount)
    }
}
