import Learning
import Synchronization

/// A song of an answer: its number in the catalogue, or the item when the catalogue does not have it.
struct RankedSong {
    /// Number in the catalogue, nil when only the model knows the song.
    var song: Int?
    /// Number in the index, nil when only the catalogue knows the song.
    var item: Int32?
    /// Inner product with the query; nil for a song that popularity chose.
    var score: Float?
}

/// Songs that were ranked, best first.
struct RankedList {
    /// How they were found.
    let strategy: Strategy
    /// The songs.
    let songs: [RankedSong]
    /// Why, song by song; nil when that was not asked for.
    var reasons: [[Reason]]?
}

/// Memory one request works in, reused by the next.
final class RankingScratch: @unchecked Sendable {
    // Sendable: the pool hands it to one request at a time.
    let search = SearchScratch()
    var user: [Float] = []
    var query: [Float] = []
    var excludedItems: [Int32] = []
    /// Items heard so lately that they come only when there are no others.
    var restingItems: [Int32] = []
    var ranked: [RankedSong] = []

    func prepare(dimension: Int) {
        if user.count != dimension {
            user = Array(repeating: 0, count: dimension)
            query = user
        }
        excludedItems.removeAll(keepingCapacity: true)
        restingItems.removeAll(keepingCapacity: true)
        ranked.removeAll(keepingCapacity: true)
    }
}

/// As many pieces of scratch memory as requests were ever under way at once.
final class RankingScratchPool: Sendable {
    private let idle = Mutex<[RankingScratch]>([])

    /// Lends scratch memory for the time of `body`.
    func withScratch<Result>(_ body: (RankingScratch) throws -> Result) rethrows -> Result {
        let scratch = idle.withLock { $0.popLast() } ?? RankingScratch()
        defer { idle.withLock { $0.append(scratch) } }
        return try body(scratch)
    }
}
