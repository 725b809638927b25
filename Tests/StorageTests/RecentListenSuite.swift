import Domain
import ServiceKit
import Storage
import TestSupport
import Testing

/// What every store of recent listens does, run against each backend.
@Suite struct RecentListenSuite {
    private static let now: Int64 = 1_700_000_000_000

    private static func listen(_ number: Int, _ track: String? = nil) -> RecentListen {
        RecentListen(
            trackID: track ?? "t\(number)", timestamp: now + Int64(number) * 1000,
            action: EventAction.allCases[number % 3], duration: Int32(number), totalDuration: 200_000)
    }

    private static func listens(_ userID: String, _ numbers: some Sequence<Int>) -> RecentListens {
        RecentListens(userID: userID, listens: numbers.map { listen($0) })
    }

    @Test(arguments: DocumentBackend.available) func newestListensAreKeptAndComeNewestFirst(
        _ backend: DocumentBackend
    ) throws {
        try backend.withStore { store throws in
            try store.appendRecentListens(
                [Self.listens("u", [3, 1, 2]), Self.listens("v", 0..<1)], keeping: 5, now: Self.now)
            try store.appendRecentListens([Self.listens("u", [7, 5, 0, 6])], keeping: 5, now: Self.now)
            #expect(try store.recentListens(userID: "u") == [7, 6, 5, 3, 2].map { Self.listen($0) })
            #expect(try store.recentListens(userID: "v") == [Self.listen(0)])
            #expect(try store.recentListens(userID: "nobody") == [])
        }
    }

    @Test(arguments: DocumentBackend.available) func sameListenTwiceChangesNothingAndAReplayIsAnother(
        _ backend: DocumentBackend
    ) throws {
        try backend.withStore { store throws in
            let batch = [Self.listens("u", [1, 2, 1]), Self.listens("v", [4])]
            try store.appendRecentListens(batch, keeping: 10, now: Self.now)
            let cursor = try store.newestRecentChange()
            try store.appendRecentListens(batch, keeping: 10, now: Self.now)
            #expect(try store.recentChanges(after: cursor, limit: 10) == RecentChanges(users: [], cursor: cursor))
            #expect(try store.recentListens(userID: "u") == [2, 1].map { Self.listen($0) })
            // The same song, and two songs that start at once: two listens each.
            let replays = [Self.listen(9, "t1"), Self.listen(9, "t2"), Self.listen(2, "a")]
            try store.appendRecentListens([RecentListens(userID: "u", listens: replays)], keeping: 10, now: Self.now)
            #expect(
                try store.recentListens(userID: "u") == [
                    Self.listen(9, "t1"), Self.listen(9, "t2"), Self.listen(2, "a"), Self.listen(2), Self.listen(1),
                ])
        }
    }

    @Test(arguments: DocumentBackend.available) func followersSeeEachChangeOnceInPartsOfAnySize(
        _ backend: DocumentBackend
    ) throws {
        try backend.withPlace { open throws in
            let (writer, reader) = (try open(), try open())
            #expect(try reader.newestRecentChange() == 0)
            try writer.appendRecentListens((0..<700).map { Self.listens("u\($0)", [$0]) }, keeping: 3, now: Self.now)
            var seen: [String] = []
            var cursor: Int64?
            while true {
                let part = try reader.recentChanges(after: cursor, limit: 64)
                guard !part.users.isEmpty else { break }
                #expect(part.users.count <= 64)
                for user in part.users { #expect(user.listens.count == 1) }
                seen += part.users.map(\.userID)
                cursor = part.cursor
            }
            #expect(seen.count == 700 && Set(seen).count == 700)
            #expect(try reader.newestRecentChange() == cursor)
            try writer.appendRecentListens([Self.listens("u5", [6, 7, 8])], keeping: 3, now: Self.now)
            let change = try reader.recentChanges(after: cursor, limit: 64)
            #expect(change.users == [Self.listens("u5", [8, 7, 6])])
        }
    }

    @Test(arguments: DocumentBackend.available) func writersAtOnceHideNoChangeFromAFollower(
        _ backend: DocumentBackend
    ) throws {
        try backend.withPlace { open throws in
            let stores = [try open(), try open()]
            let reader = try open()
            let threads = try stores.enumerated().map { number, store in
                try WorkerThread(name: "writer-\(number)") {
                    for round in 0..<15 {
                        try store.appendRecentListens(
                            [Self.listens("w\(number)-\(round)", [round])], keeping: 3, now: Self.now)
                    }
                }
            }
            var seen = Set<String>()
            var cursor: Int64?
            #expect(
                try eventually(within: .seconds(60)) {
                    let part = try reader.recentChanges(after: cursor, limit: 4)
                    cursor = part.cursor
                    seen.formUnion(part.users.map(\.userID))
                    return seen.count == 30
                })
            for thread in threads { try thread.join() }
        }
    }

    @Test(arguments: DocumentBackend.available) func removalIsToldToFollowersAndForgottenItself(
        _ backend: DocumentBackend
    ) throws {
        try backend.withStore { store throws in
            try store.appendRecentListens(
                [Self.listens("u", [1, 2]), Self.listens("v", [1])], keeping: 3, now: Self.now)
            let cursor = try store.newestRecentChange()
            try store.removeRecentListens(userID: "u", now: Self.now)
            #expect(try store.recentListens(userID: "u") == [])
            let change = try store.recentChanges(after: cursor, limit: 9)
            #expect(change.users == [RecentListens(userID: "u", listens: [])])
            // Ten minutes later nothing is left, not even the name.
            try store.appendRecentListens([Self.listens("w", [1])], keeping: 3, now: Self.now + 601_000)
            #expect(try store.recentChanges(after: nil, limit: 9).users.map(\.userID) == ["v", "w"])
            try store.appendRecentListens([Self.listens("u", [5])], keeping: 3, now: Self.now + 602_000)
            #expect(try store.recentListens(userID: "u") == [Self.listen(5)])
        }
    }
}
