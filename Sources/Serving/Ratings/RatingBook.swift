import Storage
import Synchronization

/// What listeners like and dislike, in memory, because every list that is recommended leaves dislikes out.
///
/// It follows the store's changes, which any daemon may have made. Songs rated neither well nor badly are not held.
final class RatingBook: Sendable {
    /// What is held of a listener.
    struct Taste: Sendable, Equatable {
        /// Ids of songs never to be recommended again.
        var disliked: [String] = []
        /// Ids of songs the listener likes.
        var liked: [String] = []

        fileprivate init(_ ratings: [Rating]) {
            for rating in ratings {
                if rating.value.isDislike { disliked.append(rating.trackID) }
                if rating.value.isLike { liked.append(rating.trackID) }
            }
        }

        fileprivate init() {}

        /// Nothing held.
        static let none = Taste()
    }

    private static let shardCount = 16
    private static let usersAPart = 1000

    private final class Shard: Sendable {
        let users = Mutex<[String: Taste]>([:])
    }

    private let shards = (0..<shardCount).map { _ in Shard() }
    private let hasAny = Atomic<Bool>(false)
    /// Held while changes are read and applied: two who follow at once would apply them in another order.
    private let cursor = Mutex<Int64?>(nil)

    /// What is held of a listener.
    ///
    /// - Complexity: O(length of the id); one look at a flag while nobody has rated anything
    func taste(of userID: String) -> Taste {
        guard hasAny.load(ordering: .acquiring) else { return .none }
        return shard(of: userID).users.withLock { $0[userID] } ?? .none
    }

    /// Listeners of whom anything is held, at most `limit`.
    func userIDs(limit: Int) -> [String] {
        var ids: [String] = []
        for shard in shards where ids.count < limit {
            ids += shard.users.withLock { $0.keys.prefix(limit - ids.count) }
        }
        return ids
    }

    /// Reads what has changed since the last time; waits for the store.
    ///
    /// - Returns: listeners whose ratings have changed, but for those of the first reading.
    /// - Parameter pause: called after each part; what it throws ends the reading, and nothing is read twice or left out.
    @discardableResult
    func follow(_ documents: any RatingStore, pause: () throws -> Void = {}) throws -> [String] {
        try cursor.withLock { cursor in
            let isFirst = cursor == nil
            var changed: [String] = []
            while true {
                let changes = try documents.ratingChanges(after: cursor, limit: Self.usersAPart)
                for user in changes.users { apply(user) }
                if !isFirst { changed += changes.users.map(\.userID) }
                cursor = changes.cursor
                guard changes.users.count == Self.usersAPart else { return changed }
                try pause()
            }
        }
    }

    private func apply(_ user: UserRatings) {
        let taste = Taste(user.ratings)
        shard(of: user.userID).users.withLock { $0[user.userID] = taste == .none ? nil : taste }
        if taste != .none { hasAny.store(true, ordering: .releasing) }
    }

    private func shard(of userID: String) -> Shard {
        shards[Int(truncatingIfNeeded: UInt(bitPattern: userID.hashValue) >> 7) % Self.shardCount]
    }
}
