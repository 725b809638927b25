public import ServiceKit

/// What a folder or file to import looks like.
public enum ImportLayout: String, SettingChoice, Sendable {
    /// `events.tsv[.gz]` (`user_id track_id timestamp_ms ms_played`, the timestamp being the END of the play) and
    /// `songs.csv[.gz]` (`track_id,title,artist,est_duration_ms`).
    case spotifyExports = "spotify-exports"
    /// HetRec 2011 Last.fm: `user_artists.dat` and `artists.dat`; play counts of artists, without times.
    case lastfmHetrec = "lastfm-hetrec"
    /// MovieLens: `ratings.csv` and `movies.csv` (latest, 20M, 25M), `ratings.dat` and `movies.dat` (1M, 10M), or `u.data`
    /// and `u.item` (100k).
    case movielens
    /// Million Song Dataset: `songs.csv[.gz]`, songs only.
    case msdSongs = "msd-songs"
    /// One CSV file, read by a column mapping.
    case csv
    /// One TSV file, read by a column mapping.
    case tsv
}

/// What to import and how.
public struct ImportOptions: Sendable {
    /// What it looks like.
    public var layout: ImportLayout
    /// Folder, or file for `csv` and `tsv`.
    public var path: String
    /// Columns of a `csv` or `tsv` file.
    public var mapping: ColumnMapping
    /// Encoding of a `csv` or `tsv` file.
    public var encoding = TextDialect.Encoding.utf8
    /// Whether a `csv` or `tsv` file begins with the columns' names; without them columns are named by number, from 1.
    public var hasHeader = true
    /// Now, epoch milliseconds: plays without a time lie before it, and later timestamps are refused.
    public var now: Int64
    /// Plays without a time are spread over so many days before `now`.
    public var windowDays = 90
    /// Plays of one user and song, where only their count is known, are held to this many.
    public var playCountLimit = 20
    /// Put before every user, track and artist id, so that two sets whose ids are small numbers can live in one store.
    public var idPrefix = ""
    /// Events that are kept in memory to be put in order of time. A larger set is written in several ordered runs.
    public var sortedEventLimit = 40_000_000

    /// What to import, with the defaults for everything else.
    public init(
        layout: ImportLayout, path: String, mapping: ColumnMapping = ColumnMapping(),
        now: Int64 = SystemWallClock().now
    ) {
        self.layout = layout
        self.path = path
        self.mapping = mapping
        self.now = now
    }

    func check() throws {
        guard (1...3650).contains(windowDays) else {
            throw SimulationError.invalid("window is \(windowDays) days; allowed is 1 … 3650")
        }
        guard (1...1_000_000).contains(playCountLimit) else {
            throw SimulationError.invalid("play count limit is \(playCountLimit); allowed is 1 … 1000000")
        }
        guard sortedEventLimit > 0 else { throw SimulationError.invalid("the sorted event limit must be above 0") }
        guard idPrefix.utf8.count <= 64, ValidIdentifier.make(idPrefix + "x") == idPrefix + "x" else {
            throw SimulationError.invalid(
                "id prefix is \(JSONText.string(idPrefix)); it takes up to 64 bytes of plain text")
        }
    }
}
