import Domain
import Learning
import Storage

/// The mean vector of each artist's songs, and whose songs are whose: what a song without listens borrows.
struct ArtistMeans {
    private var artistOfSong: [String: Int32] = [:]
    private var sums: [Float] = []
    private var counts: [Int32] = []
    private let factors: Int
    /// Songs of the store that the factors do not know and whose artist has some, in order of id.
    private(set) var newSongs: [String] = []

    /// Reads the store's songs.
    ///
    /// - Parameter ids: song of each row of `items`.
    init(documents: any DocumentStore, ids: [String], items: FactorMatrix) throws {
        factors = items.factors
        var numbers: [String: Int32] = [:]
        var artistOfSong: [String: Int32] = [:]
        try documents.forEachSong { song in
            guard let artist = song.artistID ?? song.artist, !artist.isEmpty else { return }
            let number = numbers[artist] ?? Int32(truncatingIfNeeded: numbers.count)
            numbers[artist] = number
            artistOfSong[song.trackID] = number
        }
        self.artistOfSong = artistOfSong
        sums = [Float](repeating: 0, count: numbers.count * factors)
        counts = [Int32](repeating: 0, count: numbers.count)
        var known: Set<String> = []
        known.reserveCapacity(ids.count)
        for (row, id) in ids.enumerated() {
            known.insert(id)
            guard let artist = artistOfSong[id].map(Int.init) else { continue }
            counts[artist] += 1
            for (factor, value) in items[row].enumerated() { sums[artist * factors + factor] += value }
        }
        newSongs = artistOfSong.filter { !known.contains($0.key) && counts[Int($0.value)] > 0 }.map(\.key).sorted()
    }

    /// The mean of the song's artist; nil when the artist or all the artist's songs are not known.
    func mean(ofSong id: String) -> [Float]? {
        guard let artist = artistOfSong[id].map(Int.init), counts[artist] > 0 else { return nil }
        return sums[artist * factors..<(artist + 1) * factors].map { $0 / Float(counts[artist]) }
    }
}
