import Learning

/// What a refinement means in one snapshot: which songs, and which items, may be answered, as far as that is known before any
/// is chosen.
struct SongFilter {
    /// The only items; nil for all.
    let allowedItems: ItemSet?
    /// The only songs; nil for all.
    let allowedSongs: Set<Int>?
    private let released: ClosedRange<Int32>?
    private let snapshot: ServingSnapshot

    /// - Complexity: O(ids named + songs of the artists)
    init(_ refinement: Refinement, _ snapshot: ServingSnapshot) {
        self.snapshot = snapshot
        released = refinement.released
        guard refinement.allowed != nil || !refinement.artists.isEmpty else {
            (allowedItems, allowedSongs) = (nil, nil)
            return
        }
        let (catalogue, index) = (snapshot.catalogue, snapshot.model?.index)
        let artists = Set(refinement.artists.flatMap { catalogue.facts.artists(named: $0) })
        var songs = Set<Int>()
        let items = index.map { ItemSet(itemCount: $0.count) }
        func take(_ song: Int) {
            guard songs.insert(song).inserted, let index else { return }
            if let item = catalogue.withIDBytes(of: song, { index.item(forIDBytes: $0) }) { items?.insert(item) }
        }
        if let allowed = refinement.allowed {
            for id in allowed {
                if let song = catalogue.song(id: id) {
                    if refinement.artists.isEmpty || artists.contains(catalogue.facts.artists[song]) { take(song) }
                } else if refinement.artists.isEmpty, let item = index?.item(forID: id) {
                    items?.insert(item)
                }
            }
        } else {
            for artist in artists { for song in catalogue.facts.songs(of: artist) { take(Int(song)) } }
        }
        (allowedItems, allowedSongs) = (items, songs)
    }

    /// Whether items have to be looked at one by one.
    var looksAtItems: Bool { released != nil }

    /// Whether the song may be answered.
    func permits(song: Int) -> Bool {
        if let allowedSongs, !allowedSongs.contains(song) { return false }
        return wasReleasedInTime(song)
    }

    /// Whether the item may be answered, given that it is among `allowedItems`. What the catalogue does not have has no day.
    func permits(item: Int32) -> Bool {
        guard released != nil else { return true }
        return snapshot.song(ofItem: item).map(wasReleasedInTime) ?? false
    }

    private func wasReleasedInTime(_ song: Int) -> Bool {
        guard let released else { return true }
        return released.contains(snapshot.catalogue.facts.releaseDays[song])
    }
}

/// Counts the songs of each artist in a list that holds a bounded number of each.
final class ArtistQuota {
    private let maximum: Int?
    private let snapshot: ServingSnapshot
    private var counts: [Int32: Int] = [:]

    /// - Parameter maximum: songs of one artist; nil for any number.
    init(maximum: Int?, _ snapshot: ServingSnapshot) {
        self.maximum = maximum
        self.snapshot = snapshot
    }

    /// Whether there is any bound.
    var isBounded: Bool { maximum != nil }

    /// Whether one more song may be taken. A song whose artist nobody knows may.
    func permits(song: Int?) -> Bool {
        guard let maximum, let artist = artist(of: song) else { return true }
        return counts[artist, default: 0] < maximum
    }

    /// Counts the song when it may be taken.
    func take(song: Int?) -> Bool {
        guard permits(song: song) else { return false }
        if maximum != nil, let artist = artist(of: song) { counts[artist, default: 0] += 1 }
        return true
    }

    private func artist(of song: Int?) -> Int32? {
        guard let song else { return nil }
        let artist = snapshot.catalogue.facts.artists[song]
        return artist == SongFacts.unknownArtist ? nil : artist
    }
}
