import HTTPServer
import Learning

/// The answer of every route that recommends: how the songs were found, and the songs.
///
/// ```
/// {"strategy":"personal","model_version":"…","user_id":"…","songs":[{"id":"…","title":"…",…,"score":0.81},…]}
/// ```
/// A song has `because` when reasons were asked for: `[{"track_id":"…","title":"…","weight":0.4}, …]`.
struct SongListAnswer {
    let list: RankedList
    let snapshot: ServingSnapshot
    var userID: String?
    var trackID: String?
    /// The song of the catalogue the list is about, when it was not the client who named it.
    var song: Int?

    /// Renders the answer into one block of bytes.
    func response() -> HTTPResponse {
        var response = HTTPResponse.json(capacity: 192 + list.songs.count * 320) { write(to: &$0) }
        response.headers.add("Cache-Control", userID == nil ? "public, max-age=5" : "private, no-store")
        return response
    }

    /// Writes the answer as an object.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("strategy", list.strategy.rawValue)
        writer.member("model_version", snapshot.model?.version)
        if let userID { writer.member("user_id", userID) }
        if let trackID { writer.member("track_id", trackID) }
        if let song {
            writer.key("song")
            writer.beginObject()
            snapshot.catalogue.writeMembers(of: song, to: &writer)
            writer.endObject()
        }
        writer.key("songs")
        writer.beginArray()
        for place in list.songs.indices { write(place, to: &writer) }
        writer.endArray()
        writer.endObject()
    }

    private func write(_ place: Int, to writer: inout JSONWriter) {
        let ranked = list.songs[place]
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
        if let reasons = list.reasons { write(reasons[place], to: &writer) }
        writer.endObject()
    }

    private func write(_ reasons: [Reason], to writer: inout JSONWriter) {
        writer.key("because")
        writer.beginArray()
        for reason in reasons {
            writer.beginObject()
            writer.member("track_id", snapshot.model?.index.id(of: reason.item))
            if let song = snapshot.song(ofItem: reason.item) {
                snapshot.catalogue.writeTitle(of: song, to: &writer)
            } else {
                writer.member("title", String?.none)
            }
            writer.member("weight", reason.weight)
            writer.endObject()
        }
        writer.endArray()
    }
}
