import Domain
import HTTPServer

/// Collects songs for a `SongCatalogue`.
struct SongCatalogueBuilder {
    private(set) var count = 0
    private(set) var members: [UInt8] = []
    private(set) var offsets: [UInt64] = [0]
    private(set) var ids: [UInt8] = []
    private(set) var idOffsets: [UInt32] = [0]
    private(set) var recentPlays: [Int64] = []
    private(set) var allPlays: [Int64] = []
    private(set) var texts: [(title: String?, artist: String?)] = []
    private(set) var artistIDs: [String?] = []
    /// Days since 1970-01-01, `SongFacts.unknownDay` when not known.
    private(set) var releaseDays: [Int32] = []

    /// Reserves room for about that many songs.
    init(expecting count: Int) {
        members.reserveCapacity(count * 160)
        offsets.reserveCapacity(count + 1)
        ids.reserveCapacity(count * 12)
        idOffsets.reserveCapacity(count + 1)
        recentPlays.reserveCapacity(count)
        allPlays.reserveCapacity(count)
        texts.reserveCapacity(count)
        artistIDs.reserveCapacity(count)
        releaseDays.reserveCapacity(count)
    }

    /// Takes a song. One too many for 32 bits of ids is left out.
    mutating func add(_ song: Song) {
        guard ids.count + song.trackID.utf8.count <= Int(UInt32.max) else { return }
        var writer = JSONWriter(capacity: 256)
        song.writeDescription(to: &writer)
        writer.withBytes { members.append(contentsOf: $0) }
        offsets.append(UInt64(members.count))
        ids.append(contentsOf: song.trackID.utf8)
        idOffsets.append(UInt32(ids.count))
        recentPlays.append(song.playsLast7Days)
        allPlays.append(song.playsCumulative)
        texts.append((song.title, song.artist))
        artistIDs.append(song.artistID)
        releaseDays.append(song.releaseDate?.daysSinceEpoch ?? SongFacts.unknownDay)
        count += 1
    }

    /// The catalogue of what was taken; what has not changed since `old` is taken over from it.
    ///
    /// - Parameter pause: called every few microseconds; what it throws is thrown.
    /// - Complexity: O(songs · log(songs))
    func build(reusing old: SongCatalogue?, pause: () throws -> Void) rethrows -> SongCatalogue {
        try SongCatalogue(self, reusing: old, pause: pause)
    }
}

extension Song {
    /// Writes the members that describe the song, without its play counts, into the object that is open.
    func writeDescription(to writer: inout JSONWriter) {
        writer.member("id", trackID)
        writer.member("title", title)
        writer.member("artist", artist)
        writer.member("artist_id", artistID)
        writer.member("duration_ms", durationMilliseconds.map(Int64.init))
        writer.member("image_url", imageURL)
        writer.member("url", url)
        writer.member("release_date", releaseDate?.description)
    }

    /// Writes the song as an object.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writeDescription(to: &writer)
        writer.member("plays_7d", playsLast7Days)
        writer.member("plays_cumulative", playsCumulative)
        writer.endObject()
    }
}
