import HTTPServer
import Synchronization

/// Songs by folded artist and title, for listens that name a song and not its id. Made when it is first asked: who has no
/// scrobblers does not pay for it.
final class SongNames: Sendable {
    /// Songs by a hash of their names. Of 64 bits, seeded anew in each process: two names of one hash are not met with in a
    /// catalogue that fits into memory.
    private let songs = Mutex<[Int: UInt32]?>(nil)

    /// The song of that artist and title, the first of several; nil when there is none.
    ///
    /// - Complexity: O(bytes of the names); O(songs) the first time.
    func song(artist: String, title: String, in catalogue: SongCatalogue) -> Int? {
        let name = Self.hash(artist: artist, title: title)
        return songs.withLock { songs in
            let table = songs ?? Self.table(of: catalogue)
            songs = table
            return table[name].map(Int.init)
        }
    }

    /// Words joined by blanks. A name without any word (`!!!`) stands for itself.
    static func folded(_ text: String) -> [UInt8] {
        let words = TextFolding.words(in: text)
        return words.isEmpty ? Array(text.utf8) : Array(words.joined(separator: [UInt8(ascii: " ")]))
    }

    private static func table(of catalogue: SongCatalogue) -> [Int: UInt32] {
        var table: [Int: UInt32] = [:]
        table.reserveCapacity(catalogue.count)
        for song in 0..<catalogue.count {
            guard let names = catalogue.names(of: song) else { continue }
            let name = hash(artist: names.artist, title: names.title)
            if table[name] == nil { table[name] = UInt32(song) }
        }
        return table
    }

    private static func hash(artist: String, title: String) -> Int {
        var hasher = Hasher()
        hasher.combine(folded(artist))
        hasher.combine(folded(title))
        return hasher.finalize()
    }
}

extension SongCatalogue {
    /// Artist and title of a song that has both.
    func names(of song: Int) -> (artist: String, title: String)? {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writeMembers(of: song, to: &writer)
        writer.endObject()
        // It was rendered here, so it parses; a song that did not would have no name.
        guard let json = try? JSONValue(parsing: writer.bytes), case .string(let artist) = json["artist"],
            case .string(let title) = json["title"]
        else { return nil }
        return (artist, title)
    }
}
