import Dispatch
import Domain
import Storage
import Synchronization
import TestSupport
import Testing

extension DocumentStoreSuite {
    @Test(arguments: DocumentBackend.available) func playsAreCountedOnceByDayAndMarked(_ backend: DocumentBackend)
        throws
    {
        try backend.withStore { store throws in
            try store.upsertSongs([Song(trackID: "a", title: "Known")])
            let plays: [String: [EventDay: Int64]] = [
                "a": [
                    .sample: 2, .sample.advanced(by: -6): 3, .sample.advanced(by: -7): 4, .sample.advanced(by: 1): 5,
                ],
                "new": [.sample.advanced(by: -400): 1],
            ]
            let commit = CommitPlays(lakeVersion: 7, plays: plays)
            #expect(try store.applyPlays(commit, today: .sample))
            #expect(try !store.applyPlays(commit, today: .sample))
            let songs = try store.songs(ids: ["a", "new"]).byID
            #expect(
                songs["a"] == Song(trackID: "a", title: "Known", playsLast7Days: 5, playsCumulative: 14))
            #expect(songs["new"] == Song(trackID: "new", playsCumulative: 1))
            #expect(try store.applyPlays(CommitPlays(lakeVersion: 8, plays: plays), today: .sample))
            #expect(try store.songs(ids: ["a"]).first?.playsCumulative == 28)
            #expect(try store.appliedCommits(from: 0) == [7, 8])
            #expect(try store.appliedCommits(from: 8) == [8])
            #expect(try store.appliedCommits(from: 9) == [])
        }
    }

    @Test(arguments: DocumentBackend.available) func commitsCountedTogetherAreMarkedTogetherOrNotAtAll(
        _ backend: DocumentBackend
    ) throws {
        try backend.withStore { store throws in
            #expect(
                try store.applyPlays(
                    CommitPlays(lakeVersions: [3, 4, 6], plays: ["a": [.sample: 5]]), today: .sample))
            #expect(try store.appliedCommits(from: 0) == [3, 4, 6])
            // One of them is known: nothing of the others may stay, neither plays nor markers.
            #expect(
                try !store.applyPlays(
                    CommitPlays(lakeVersions: [7, 6, 8], plays: ["a": [.sample: 9]]), today: .sample))
            try store.setAppliedCommitsFloor(5)
            #expect(
                try !store.applyPlays(
                    CommitPlays(lakeVersions: [9, 4], plays: ["a": [.sample: 9]]), today: .sample))
            #expect(try store.appliedCommits(from: 0) == [6])
            #expect(try store.songs(ids: ["a"]).first?.playsCumulative == 5)
            #expect(
                try store.applyPlays(CommitPlays(lakeVersions: [7, 8], plays: ["a": [.sample: 1]]), today: .sample))
            #expect(try store.songs(ids: ["a"]).first?.playsCumulative == 6)
        }
    }

    @Test(arguments: DocumentBackend.available) func commitWithoutPlaysIsMarkedToo(_ backend: DocumentBackend) throws {
        try backend.withStore { store throws in
            #expect(try store.applyPlays(CommitPlays(lakeVersion: 0, plays: [:]), today: .sample))
            #expect(try !store.applyPlays(CommitPlays(lakeVersion: 0, plays: [:]), today: .sample))
        }
    }

    @Test(arguments: DocumentBackend.available) func floorStandsForTheMarkersBelowItAndNeverFalls(
        _ backend: DocumentBackend
    ) throws {
        try backend.withStore { store throws in
            #expect(try store.appliedCommitsFloor() == 0)
            for version: Int64 in [0, 1, 2, 4] {
                let commit = CommitPlays(lakeVersion: version, plays: ["a": [.sample: 1]])
                #expect(try store.applyPlays(commit, today: .sample))
            }
            try store.setAppliedCommitsFloor(3)
            #expect(try store.appliedCommitsFloor() == 3)
            #expect(try store.appliedCommits(from: 0) == [4])
            #expect(try !store.applyPlays(CommitPlays(lakeVersion: 2, plays: ["a": [.sample: 1]]), today: .sample))
            try store.setAppliedCommitsFloor(1)
            #expect(try store.appliedCommitsFloor() == 3)
            #expect(try store.applyPlays(CommitPlays(lakeVersion: 3, plays: ["a": [.sample: 1]]), today: .sample))
            #expect(try store.songs(ids: ["a"]).first?.playsCumulative == 5)
        }
    }

    @Test(arguments: DocumentBackend.available) func turnOfTheDayMovesTheWindow(_ backend: DocumentBackend) throws {
        try backend.withStore { store throws in
            let days = Dictionary(uniqueKeysWithValues: (0..<7).map { (EventDay.sample.advanced(by: -$0), Int64(1)) })
            let plays = ["steady": days, "tomorrow": [EventDay.sample.advanced(by: 1): 9]]
            #expect(try store.applyPlays(CommitPlays(lakeVersion: 0, plays: plays), today: .sample))
            func recent(_ id: String) throws -> Int64? { try store.songs(ids: [id]).first?.playsLast7Days }
            #expect(try recent("steady") == 7 && recent("tomorrow") == 0)
            try store.refreshRecentPlays(today: .sample)
            #expect(try recent("steady") == 7 && recent("tomorrow") == 0)
            try store.refreshRecentPlays(today: .sample.advanced(by: 1))
            #expect(try recent("steady") == 6 && recent("tomorrow") == 9)
            // A daemon that lives in yesterday still.
            try store.refreshRecentPlays(today: .sample)
            #expect(try recent("steady") == 7 && recent("tomorrow") == 0)
            try store.refreshRecentPlays(today: .sample.advanced(by: 40))
            #expect(try recent("steady") == 0 && recent("tomorrow") == 0)
            #expect(try store.songs(ids: ["steady"]).first?.playsCumulative == 7)
            #expect(try store.popularSongs(window: .last7Days, limit: 5) == [])
        }
    }

    @Test(arguments: DocumentBackend.available) func storesThatApplyTheSameCommitsAtOnceCountThemOnce(
        _ backend: DocumentBackend
    ) throws {
        try backend.withPlace { open throws in
            let stores = [try open(), try open(), try open()]
            let applied = Mutex<[Int64: Int]>([:])
            let failures = Mutex<[String]>([])
            DispatchQueue.concurrentPerform(iterations: 6) { thread in
                for version in 0..<Int64(12) {
                    let plays = Dictionary(
                        uniqueKeysWithValues: (0..<40).map { ("t\($0)", [EventDay.sample: Int64(1)]) })
                    do {
                        let commit = CommitPlays(lakeVersion: version, plays: plays)
                        if try stores[thread % 3].applyPlays(commit, today: .sample) {
                            applied.withLock { $0[version, default: 0] += 1 }
                        }
                    } catch {
                        failures.withLock { $0.append("\(error)") }
                    }
                }
            }
            #expect(failures.withLock { $0 } == [])
            #expect(applied.withLock { $0 } == Dictionary(uniqueKeysWithValues: (0..<12).map { ($0, 1) }))
            let songs = try stores[0].songs(after: nil, limit: 100)
            #expect(songs.count == 40)
            #expect(songs.allSatisfy { $0.playsCumulative == 12 && $0.playsLast7Days == 12 })
        }
    }

    @Test(arguments: DocumentBackend.available) func manySongDaysAreAppliedInOneGo(_ backend: DocumentBackend) throws {
        try backend.withStore { store throws in
            var plays: [String: [EventDay: Int64]] = [:]
            for song in 0..<1_200 {
                plays["track-\(song)"] = [.sample: 1, .sample.advanced(by: -1): 2]
            }
            #expect(try store.applyPlays(CommitPlays(lakeVersion: 0, plays: plays), today: .sample))
            #expect(try store.songCount() == 1_200)
            #expect(try store.songs(after: nil, limit: 1_200).allSatisfy { $0.playsCumulative == 3 })
        }
    }
}
