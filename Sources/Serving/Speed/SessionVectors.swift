import Synchronization

/// Vectors of one model version for listeners who have listened since it was trained, in bounded memory: what a request sees before
/// it looks for the model's own.
///
/// The oldest written goes first: who listens is written anew.
final class SessionVectors: Sendable {
    /// What a vector was made of.
    enum Origin: Sendable {
        /// Of recent listens alone: the model does not know the listener.
        case recentListens
        /// Of the model's vector and recent listens.
        case model
    }

    /// A song heard lately.
    struct Heard: Sendable {
        /// Number in the index.
        var item: Int32
        /// Start of the play, epoch milliseconds.
        var timestamp: Int64
    }

    private struct Entry {
        var values: [Float]
        var origin: Origin
        var heard: [Heard]
        var number: UInt64
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var number: UInt64 = 0
    }

    private static let shardCount = 16
    private static let shortestFull = 16

    private let limit: Int
    private let shards: [Shard]
    /// So that a request pays nothing while nobody has listened.
    private let entryCount = Atomic<Int>(0)

    private final class Shard: Sendable {
        let state = Mutex(State())
    }

    /// Room for about `limit` listeners.
    init(limit: Int) {
        self.limit = max(Self.shortestFull, limit / Self.shardCount)
        shards = (0..<Self.shardCount).map { _ in Shard() }
    }

    /// Listeners held.
    var count: Int { entryCount.load(ordering: .relaxed) }

    /// Copies the vector of a listener into `target`, which has room for it.
    ///
    /// - Parameters:
    ///   - since: of what was heard before, nothing is told.
    ///   - heard: gets the songs heard since then.
    /// - Returns: nil when there is none.
    func copyVector(
        of userID: String, into target: UnsafeMutableBufferPointer<Float>, since: Int64, heard: inout [Int32]
    ) -> Origin? {
        guard count > 0 else { return nil }
        // The array is taken out, not copied, so that the lock is held for a look-up only.
        guard let entry = shard(of: userID).state.withLock({ $0.entries[userID] }) else { return nil }
        guard entry.values.count == target.count else { return nil }
        _ = target.update(fromContentsOf: entry.values)
        for song in entry.heard where song.timestamp >= since { heard.append(song.item) }
        return entry.origin
    }

    /// Keeps the vector of a listener.
    func insert(_ values: [Float], of userID: String, origin: Origin, heard: [Heard]) {
        let added = shard(of: userID).state.withLock { state in
            let before = state.entries.count
            state.number += 1
            state.entries[userID] = Entry(values: values, origin: origin, heard: heard, number: state.number)
            if state.entries.count > limit { Self.dropOldest(from: &state) }
            return state.entries.count - before
        }
        entryCount.wrappingAdd(added, ordering: .relaxed)
    }

    /// Forgets a listener.
    func remove(_ userID: String) {
        let isGone = shard(of: userID).state.withLock { $0.entries.removeValue(forKey: userID) != nil }
        if isGone { entryCount.wrappingSubtract(1, ordering: .relaxed) }
    }

    /// An eighth at once, so that an insertion seldom pays for it.
    private static func dropOldest(from state: inout State) {
        let numbers = state.entries.values.map(\.number).sorted()
        let oldest = numbers[numbers.count / 8]
        state.entries = state.entries.filter { $0.value.number > oldest }
    }

    private func shard(of userID: String) -> Shard {
        shards[Int(truncatingIfNeeded: UInt(bitPattern: userID.hashValue) >> 7) % Self.shardCount]
    }
}
