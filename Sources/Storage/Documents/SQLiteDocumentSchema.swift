import SQLite

/// The store's tables, step by step: the shape of the collections of docs/design.md §3.4.
///
/// A step that was released never changes. A later collection or field is a new step at the end, which `prepare` runs
/// once on a file that has the earlier ones.
enum SQLiteDocumentSchema {
    static let component = "documents"

    static let migrations = [
        SchemaMigration(version: 1, script: songs + plays + users + models),
        // Empty in a store that counted before lakes were told apart: the next one that counts is taken for its lake.
        SchemaMigration(version: 2, script: "ALTER TABLE ingest_floor ADD COLUMN lake_id TEXT"),
        SchemaMigration(version: 3, script: ratings),
        SchemaMigration(version: 4, script: recent + forgettings),
        SchemaMigration(version: 5, script: similarSongs),
        SchemaMigration(version: 6, script: clients),
    ]

    // The popularity indexes hold only songs that were played, so an unplayed catalogue costs them nothing.
    private static let songs = """
        CREATE TABLE songs (
            _id TEXT NOT NULL PRIMARY KEY,
            title TEXT,
            artist TEXT,
            artist_id TEXT,
            duration_ms INTEGER,
            image_url TEXT,
            url TEXT,
            release_date TEXT,
            plays_7d INTEGER NOT NULL DEFAULT 0,
            plays_cumulative INTEGER NOT NULL DEFAULT 0);
        CREATE INDEX songs_artist_id ON songs (artist_id);
        CREATE INDEX songs_title ON songs (title);
        CREATE INDEX songs_plays_7d ON songs (plays_7d DESC, _id) WHERE plays_7d > 0;
        CREATE INDEX songs_plays_cumulative ON songs (plays_cumulative DESC, _id) WHERE plays_cumulative > 0;

        """

    // `day` counts days since 1970-01-01. A floor of n stands for the markers 0 … n-1, which are gone.
    private static let plays = """
        CREATE TABLE plays_daily (
            song_id TEXT NOT NULL,
            day INTEGER NOT NULL,
            plays INTEGER NOT NULL,
            PRIMARY KEY (song_id, day)) WITHOUT ROWID;
        CREATE TABLE ingest_commits (version INTEGER PRIMARY KEY);
        CREATE TABLE ingest_floor (only INTEGER PRIMARY KEY CHECK (only = 0), version INTEGER NOT NULL);
        INSERT INTO ingest_floor VALUES (0, 0);

        """

    // Vectors are float32, little-endian, without a header: their length is the blob's.
    private static let users = """
        CREATE TABLE users (
            _id TEXT NOT NULL PRIMARY KEY,
            username TEXT,
            latent_vector BLOB,
            model_version TEXT,
            previous_vector BLOB,
            previous_model_version TEXT,
            last_updated INTEGER);

        """

    // Identifiers hold no control character, so a newline parts them; cosines are float32, little-endian, as many as there are ids.
    // A list has more than a kilobyte: the rows stay out of the index.
    private static let similarSongs = """
        CREATE TABLE similar_songs (
            model_version TEXT NOT NULL,
            song_id TEXT NOT NULL,
            similar_ids TEXT NOT NULL,
            cosines BLOB NOT NULL);
        CREATE UNIQUE INDEX similar_songs_song ON similar_songs (model_version, song_id);
        CREATE TABLE similar_version (only INTEGER PRIMARY KEY CHECK (only = 0), model_version TEXT NOT NULL);

        """

    private static let models = """
        CREATE TABLE models (
            _id TEXT NOT NULL PRIMARY KEY,
            manifest TEXT NOT NULL,
            status TEXT NOT NULL,
            reason TEXT,
            current INTEGER NOT NULL DEFAULT 0);
        CREATE UNIQUE INDEX models_current ON models (current) WHERE current = 1;

        """
}
