/// What each user has liked lately: the songs that are played again.
///
/// A fixed number of places a user, so that the memory is known before; a new favourite takes the place of a random one
/// when all are taken.
final class Favourites: @unchecked Sendable {
    // Sendable: a user's row is touched by one thread at a time. During back-fill the users are dealt to the threads in
    // disjoint ranges, day after day with a join in between; live traffic runs on one thread.
    private static let placeCount = 32
    private let songs: UnsafeMutableBufferPointer<UInt32>
    private let counts: UnsafeMutableBufferPointer<UInt8>

    init(userCount: Int) {
        songs = .allocate(capacity: userCount * Self.placeCount)
        songs.initialize(repeating: 0)
        counts = .allocate(capacity: userCount)
        counts.initialize(repeating: 0)
    }

    deinit {
        songs.deallocate()
        counts.deallocate()
    }

    /// One of the user's favourites, or nil when there is none yet.
    func draw(user: Int, _ random: inout SimulationRandom) -> Int? {
        let count = Int(counts[user])
        guard count > 0 else { return nil }
        return Int(songs[user * Self.placeCount + random.index(below: count)])
    }

    /// Remembers a song, unless it is there already.
    func add(_ song: Int, user: Int, _ random: inout SimulationRandom) {
        let (start, count) = (user * Self.placeCount, Int(counts[user]))
        for place in start..<start + count where songs[place] == UInt32(song) { return }
        if count < Self.placeCount {
            songs[start + count] = UInt32(song)
            counts[user] += 1
        } else {
            songs[start + random.index(below: count)] = UInt32(song)
        }
    }
}
