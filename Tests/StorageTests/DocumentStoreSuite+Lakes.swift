import Domain
import SQLite
import Storage
import TestSupport
import Testing

extension DocumentStoreSuite {
    private static func commit(_ lakeID: String?, _ version: Int64, _ plays: Int64 = 1) -> CommitPlays {
        CommitPlays(lakeID: lakeID, lakeVersion: version, plays: ["a": [.sample: plays]])
    }

    @Test(arguments: DocumentBackend.available) func playsOfAnotherLakeAreRefusedAndChangeNothing(
        _ backend: DocumentBackend
    ) throws {
        try backend.withStore { store throws in
            #expect(try store.countedLakeID() == nil)
            #expect(try store.applyPlays(Self.commit("one", 0), today: .sample))
            try store.setAppliedCommitsFloor(1)
            #expect(try store.countedLakeID() == "one")
            for version: Int64 in [0, 1] {
                let error = try #require(throws: StorageError.self) {
                    try store.applyPlays(Self.commit("two", version), today: .sample)
                }
                #expect(error.code == .invalid && error.reason.contains("segue lake recount"))
                #expect(error.reason.contains("one") && error.reason.contains("two"))
            }
            #expect(try store.countedLakeID() == "one")
            #expect(try store.appliedCommits(from: 0) == [])
            #expect(try store.songs(ids: ["a"]).first?.playsCumulative == 1)
            #expect(try store.applyPlays(Self.commit("one", 1), today: .sample))
        }
    }

    @Test(arguments: DocumentBackend.available) func recountReplacesCountsMarkersAndLake(_ backend: DocumentBackend)
        throws
    {
        try backend.withStore { store throws in
            try store.upsertSongs([Song(trackID: "a", title: "Known")])
            for version: Int64 in [0, 1, 2, 9] {
                let plays = ["a": [EventDay.sample: Int64(5)], "gone": [.sample: 1]]
                _ = try store.applyPlays(
                    CommitPlays(lakeID: "one", lakeVersion: version, plays: plays), today: .sample)
            }
            let all: [String: [EventDay: Int64]] = [
                "a": [.sample: 2, .sample.advanced(by: -6): 3, .sample.advanced(by: -40): 4], "new": [.sample: 1],
            ]
            let total = CommitPlays(lakeID: "two", lakeVersion: 6, plays: all)
            // Twice: one that was interrupted is done again.
            for _ in 0..<2 { try store.recount(total, today: .sample) }
            let songs = try store.songs(ids: ["a", "gone", "new"]).byID
            #expect(songs["a"] == Song(trackID: "a", title: "Known", playsLast7Days: 5, playsCumulative: 9))
            #expect(songs["gone"] == Song(trackID: "gone"))
            #expect(songs["new"] == Song(trackID: "new", playsLast7Days: 1, playsCumulative: 1))
            #expect(try store.countedLakeID() == "two")
            #expect(try store.appliedCommitsFloor() == 7 && store.appliedCommits(from: 0) == [])
            #expect(try !store.applyPlays(Self.commit("two", 6), today: .sample))
            #expect(try store.applyPlays(Self.commit("two", 9), today: .sample))
            // The day buckets are the new ones too.
            try store.refreshRecentPlays(today: .sample.advanced(by: 1))
            #expect(try store.songs(ids: ["a"]).first?.playsLast7Days == 3)
        }
    }

    @Test(arguments: DocumentBackend.available) func recountToNothingForgetsTheLake(_ backend: DocumentBackend) throws {
        try backend.withStore { store throws in
            #expect(try store.applyPlays(Self.commit("one", 3), today: .sample))
            try store.recount(CommitPlays(lakeVersion: -1, plays: [:]), today: .sample)
            #expect(try store.countedLakeID() == nil && store.appliedCommitsFloor() == 0)
            #expect(try store.songs(ids: ["a"]).first?.playsCumulative == 0)
            #expect(try store.applyPlays(Self.commit("two", 0), today: .sample))
        }
    }

    @Test func storeThatCountedBeforeLakesWereToldApartTakesTheNextOne() throws {
        try withTemporaryDirectory { folder in
            let path = folder.path("segue.db")
            let database = try Database(path: path)
            defer { database.close() }
            _ = try database.migrate("documents", SQLiteDocumentStore.migrationsOfVersion1)
            try database.execute("UPDATE ingest_floor SET version = 4; INSERT INTO ingest_commits VALUES (5)")
            let store = try SQLiteDocumentStore(path: path)
            defer { store.close() }
            try store.prepare()
            #expect(try store.countedLakeID() == nil)
            #expect(try store.appliedCommitsFloor() == 4 && store.appliedCommits(from: 0) == [5])
            #expect(try !store.applyPlays(Self.commit("one", 5), today: .sample))
            #expect(try store.applyPlays(Self.commit("one", 6), today: .sample))
            #expect(throws: StorageError.self) { try store.applyPlays(Self.commit("two", 7), today: .sample) }
        }
    }
}
