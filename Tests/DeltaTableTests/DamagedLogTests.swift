import DeltaTable
import ObjectStore
import TestSupport
import Testing

struct DamagedLogTests {
    private let store = MemoryObjectStore()

    private func key(_ version: Int) -> String { "_delta_log/0000000000000000000\(version).json" }

    /// A table of four commits.
    private func makeTable() throws {
        let table = DeltaTable(store: store)
        _ = try table.createIfMissing(makeMetadata())
        for name in ["a", "b", "c"] {
            let base = try #require(try table.snapshot())
            try table.commit(
                DeltaChange(
                    operation: "WRITE", baseVersion: base.version,
                    actions: [
                        .transaction(DeltaTransaction(appID: "app", version: base.version)), .add(makeFile(name)),
                    ]))
        }
    }

    @Test func everyTruncationOfACommitIsAnErrorThatNamesFileAndLineOrTheRightData() throws {
        try makeTable()
        let whole = try store.get(key(2))
        let right = try #require(try DeltaTable(store: store).snapshot())
        for length in 0..<whole.count {
            try store.put(key(2), Array(whole[..<length]))
            do {
                let snapshot = try #require(try DeltaTable(store: store).snapshot())
                #expect(snapshot.files == right.files && snapshot.transactions == right.transactions, "\(length)")
                // Only the last newline may be missing.
                #expect(length == whole.count - 1)
            } catch let error as DeltaError {
                #expect(error.code == .corrupt)
                #expect(error.reason.contains(key(2)) && error.reason.contains("line"), "\(error)")
            }
        }
    }

    @Test func flippedBytesOfACommitNeverCrashAndNeverChangeData() throws {
        try makeTable()
        let whole = try store.get(key(2))
        let right = try #require(try DeltaTable(store: store).snapshot())
        var random = SeededRandomNumberGenerator(seed: 3)
        for _ in 0..<20_000 {
            var bytes = whole
            bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            try store.put(key(2), bytes)
            do {
                let snapshot = try #require(try DeltaTable(store: store).snapshot())
                #expect(snapshot.files == right.files && snapshot.transactions == right.transactions)
            } catch let error as DeltaError {
                #expect(error.code == .corrupt)
            }
        }
    }

    @Test func aMissingCommitIsNamed() throws {
        try makeTable()
        try store.delete(key(2))
        let error = #expect(throws: DeltaError.self) { try DeltaTable(store: store).snapshot() }
        #expect(error?.code == .corrupt && error?.reason.contains(key(2)) == true)
    }

    @Test func aMissingFirstCommitIsNamed() throws {
        try makeTable()
        try store.delete(key(0))
        let error = #expect(throws: DeltaError.self) { try DeltaTable(store: store).snapshot() }
        #expect(error?.code == .corrupt && error?.reason.contains(key(0)) == true)
    }

    @Test(arguments: [
        #"{"add":{"path":1}}"#, #"{"add":{"partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}"#,
        #"{"add":{"path":"a","partitionValues":{},"size":-1,"modificationTime":1,"dataChange":true}}"#,
        #"{"txn":{"appId":"a","version":"1"}}"#, #"{"remove":{"path":"a"}}"#, #"{"protocol":{}}"#, "[]", "1", "{}",
        #"{"add":{},"remove":{}}"#,
    ])
    func aLineThatIsNoActionIsNamed(line: String) throws {
        try makeTable()
        try store.put(key(4), Array("{\"commitInfo\":{}}\n\(line)\n".utf8))
        let error = #expect(throws: DeltaError.self) { try DeltaTable(store: store).snapshot() }
        #expect(error?.code == .corrupt)
        #expect(error?.reason.contains("\(key(4)) line 2") == true, "\(String(describing: error))")
    }

    @Test func unknownActionsAndFieldsAreReadOver() throws {
        try makeTable()
        try store.put(
            key(4),
            Array(
                """
                {"commitInfo":{"timestamp":99,"engineInfo":"another"}}
                {"domainMetadata":{"domain":"d","configuration":"{}","removed":false}}
                {"somethingNew":[1,2]}

                {"add":{"path":"x.parquet","partitionValues":{"date":null},"size":1,"modificationTime":2,"dataChange":true,\
                "tags":{"k":"v"},"baseRowId":7,"newField":{"a":[null]}}}
                """.utf8))
        let table = DeltaTable(store: store)
        let snapshot = try #require(try table.snapshot())
        let file = try #require(snapshot.files["x.parquet"])
        #expect(snapshot.timestamp == 99)
        #expect(file.partitionValues == ["date": nil])
        #expect(file.extra["baseRowId"] == .integer(7))
        #expect(file.extra["newField"]?.text == #"{"a":[null]}"#)
        let commit = try table.commit(version: 4)
        #expect(commit.actions.count == 4)
        #expect(commit.actions[2] == .unknown(name: "somethingNew", value: .array([.integer(1), .integer(2)])))
        // What was read survives being written again.
        try table.commit(DeltaChange(operation: "WRITE", baseVersion: 4, actions: [commit.actions[1]]))
        #expect(try table.commit(version: 5).actions[1] == commit.actions[1])
    }

    @Test(arguments: [
        ("readerFeatures", "deletionVectors"), ("readerFeatures", "v2Checkpoint"), ("readerFeatures", "futureThing"),
    ])
    func unknownReaderFeaturesAreRefusedByName(field: String, feature: String) throws {
        try makeTable()
        try store.put(
            key(4),
            Array(
                #"{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"\#(field)":["\#(feature)"],"writerFeatures":[]}}"#
                    .utf8))
        let error = #expect(throws: DeltaError.self) { try DeltaTable(store: store).snapshot() }
        #expect(error?.code == .unsupported && error?.reason.contains(feature) == true)
    }

    @Test func unknownWriterFeaturesForbidWritingOnly() throws {
        try makeTable()
        try store.put(
            key(4),
            Array(
                #"{"protocol":{"minReaderVersion":1,"minWriterVersion":7,"writerFeatures":["rowTracking"]}}"#.utf8))
        let table = DeltaTable(store: store)
        #expect(try table.snapshot()?.files.count == 3)
        let error = #expect(throws: DeltaError.self) {
            try table.commit(DeltaChange(operation: "WRITE", baseVersion: 4, actions: [.add(makeFile("n"))]))
        }
        #expect(error?.code == .unsupported && error?.reason.contains("rowTracking") == true)
    }
}
