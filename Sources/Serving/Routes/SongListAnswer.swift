import HTTPServer
import Learning

/// The answer of every route that recommends: how the songs were found, and the songs.
///
/// ```
/// {"strategy":"personal","model_version":"…","user_id":"…","songs":[{"id":"…","title":"…",…,"score":0.81},…]}
/// ```
struct SongListAnswer {
    let strategy: Strategy
    let snapshot: ServingSnapshot
    var userID: String?
    var trackID: String?
    let songs: [RankedSong]

    /// Renders the answer into one block of bytes.
    func response() -> HTTPResponse {
        var response = HTTPResponse.json(capacity: 192 + songs.count * 320) { writer in
            writer.beginObject()
            writer.member("strategy", strategy.rawValue)
            writer.member("model_version", snapshot.model?.version)
            if let userID { writer.member("user_id", userID) }
            if let trackID { writer.member("track_id", trackID) }
            writer.key("songs")
            writer.beginArray()
            for song in songs { write(song, to: &writer) }
            writer.endArray()
            writer.endObject()
        }
        response.headers.add("Cache-Control", userID == nil ? "public, max-age=5" : "private, no-store")
        return response
    }

    private func write(_ ranked: RankedSong, to writer: inout JSONWriter) {
        writer.beginObject()
        if let song = ranked.song {
            snapshot.catalogue.writeMembers(of: song, to: &writer)
        } else if let item = ranked.item, let model = snapshot.model {
            // The model knows a song the catalogue was not told of: its id is all there is to say.
            writer.member("id", model.index.id(of: item))
            writer.member("title", String?.none)
            writer.member("artist", String?.none)
        }
        writer.member("score", ranked.score)
        writer.endObject()
    }
}
