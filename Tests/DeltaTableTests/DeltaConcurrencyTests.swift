import DeltaTable
import Foundation
import ObjectStore
import Synchronization
import TestSupport
import Testing

struct DeltaConcurrencyTests {
    private let store = MemoryObjectStore()

    /// A change that brings `app` from `from` to `to` and adds a file.
    private func advance(_ table: DeltaTable, app: String, from: Int64?, to: Int64, file: String) throws -> DeltaChange
    {
        let base = try #require(try table.snapshot())
        return DeltaChange(
            operation: "STREAMING UPDATE", baseVersion: base.version,
            actions: [.transaction(DeltaTransaction(appID: app, version: to)), .add(makeFile(file))],
            expectedTransactions: [app: from], tableID: base.metadata.id)
    }

    @Test func aWriterWhoseTransactionWasAdvancedIsTurnedAway() throws {
        let first = DeltaTable(store: store)
        _ = try first.createIfMissing(makeMetadata())
        let second = DeltaTable(store: store)
        let zombie = try advance(first, app: "p0", from: nil, to: 10, file: "zombie")
        let owner = try advance(second, app: "p0", from: nil, to: 7, file: "owner")
        #expect(try second.commit(owner).version == 1)
        let error = #expect(throws: DeltaError.self) { try first.commit(zombie) }
        #expect(error?.code == .conflict(.transaction(appID: "p0")))
        let snapshot = try #require(try first.snapshot())
        #expect(snapshot.version == 1 && snapshot.transactions["p0"]?.version == 7 && snapshot.files.count == 1)
    }

    @Test func writersOfDifferentTransactionsBothCommit() throws {
        let first = DeltaTable(store: store)
        _ = try first.createIfMissing(makeMetadata())
        let second = DeltaTable(store: store)
        let one = try advance(first, app: "p0", from: nil, to: 10, file: "one")
        let two = try advance(second, app: "p1", from: nil, to: 20, file: "two")
        #expect(try second.commit(two).version == 1)
        #expect(try first.commit(one).version == 2)
        #expect(try first.snapshot()?.transactions.mapValues(\.version) == ["p0": 10, "p1": 20])
    }

    @Test func aLostReplyIsRecognisedAsOwnCommit() throws {
        let table = DeltaTable(store: store)
        _ = try table.createIfMissing(makeMetadata())
        let change = try advance(table, app: "p0", from: nil, to: 3, file: "a")
        store.injectFault { call in
            if call.kind == .putIfAbsent, call.moment == .after { throw ObjectStoreError(.unavailable, "timed out") }
        }
        let error = #expect(throws: ObjectStoreError.self) { try table.commit(change) }
        #expect(error?.isRetriable == true)
        store.injectFault(nil)
        // Another writer's commit on top does not hide it.
        let other = DeltaTable(store: store)
        try other.commit(try advance(other, app: "p1", from: nil, to: 1, file: "b"))
        #expect(try table.commit(change).version == 1)
        #expect(try table.snapshot()?.version == 2)
        #expect(try table.snapshot()?.files.count == 2)
    }

    @Test func aRequestThatNeverArrivedIsCommittedByTheRetry() throws {
        let table = DeltaTable(store: store)
        _ = try table.createIfMissing(makeMetadata())
        let change = try advance(table, app: "p0", from: nil, to: 3, file: "a")
        store.injectFault { call in
            if call.kind == .putIfAbsent, call.moment == .before { throw ObjectStoreError(.unavailable, "down") }
        }
        #expect(throws: ObjectStoreError.self) { try table.commit(change) }
        store.injectFault(nil)
        #expect(try table.commit(change).version == 1)
    }

    @Test func aFileIsRemovedOnce() throws {
        let first = DeltaTable(store: store)
        _ = try first.createIfMissing(makeMetadata())
        try first.commit(DeltaChange(operation: "WRITE", baseVersion: 0, actions: [.add(makeFile("a"))]))
        let remove = RemoveFile(removing: makeFile("a"), at: 1, dataChange: false)
        let second = DeltaTable(store: store)
        let one = DeltaChange(operation: "OPTIMIZE", baseVersion: 1, actions: [.remove(remove), .add(makeFile("b"))])
        let two = DeltaChange(operation: "OPTIMIZE", baseVersion: 1, actions: [.remove(remove), .add(makeFile("c"))])
        try first.commit(one)
        let error = #expect(throws: DeltaError.self) { try second.commit(two) }
        #expect(error?.code == .conflict(.fileRemoved(path: "date=2023-05-06/a.parquet")))
        #expect(try second.snapshot()?.files.keys.sorted() == ["date=2023-05-06/b.parquet"])
    }

    @Test func aReplacedTableIsAConflict() throws {
        let table = DeltaTable(store: store)
        _ = try table.createIfMissing(makeMetadata())
        let change = DeltaChange(operation: "WRITE", baseVersion: 0, actions: [.add(makeFile("a"))], tableID: "another")
        let error = #expect(throws: DeltaError.self) { try table.commit(change) }
        #expect(error?.code == .conflict(.metadata))
    }

    @Test func manyWritersOnAFolderLoseNothing() throws {
        try withTemporaryDirectory { folder in
            let store = LocalObjectStore(root: folder.path)
            let group = DispatchGroup()
            let failures = Mutex<[String]>([])
            for writer in 0..<6 {
                group.enter()
                Thread {
                    defer { group.leave() }
                    do {
                        let table = DeltaTable(store: store)
                        _ = try table.createIfMissing(makeMetadata())
                        for round in 0..<15 {
                            try table.commit(
                                try advance(
                                    table, app: "p\(writer)", from: round == 0 ? nil : Int64(round - 1),
                                    to: Int64(round),
                                    file: "\(writer)-\(round)"))
                        }
                    } catch {
                        failures.withLock { $0.append("\(error)") }
                    }
                }.start()
            }
            group.wait()
            #expect(failures.withLock { $0 } == [])
            let snapshot = try #require(try DeltaTable(store: store).snapshot())
            #expect(snapshot.version == 90 && snapshot.files.count == 90)
            #expect(snapshot.transactions.values.map(\.version) == Array(repeating: 14, count: 6))
        }
    }
}
