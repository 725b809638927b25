import Domain
import Foundation
import SQLite
import Storage
import TestSupport
import Testing

/// What only the SQLite store has: files that are damaged, full, of another version, or of two processes.
@Suite struct DocumentStoreSQLiteTests {
    private func withStore(_ body: (SQLiteDocumentStore, String) throws -> Void) throws {
        try withTemporaryDirectory { folder in
            let path = folder.path("segue.db")
            let store = try SQLiteDocumentStore(path: path)
            defer { store.close() }
            try store.prepare()
            try body(store, path)
        }
    }

    @Test func writesOfManyTransactionsAreWhole() throws {
        try withStore { store, _ throws in
            try store.upsertSongs((0..<12_345).map { Song(trackID: "t\($0)") })
            #expect(try store.songCount() == 12_345)
            try store.upsertUserVectors((0..<12_345).map { ("u\($0)", [Float($0)]) }, modelVersion: "v", at: 1)
            #expect(try store.userCount() == 12_345)
            #expect(try store.user(id: "u12344")?.vector?.values == [12_344])
        }
    }

    @Test func fullDiskIsToldAndChangesNothing() throws {
        try withStore { store, path throws in
            #expect(try store.applyPlays(CommitPlays(lakeVersion: 0, plays: ["a": [.sample: 1]]), today: .sample))
            // The limit is the connection's, so it must be set on the store's own.
            try store.limitPages(to: 60)
            let many = Dictionary(uniqueKeysWithValues: (0..<20_000).map { ("t\($0)", [EventDay.sample: Int64(1)]) })
            let error = try #require(throws: StorageError.self) {
                try store.applyPlays(CommitPlays(lakeVersion: 1, plays: many), today: .sample)
            }
            #expect(error.code == .full && error.isRetriable && error.reason.contains(path))
            #expect(try store.songCount() == 1 && store.appliedCommits(from: 0) == [0])
            try store.limitPages(to: 1_000_000)
            #expect(try store.applyPlays(CommitPlays(lakeVersion: 1, plays: many), today: .sample))
        }
    }

    @Test func fileThatIsNoDatabaseIsCorrupt() throws {
        try withTemporaryDirectory { folder in
            let path = try folder.write("segue.db", String(repeating: "no database ", count: 1000))
            let error = try #require(throws: StorageError.self) { _ = try DocumentStores.open(uri: "sqlite:\(path)") }
            #expect(error.code == .corrupt && error.reason.contains(path))
        }
    }

    @Test func storeThatWasNotPreparedSaysSo() throws {
        try withTemporaryDirectory { folder in
            let store = try SQLiteDocumentStore(path: folder.path("segue.db"))
            defer { store.close() }
            let error = try #require(throws: StorageError.self) { try store.checkHealth() }
            #expect(error.code == .invalid && error.reason.contains("prepare"))
        }
    }

    @Test func storeOfANewerProgramIsRefused() throws {
        try withStore { store, path throws in
            let database = try Database(path: path)
            defer { database.close() }
            try database.execute("UPDATE schema_versions SET version = 99")
            #expect(
                try #require(throws: StorageError.self) { try store.prepare() }.reason.contains("update the program"))
            #expect(throws: StorageError.self) { try store.checkHealth() }
        }
    }

    @Test func writerElsewhereDoesNotStopReaders() throws {
        try withStore { store, path throws in
            try store.upsertSongs([Song(trackID: "t")])
            let other = try Database(path: path)
            defer { other.close() }
            try other.withTransaction { connection throws in
                try connection.run("UPDATE songs SET title = 'unseen'")
                #expect(try store.songs(ids: ["t"]) == [Song(trackID: "t")])
            }
            #expect(try store.songs(ids: ["t"]) == [Song(trackID: "t", title: "unseen")])
        }
    }

    @Test func vectorOfHalfANumberIsCorrupt() throws {
        try withStore { store, path throws in
            try store.upsertUserVectors([("u", [1, 2])], modelVersion: "v", at: 1)
            let database = try Database(path: path)
            defer { database.close() }
            try database.execute("UPDATE users SET latent_vector = x'0102030405'")
            let error = try #require(throws: StorageError.self) { try store.user(id: "u") }
            #expect(error.code == .corrupt && error.reason.contains("user u"))
            #expect(throws: StorageError.self) { try store.forEachUserVector(modelVersion: "v") { _, _ in } }
        }
    }
}
