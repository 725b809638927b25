public import Domain
import SQLite

extension SQLiteDocumentStore {
    private static let columns = """
        _id, title, artist, artist_id, duration_ms, image_url, url, release_date, plays_7d, plays_cumulative
        """

    /// Inserts songs or replaces what is known of them.
    public func upsertSongs(_ songs: [Song]) throws {
        let sql = """
            INSERT INTO songs (_id, title, artist, artist_id, duration_ms, image_url, url, release_date)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (_id) DO UPDATE SET
                title = coalesce(excluded.title, title),
                artist = coalesce(excluded.artist, artist),
                artist_id = coalesce(excluded.artist_id, artist_id),
                duration_ms = coalesce(excluded.duration_ms, duration_ms),
                image_url = coalesce(excluded.image_url, image_url),
                url = coalesce(excluded.url, url),
                release_date = coalesce(excluded.release_date, release_date)
            """
        try writeInBatches(songs, sql) { song, statement in
            try statement.bind(song.trackID, at: 1)
            try statement.bind(song.title, at: 2)
            try statement.bind(song.artist, at: 3)
            try statement.bind(song.artistID, at: 4)
            try statement.bind(song.durationMilliseconds.map(Int64.init), at: 5)
            try statement.bind(song.imageURL, at: 6)
            try statement.bind(song.url, at: 7)
            try statement.bind(song.releaseDate?.description, at: 8)
        }
    }

    /// The songs of these ids that exist, each once.
    public func songs(ids: [String]) throws -> [Song] {
        let sql = "SELECT \(Self.columns) FROM songs WHERE _id = ?1"
        return try StorageError.fromSQLite {
            // One snapshot, so that a list read while counts move is of one moment.
            try pool.readSnapshot { connection in
                try connection.withStatement(sql) { statement in
                    var songs: [Song] = []
                    songs.reserveCapacity(ids.count)
                    var seen = Set<String>(minimumCapacity: ids.count)
                    for id in ids where seen.insert(id).inserted {
                        try statement.bind(id, at: 1)
                        try statement.forEachRow { songs.append(Self.song($0)) }
                    }
                    return songs
                }
            }
        }
    }

    /// A page of the catalogue in order of id.
    public func songs(after cursor: String?, limit: Int) throws -> [Song] {
        // The empty string comes before every id.
        try rows(
            "SELECT \(Self.columns) FROM songs WHERE _id > ?1 ORDER BY _id LIMIT ?2",
            [.text(cursor ?? ""), .integer(Int64(max(0, limit)))], Self.song)
    }

    /// Every song once, of one snapshot.
    public func forEachSong(_ body: (Song) throws -> Void) throws {
        try forEachRow("SELECT \(Self.columns) FROM songs") { try body(Self.song($0)) }
    }

    /// How many songs there are.
    public func songCount() throws -> Int { Int(try number("SELECT count(*) FROM songs")) }

    /// Most played songs, best first; served by an index.
    public func popularSongs(window: PopularityWindow, limit: Int) throws -> [Song] {
        let count =
            switch window {
            case .last7Days: "plays_7d"
            case .all: "plays_cumulative"
            }
        return try rows(
            "SELECT \(Self.columns) FROM songs WHERE \(count) > 0 ORDER BY \(count) DESC, _id LIMIT ?1",
            [.integer(Int64(max(0, limit)))], Self.song)
    }

    private static func song(_ row: Statement) -> Song {
        Song(
            trackID: row.string(at: 0), title: row.optionalString(at: 1), artist: row.optionalString(at: 2),
            artistID: row.optionalString(at: 3),
            durationMilliseconds: row.optionalInt64(at: 4).map(Int32.init(clamping:)),
            imageURL: row.optionalString(at: 5), url: row.optionalString(at: 6),
            releaseDate: row.optionalString(at: 7).flatMap { EventDay($0) }, playsLast7Days: row.int64(at: 8),
            playsCumulative: row.int64(at: 9))
    }
}
