import Domain
import Sodium
import Storage
import Synchronization

/// Finds the song of the catalogue that a scrobbler means, and makes it when there is none.
///
/// The id of a song that is made depends on nothing but the listen, so the same listen always has the same: `mbid:` and
/// MusicBrainz's identifier where the scrobbler tells one, else `name:` and a digest of the folded artist and title.
final class SubmittedTracks: Sendable {
    private let documents: any DocumentStore
    /// Ids of songs made lately, by `name:` id: the catalogue in memory reads them only at its next turn.
    private let madeLately = Mutex<[String: String]>([:])
    private static let madeLatelyLimit = 10_000

    init(documents: any DocumentStore) { self.documents = documents }

    /// The track id of each listen; songs the catalogue does not have are in the store when this returns.
    ///
    /// - Complexity: O(listens); a store look-up for all of them together.
    func trackIDs(of listens: [ScrobbledListen], catalogue: SongCatalogue) throws -> [String] {
        var ids: [String] = []
        var made: [String: Song] = [:]
        var names: [String: String] = [:]
        for listen in listens {
            let own = Self.trackID(of: listen)
            if made[own] == nil, catalogue.song(id: own) == nil {
                if let song = catalogue.names.song(artist: listen.artist, title: listen.title, in: catalogue) {
                    ids.append(catalogue.id(of: song))
                    continue
                }
                if let known = madeLately.withLock({ $0[Self.nameID(of: listen)] }), known != own {
                    ids.append(known)
                    continue
                }
                made[own] = Song(
                    trackID: own, title: listen.title, artist: listen.artist, artistID: listen.artistID,
                    durationMilliseconds: listen.durationMilliseconds)
                names[Self.nameID(of: listen)] = own
            }
            ids.append(own)
        }
        // What the catalogue in memory has not read yet may be in the store already; it is not written again.
        let known = Set(try documents.songs(ids: Array(made.keys)).filter { $0.title != nil }.map(\.trackID))
        let missing = made.values.filter { !known.contains($0.trackID) }
        if !missing.isEmpty { try documents.upsertSongs(missing) }
        madeLately.withLock { made in
            if made.count >= Self.madeLatelyLimit { made.removeAll(keepingCapacity: true) }
            made.merge(names) { old, _ in old }
        }
        return ids
    }

    /// The id a song is given when it is made from a listen.
    static func trackID(of listen: ScrobbledListen) -> String {
        listen.recordingID.map { "mbid:\($0)" } ?? nameID(of: listen)
    }

    private static func nameID(of listen: ScrobbledListen) -> String {
        let name = SongNames.folded(listen.artist) + [0] + SongNames.folded(listen.title)
        return "name:" + Digest.hexadecimal(Digest.sha256(name).prefix(16))
    }
}
