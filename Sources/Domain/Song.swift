/// A song of the catalogue: one document of `songs` (docs/design.md §3.4).
public struct Song: Sendable, Hashable {
    /// Track id, the document's `_id`.
    public var trackID: String
    /// Title, or nil while only the id is known (a listen of a song the catalogue has not met).
    public var title: String?
    /// Artist's name.
    public var artist: String?
    /// Artist's identifier.
    public var artistID: String?
    /// Length in milliseconds.
    public var durationMilliseconds: Int32?
    /// Cover picture.
    public var imageURL: String?
    /// Where the song can be heard.
    public var url: String?
    /// Day of release.
    public var releaseDate: EventDay?
    /// Plays in the last seven UTC days, today included. Maintained by the store; ignored by `upsertSongs`.
    public var playsLast7Days: Int64
    /// Plays since the beginning. Maintained by the store; ignored by `upsertSongs`.
    public var playsCumulative: Int64

    /// Makes a song; all but the id may be unknown.
    public init(
        trackID: String, title: String? = nil, artist: String? = nil, artistID: String? = nil,
        durationMilliseconds: Int32? = nil, imageURL: String? = nil, url: String? = nil, releaseDate: EventDay? = nil,
        playsLast7Days: Int64 = 0, playsCumulative: Int64 = 0
    ) {
        self.trackID = trackID
        self.title = title
        self.artist = artist
        self.artistID = artistID
        self.durationMilliseconds = durationMilliseconds
        self.imageURL = imageURL
        self.url = url
        self.releaseDate = releaseDate
        self.playsLast7Days = playsLast7Days
        self.playsCumulative = playsCumulative
    }
}
