import Domain
import Storage
import TestSupport
import Testing

/// What every document store does, run against each backend.
@Suite struct DocumentStoreSuite {
    // MARK: songs

    @Test(arguments: DocumentBackend.available) func songsComeBackWhole(_ backend: DocumentBackend) throws {
        try backend.withStore { store throws in
            let whole = Song(
                trackID: "t1", title: "Svefn-g-englar 🎧", artist: "Sigur Rós", artistID: "a1",
                durationMilliseconds: 604_000, imageURL: "https://x/1.jpg", url: "https://x/1",
                releaseDate: EventDay("1999-06-12"))
            let bare = Song(trackID: "t'2\"; DROP TABLE songs")
            try store.upsertSongs([whole, bare])
            let back = try store.songs(ids: ["t1", bare.trackID, "nobody", "t1"]).byID
            #expect(back == ["t1": whole, bare.trackID: bare])
            #expect(try store.songs(ids: []) == [])
            #expect(try store.songCount() == 2)
        }
    }

    @Test(arguments: DocumentBackend.available)
    func upsertFillsInAndReplacesButNeitherErasesNorTouchesCounts(_ backend: DocumentBackend) throws {
        try backend.withStore { store throws in
            try store.upsertSongs([Song(trackID: "t", title: "Old", artist: "A", durationMilliseconds: 1)])
            _ = try store.applyPlays(CommitPlays(lakeVersion: 0, plays: ["t": [.sample: 3]]), today: .sample)
            try store.upsertSongs([
                Song(trackID: "t", title: "New", url: "u", playsLast7Days: 99, playsCumulative: 99)
            ])
            let song = try #require(try store.songs(ids: ["t"]).first)
            #expect(
                song
                    == Song(
                        trackID: "t", title: "New", artist: "A", durationMilliseconds: 1, url: "u", playsLast7Days: 3,
                        playsCumulative: 3))
        }
    }

    @Test(arguments: DocumentBackend.available) func sameSongTwiceInOneCallIsMerged(_ backend: DocumentBackend) throws {
        try backend.withStore { store throws in
            try store.upsertSongs([Song(trackID: "t", title: "One"), Song(trackID: "t", title: "Two", artist: "A")])
            #expect(try store.songs(ids: ["t"]) == [Song(trackID: "t", title: "Two", artist: "A")])
            #expect(try store.songCount() == 1)
        }
    }

    @Test(arguments: DocumentBackend.available) func pagesWalkTheWholeCatalogueInOrder(_ backend: DocumentBackend)
        throws
    {
        try backend.withStore { store throws in
            let ids = (0..<25).map { "t\($0 * 7 % 25)" } + ["é", "Z", "日本"]
            try store.upsertSongs(ids.map { Song(trackID: $0) })
            var walked: [String] = []
            var cursor: String?
            while true {
                let page = try store.songs(after: cursor, limit: 4)
                guard let last = page.last else { break }
                #expect(page.count <= 4)
                walked += page.map(\.trackID)
                cursor = last.trackID
            }
            // By bytes of UTF-8, not by Swift's canonical order.
            #expect(walked == ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
            #expect(try store.songs(after: nil, limit: 0) == [])
        }
    }

    @Test(arguments: DocumentBackend.available) func everySongIsVisitedOnceAndABodyMayThrow(_ backend: DocumentBackend)
        throws
    {
        try backend.withStore { store throws in
            try store.upsertSongs((0..<2_345).map { Song(trackID: "t\($0)", title: "Title \($0)") })
            var seen: [String: Int] = [:]
            try store.forEachSong { seen[$0.trackID, default: 0] += 1 }
            #expect(seen.count == 2_345 && seen.values.allSatisfy { $0 == 1 })
            var visited = 0
            #expect(throws: CancellationError.self) {
                try store.forEachSong { _ in
                    visited += 1
                    if visited == 3 { throw CancellationError() }
                }
            }
            #expect(visited == 3)
            #expect(try store.songCount() == 2_345)
        }
    }

    @Test(arguments: DocumentBackend.available)
    func bodyMayUseTheStoreWhileItVisits(_ backend: DocumentBackend) throws {
        try backend.withStore { store throws in
            try store.upsertSongs((0..<50).map { Song(trackID: "t\($0)") })
            var found = 0
            try store.forEachSong { song in
                found += try store.songs(ids: [song.trackID]).count
                try store.upsertSongs([Song(trackID: song.trackID, title: "seen")])
            }
            #expect(found == 50)
            #expect(try store.songs(after: nil, limit: 100).allSatisfy { $0.title == "seen" })
        }
    }

    @Test(arguments: DocumentBackend.available) func popularSongsAreThePlayedOnesBestFirst(_ backend: DocumentBackend)
        throws
    {
        try backend.withStore { store throws in
            try store.upsertSongs([Song(trackID: "unplayed")])
            let old = EventDay.sample.advanced(by: -30)
            let plays: [String: [EventDay: Int64]] = [
                "a": [.sample: 5], "b": [.sample: 7, old: 1], "c": [.sample: 5], "d": [old: 100],
            ]
            _ = try store.applyPlays(CommitPlays(lakeVersion: 0, plays: plays), today: .sample)
            #expect(try store.popularSongs(window: .last7Days, limit: 10).map(\.trackID) == ["b", "a", "c"])
            #expect(try store.popularSongs(window: .all, limit: 10).map(\.trackID) == ["d", "b", "a", "c"])
            #expect(try store.popularSongs(window: .all, limit: 2).map(\.playsCumulative) == [100, 8])
            #expect(try store.popularSongs(window: .all, limit: 0) == [])
        }
    }

    // MARK: health

    @Test(.enabled(if: MongoServer.isAvailable, Comment(rawValue: MongoServer.whySkipped))) func mongoIsTested() {
        #expect(DocumentBackend.available == DocumentBackend.allCases)
    }

    @Test(arguments: DocumentBackend.available) func preparedStoreIsHealthyAndPreparesAgain(_ backend: DocumentBackend)
        throws
    {
        try backend.withPlace { open throws in
            let store = try open()
            try store.checkHealth()
            try store.upsertSongs([Song(trackID: "t")])
            try store.prepare()
            #expect(try open().songCount() == 1)
        }
    }

    @Test(arguments: DocumentBackend.available) func closedStoreThrowsAndClosesTwice(_ backend: DocumentBackend) throws
    {
        try backend.withStore { store throws in
            store.close()
            store.close()
            #expect(throws: StorageError.self) { try store.songCount() }
            #expect(throws: StorageError.self) { try store.checkHealth() }
        }
    }

    @Test(arguments: ["", "nonsense", "postgres://h/db", "sqlite:", "sqlite::memory:", "mongo:x"])
    func addressNobodyKnowsIsExplained(_ uri: String) throws {
        let error = try #require(throws: StorageError.self) { _ = try DocumentStores.open(uri: uri) }
        #expect(error.code == .invalid && error.reason.contains("sqlite:data/segue.db"))
    }
}
