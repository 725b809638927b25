import Mongo

/// The store's collections and their indexes (docs/design.md §3.4).
///
/// MongoDB needs no step-by-step migration for a new collection, index or field: add it here and raise `version`, and
/// `prepare` makes it. The version keeps an older program from writing what a newer one would misread.
enum MongoDocumentSchema {
    static let version: Int64 = 6

    static let songs = "songs"
    static let users = "users"
    static let models = "models"
    /// `_id` is `<song_id>/<YYYY-MM-DD>`, with both as fields too.
    static let playsDaily = "plays_daily"
    /// Markers: `_id` is the lake's version.
    static let commits = "ingest_commits"
    /// One document, `_id` `only`: versions below its `version` are applied, and have no marker; all are of the lake
    /// `lake_id`, missing before schema version 2. `applied` counts transactions; while `recounting` stands, none may be made.
    static let floor = "ingest_floor"
    /// `_id` is `<model_version>/<song_id>`, with both as fields too; the document `current` names the version that is read.
    static let similarSongs = "similar_songs"
    /// One document a component: `{_id: "documents", version}`.
    static let schemaVersions = "schema_versions"

    static let indexes: [(collection: String, indexes: [MongoIndex])] = [
        (
            songs,
            [
                MongoIndex(name: "artist_id", keys: ["artist_id": 1]),
                MongoIndex(name: "title", keys: ["title": 1]),
                MongoIndex(name: "plays_7d", keys: ["plays_7d": -1, "_id": 1]),
                MongoIndex(name: "plays_cumulative", keys: ["plays_cumulative": -1, "_id": 1]),
            ]
        ),
        (ratings, ratingIndexes), (ratingUsers, ratingUserIndexes),
        (recent, recentIndexes),
        (similarSongs, [MongoIndex(name: "model_version", keys: ["model_version": 1])]),
        (listenerTokens, clientIndexes),
        (playsDaily, [MongoIndex(name: "song_day", keys: ["song_id": 1, "day": 1])]),
        (
            models,
            [MongoIndex(name: "current", keys: ["current": 1], isUnique: true, partialFilter: ["current": true])]
        ),
    ]
}
