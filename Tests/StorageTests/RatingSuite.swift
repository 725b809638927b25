import Foundation
import Storage
import Synchronization
import TestSupport
import Testing

/// What every store of ratings does, run against each backend.
@Suite struct RatingSuite {
    private static let now: Int64 = 1_700_000_000_000

    private static func rating(_ track: String, _ value: RatingValue, _ seconds: Int64 = 0) -> Rating {
        Rating(trackID: track, value: value, ratedAt: now + seconds * 1000)
    }

    @Test(arguments: DocumentBackend.available) func aLaterRatingTakesTheEarlierOnesPlace(_ backend: DocumentBackend)
        throws
    {
        try backend.withStore { store throws in
            let ratings = [
                Self.rating("t1", .like, 1), Self.rating("t'2\"; --", .dislike, 2), Self.rating("日本", .stars(3), 2),
            ]
            try store.setRatings(ratings, userID: "u")
            try store.setRatings([], userID: "nobody")
            try store.setRating(Self.rating("t1", .stars(1), 9), userID: "v")
            try store.setRating(Self.rating("t1", .stars(5), 3), userID: "u")
            #expect(
                try store.ratings(userID: "u", after: nil, limit: 10) == [
                    Self.rating("t1", .stars(5), 3), ratings[1], ratings[2],
                ])
            #expect(try store.ratings(userID: "v", after: nil, limit: 10) == [Self.rating("t1", .stars(1), 9)])
            #expect(try store.ratings(userID: "nobody", after: nil, limit: 10) == [])
            #expect(try store.ratings(userID: "u", after: nil, limit: 0) == [])
        }
    }

    @Test(arguments: DocumentBackend.available) func pagesWalkAllRatingsNewestFirst(_ backend: DocumentBackend) throws {
        try backend.withStore { store throws in
            // Five a second: ties are in order of song.
            for number in 0..<23 {
                try store.setRating(Self.rating("t\(number % 10)\(number)", .stars(2), Int64(number / 5)), userID: "u")
            }
            var walked: [Rating] = []
            while true {
                let page = try store.ratings(userID: "u", after: walked.last?.position, limit: 4)
                walked += page
                guard page.count == 4 else { break }
            }
            #expect(walked.count == 23)
            let ordered = walked.sorted { ($1.ratedAt, $0.trackID) < ($0.ratedAt, $1.trackID) }
            #expect(walked == ordered)
        }
    }

    @Test(arguments: DocumentBackend.available) func whatIsTakenBackIsGoneAndTakingBackAgainChangesNothing(
        _ backend: DocumentBackend
    ) throws {
        try backend.withStore { store throws in
            for track in ["a", "b"] { try store.setRating(Self.rating(track, .like), userID: "u") }
            #expect(try store.removeRating(userID: "u", trackID: "a", now: Self.now))
            let cursor = try store.ratingChanges(after: nil, limit: 10).cursor
            #expect(try !store.removeRating(userID: "u", trackID: "a", now: Self.now))
            #expect(try !store.removeRating(userID: "nobody", trackID: "a", now: Self.now))
            #expect(try store.ratings(userID: "u", after: nil, limit: 9) == [Self.rating("b", .like)])
            #expect(try store.ratingChanges(after: cursor, limit: 10) == RatingChanges(users: [], cursor: cursor))
        }
    }

    @Test(arguments: DocumentBackend.available) func followersSeeEveryChangeInPartsOfAnySize(
        _ backend: DocumentBackend
    ) throws {
        try backend.withPlace { open throws in
            let (writer, reader) = (try open(), try open())
            #expect(try reader.ratingChanges(after: nil, limit: 5) == RatingChanges(users: [], cursor: 0))
            for number in 0..<12 { try writer.setRating(Self.rating("t", .like), userID: "u\(number)") }
            var seen: [String] = []
            var cursor: Int64?
            while true {
                let part = try reader.ratingChanges(after: cursor, limit: 5)
                guard !part.users.isEmpty else { break }
                seen += part.users.map(\.userID)
                cursor = part.cursor
            }
            #expect(seen == (0..<12).map { "u\($0)" })
            try writer.setRating(Self.rating("s", .dislike), userID: "u3")
            _ = try writer.removeRating(userID: "u5", trackID: "t", now: Self.now)
            try writer.removeRatings(userID: "u7", now: Self.now)
            let last = try reader.ratingChanges(after: cursor, limit: 5)
            #expect(last.users.map(\.userID) == ["u3", "u5", "u7"])
            #expect(Set(last.users[0].ratings) == [Self.rating("t", .like), Self.rating("s", .dislike)])
            #expect(last.users[1].ratings.isEmpty && last.users[2].ratings.isEmpty)
            #expect(try reader.ratings(userID: "u7", after: nil, limit: 5) == [])
        }
    }

    @Test(arguments: DocumentBackend.available) func whoHasNoRatingAnyMoreIsForgottenAfterAWhile(
        _ backend: DocumentBackend
    ) throws {
        try backend.withStore { store throws in
            for user in ["a", "b"] { try store.setRating(Self.rating("t", .like), userID: user) }
            try store.removeRatings(userID: "a", now: Self.now)
            #expect(try store.ratingChanges(after: nil, limit: 9).users.map(\.userID) == ["b", "a"])
            try store.removeRatings(userID: "b", now: Self.now + 3_600_000)
            #expect(try store.ratingChanges(after: nil, limit: 9).users.map(\.userID) == ["b"])
        }
    }

    @Test(arguments: DocumentBackend.available) func writersAtOnceLoseNoChange(_ backend: DocumentBackend) throws {
        try backend.withPlace { open throws in
            let stores = try (0..<3).map { _ in try open() }
            let failures = Mutex<[any Error]>([])
            DispatchQueue.concurrentPerform(iterations: stores.count) { writer in
                do {
                    for number in 0..<10 {
                        try stores[writer].setRating(Self.rating("t\(number)", .like), userID: "w\(writer)-\(number)")
                    }
                } catch { failures.withLock { $0.append(error) } }
            }
            #expect(failures.withLock { $0.map { "\($0)" } } == [])
            #expect(Set(try stores[0].ratingChanges(after: nil, limit: 100).users.map(\.userID)).count == 30)
        }
    }
}
