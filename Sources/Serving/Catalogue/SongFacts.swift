import Domain

/// What songs are told apart by besides their words: artist and day of release, song by song.
///
/// ```
/// artists      0 0 1 -1 …       artist of each song, -1 when nobody knows
/// offsets      0     2   3 …    where the songs of each artist begin in
/// songs        0 1   2   …
/// releaseDays  days since 1970-01-01, `unknownDay` when nobody knows
/// ```
final class SongFacts: Sendable {
    /// Stands for a day of release that is not known.
    static let unknownDay = Int32.min
    /// Stands for an artist that is not known.
    static let unknownArtist: Int32 = -1

    /// Days since 1970-01-01 of each song.
    let releaseDays: [Int32]
    /// Number of the artist of each song.
    let artists: [Int32]
    private let offsets: [UInt32]
    private let songs: [UInt32]
    private let artistsByID: [String: Int32]
    private let artistsByName: [String: [Int32]]

    /// No songs.
    static let empty = SongFacts(SongCatalogueBuilder(expecting: 0))

    /// Numbers the artists of songs in the order they come. Songs are of one artist when the artist's id is the same, or the
    /// folded name where there is no id.
    ///
    /// - Complexity: O(songs)
    init(_ builder: borrowing SongCatalogueBuilder) {
        var byID: [String: Int32] = [:]
        var byNameAlone: [String: Int32] = [:]
        var byName: [String: [Int32]] = [:]
        var foldedNames: [String: String] = [:]
        var artists: [Int32] = []
        artists.reserveCapacity(builder.count)
        var count: Int32 = 0
        for song in 0..<builder.count {
            let name = builder.texts[song].artist.map { name in
                if let folded = foldedNames[name] { return folded }
                let folded = Self.fold(name)
                foldedNames[name] = folded
                return folded
            }
            let id = builder.artistIDs[song].flatMap { $0.isEmpty ? nil : $0 }
            let known = id.map { byID[$0] } ?? name.map { byNameAlone[$0] } ?? nil
            guard id != nil || name?.isEmpty == false else {
                artists.append(Self.unknownArtist)
                continue
            }
            let artist = known ?? count
            if known == nil { count += 1 }
            if let id { byID[id] = artist } else if let name { byNameAlone[name] = artist }
            if let name, !name.isEmpty, byName[name]?.contains(artist) != true {
                byName[name, default: []].append(artist)
            }
            artists.append(artist)
        }
        self.artists = artists
        releaseDays = builder.releaseDays
        artistsByID = byID
        artistsByName = byName
        (offsets, songs) = Self.rows(artists, count: Int(count))
    }

    /// The artists with that id, or with that name, case and diacritics aside; several may share a name.
    func artists(named text: String) -> [Int32] {
        if let artist = artistsByID[text] { return [artist] }
        return artistsByName[Self.fold(text)] ?? []
    }

    /// The songs of an artist.
    func songs(of artist: Int32) -> ArraySlice<UInt32> {
        songs[Int(offsets[Int(artist)])..<Int(offsets[Int(artist) + 1])]
    }

    private static func fold(_ name: String) -> String {
        var folded: [UInt8] = []
        TextFolding.forEachWord(in: name) { word in
            if !folded.isEmpty { folded.append(UInt8(ascii: " ")) }
            folded.append(contentsOf: word)
        }
        return String(decoding: folded, as: UTF8.self)
    }

    private static func rows(_ artists: [Int32], count: Int) -> (offsets: [UInt32], songs: [UInt32]) {
        var offsets = [UInt32](repeating: 0, count: count + 1)
        for artist in artists where artist >= 0 { offsets[Int(artist) + 1] += 1 }
        for artist in 0..<count { offsets[artist + 1] += offsets[artist] }
        var next = offsets
        var songs = [UInt32](repeating: 0, count: Int(offsets[count]))
        for (song, artist) in artists.enumerated() where artist >= 0 {
            songs[Int(next[Int(artist)])] = UInt32(song)
            next[Int(artist)] += 1
        }
        return (offsets, songs)
    }
}
