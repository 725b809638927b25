import Synchronization

/// The vectors of listeners of one model version that were asked for lately, in bounded memory.
///
/// Sixteen shards, each a lock, a dictionary and one block of floats; a full shard gives up what was not asked for since
/// the clock's hand came by (the CLOCK algorithm, Corbató 1968). A listener known to have no vector is kept too, for a
/// while, so that asking for strangers does not ask the store each time.
final class UserVectorCache: Sendable {
    /// What the cache knows of a listener.
    enum Answer: Sendable, Equatable {
        /// The vector was copied out.
        case found
        /// The listener has no vector of this version.
        case absent
        /// Ask the store.
        case unknown
    }

    private static let shardCount = 16

    /// Floats a vector.
    let dimension: Int
    private let shards: [Shard]

    /// An empty cache for about `limit` listeners.
    init(dimension: Int, limit: Int) {
        self.dimension = dimension
        let perShard = max(1, (limit + Self.shardCount - 1) / Self.shardCount)
        shards = (0..<Self.shardCount).map { _ in Shard(dimension: dimension, limit: perShard) }
    }

    /// Copies the vector of a listener into `target`, which has room for `dimension` floats.
    ///
    /// - Parameter now: monotonic nanoseconds.
    func copyVector(of userID: String, into target: UnsafeMutablePointer<Float>, now: Int64) -> Answer {
        shard(of: userID).copyVector(of: userID, into: target, now: now)
    }

    /// Whether the store need not be asked for a listener.
    func knows(_ userID: String, now: Int64) -> Bool { shard(of: userID).knows(userID, now: now) }

    /// Keeps a vector of `dimension` floats.
    func insert(_ values: [Float], of userID: String) {
        precondition(values.count == dimension, "a vector of \(values.count) floats in a cache of \(dimension)")
        shard(of: userID).insert(values, of: userID, expiry: .max)
    }

    /// Keeps for a while that a listener has no vector: until `expiry`, monotonic nanoseconds.
    func insertAbsent(_ userID: String, expiry: Int64) {
        shard(of: userID).insert(nil, of: userID, expiry: expiry)
    }

    /// Listeners held.
    var count: Int { shards.reduce(0) { $0 + $1.count } }

    /// Ids of the listeners whose vectors are held, at most `limit`.
    func userIDs(limit: Int) -> [String] {
        var ids: [String] = []
        for shard in shards where ids.count < limit { ids += shard.userIDs(limit: limit - ids.count) }
        return ids
    }

    private func shard(of userID: String) -> Shard {
        shards[Int(truncatingIfNeeded: UInt(bitPattern: userID.hashValue) >> 7) % Self.shardCount]
    }
}

/// One lock's part of a `UserVectorCache`.
private final class Shard: Sendable {
    private struct Entry {
        var userID: String
        /// Monotonic nanoseconds after which an absence is forgotten; the largest number for a vector.
        var expiry: Int64
        var hasVector: Bool
        /// Asked for since the hand came by.
        var isRecent: Bool
    }

    private struct State {
        var places: [String: Int] = [:]
        var entries: [Entry] = []
        var floats: [Float] = []
        var hand = 0
    }

    private let dimension: Int
    private let limit: Int
    private let state = Mutex(State())

    init(dimension: Int, limit: Int) {
        self.dimension = dimension
        self.limit = limit
    }

    var count: Int { state.withLock { $0.entries.count } }

    func userIDs(limit: Int) -> [String] {
        state.withLock { state in Array(state.entries.lazy.filter(\.hasVector).map(\.userID).prefix(limit)) }
    }

    func knows(_ userID: String, now: Int64) -> Bool {
        state.withLock { state in state.places[userID].map { state.entries[$0].expiry > now } ?? false }
    }

    func copyVector(
        of userID: String, into target: UnsafeMutablePointer<Float>, now: Int64
    ) -> UserVectorCache.Answer {
        state.withLock { state in
            guard let place = state.places[userID] else { return .unknown }
            let entry = state.entries[place]
            guard entry.expiry > now else { return .unknown }
            state.entries[place].isRecent = true
            guard entry.hasVector else { return .absent }
            state.floats.withUnsafeBufferPointer { floats in
                guard let source = floats.baseAddress else { return }
                target.update(from: source + place * dimension, count: dimension)
            }
            return .found
        }
    }

    func insert(_ values: [Float]?, of userID: String, expiry: Int64) {
        state.withLock { state in
            let place = place(for: userID, in: &state)
            state.entries[place] = Entry(userID: userID, expiry: expiry, hasVector: values != nil, isRecent: true)
            guard let values else { return }
            for index in 0..<dimension { state.floats[place * dimension + index] = values[index] }
        }
    }

    private func place(for userID: String, in state: inout State) -> Int {
        if let place = state.places[userID] { return place }
        let place: Int
        if state.entries.count < limit {
            place = state.entries.count
            state.entries.append(Entry(userID: userID, expiry: 0, hasVector: false, isRecent: false))
            state.floats.append(contentsOf: repeatElement(0, count: dimension))
        } else {
            while state.entries[state.hand].isRecent {
                state.entries[state.hand].isRecent = false
                state.hand = (state.hand + 1) % limit
            }
            place = state.hand
            state.hand = (state.hand + 1) % limit
            state.places[state.entries[place].userID] = nil
        }
        state.places[userID] = place
        return place
    }
}
