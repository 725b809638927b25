public import Domain

/// The newest listens of each listener: what serving folds into a taste at once, long before the next model knows it.
///
/// A layer of hints over the lake, which holds all listens: whoever writes here may leave some out.
public protocol RecentListenStore: Sendable {
    /// Adds listens of many listeners and keeps the newest `limit` of each.
    ///
    /// A listen is told from others by its listener, song and start: the one that is there stays, so that the same call made
    /// twice changes nothing.
    ///
    /// - Parameters:
    ///   - limit: listens that are kept of a listener, at least 1.
    ///   - now: epoch milliseconds, to forget who was removed long ago.
    func appendRecentListens(_ listens: [RecentListens], keeping limit: Int, now: Int64) throws

    /// The listens kept of a listener, newest first, ties in order of song; empty for an unknown one.
    func recentListens(userID: String) throws -> [RecentListen]

    /// Whose listens changed after `cursor` (nil: ever), in order of the change, with all that is kept of them; a listener whose
    /// listens were removed comes with none for some minutes.
    ///
    /// No change is missed by a reader who always goes on from the cursor of the answer before.
    func recentChanges(after cursor: Int64?, limit: Int) throws -> RecentChanges

    /// The cursor of the newest change; 0 before the first.
    func newestRecentChange() throws -> Int64

    /// Forgets a listener's listens; readers of the changes are told.
    ///
    /// - Parameter now: epoch milliseconds.
    func removeRecentListens(userID: String, now: Int64) throws
}

/// A listen as it is kept for its listener.
public struct RecentListen: Sendable, Hashable {
    /// What was heard.
    public var trackID: String
    /// Start of the play, epoch milliseconds.
    public var timestamp: Int64
    /// What the listener did.
    public var action: EventAction
    /// Milliseconds listened.
    public var duration: Int32
    /// Milliseconds the song lasts; 0 when not known.
    public var totalDuration: Int32

    /// Makes the record.
    public init(trackID: String, timestamp: Int64, action: EventAction, duration: Int32, totalDuration: Int32) {
        self.trackID = trackID
        self.timestamp = timestamp
        self.action = action
        self.duration = duration
        self.totalDuration = totalDuration
    }

    /// What an event says.
    public init(_ event: ListeningEvent) {
        self.init(
            trackID: event.trackID, timestamp: event.timestamp, action: event.action, duration: event.duration,
            totalDuration: event.totalDuration)
    }

    /// Whether it is the same listen: same song, same start.
    public func isSame(as other: RecentListen) -> Bool { timestamp == other.timestamp && trackID == other.trackID }

    /// The order in which they are kept: newest first, ties in order of song by bytes.
    public static func precedes(_ left: RecentListen, _ right: RecentListen) -> Bool {
        if left.timestamp != right.timestamp { return left.timestamp > right.timestamp }
        return left.trackID.utf8.lexicographicallyPrecedes(right.trackID.utf8)
    }

    /// What is kept of two lists of one listener: the newest `limit` of both, each listen once, that of `known` before the other.
    ///
    /// - Complexity: O(n · log n)
    public static func merge(_ known: [RecentListen], _ new: [RecentListen], keeping limit: Int) -> [RecentListen] {
        struct Key: Hashable {
            var trackID: String
            var timestamp: Int64
        }
        var seen = Set<Key>(minimumCapacity: known.count + new.count)
        var merged = (known + new).filter { seen.insert(Key(trackID: $0.trackID, timestamp: $0.timestamp)).inserted }
        merged.sort(by: precedes)
        return Array(merged.prefix(limit))
    }
}

/// Listens of one listener.
public struct RecentListens: Sendable, Hashable {
    /// Who listened.
    public var userID: String
    /// What was heard.
    public var listens: [RecentListen]

    /// Makes the record.
    public init(userID: String, listens: [RecentListen]) {
        self.userID = userID
        self.listens = listens
    }
}

/// A part of the changes of recent listens.
public struct RecentChanges: Sendable, Equatable {
    /// Whose listens changed, each once, with all that is kept of them, newest first.
    public var users: [RecentListens]
    /// Where the next part begins.
    public var cursor: Int64

    /// Makes the record.
    public init(users: [RecentListens], cursor: Int64) {
        self.users = users
        self.cursor = cursor
    }
}

/// How long readers of the changes are told that somebody's listens were removed.
enum RecentRemoval {
    static let noticeMilliseconds: Int64 = 10 * 60_000
}
