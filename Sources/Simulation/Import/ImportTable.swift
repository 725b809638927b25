import ServiceKit

/// One file of a layout: how it is written and what its columns hold.
struct ImportTable {
    let path: String
    let dialect: TextDialect
    let hasHeader: Bool
    let mapping: ColumnMapping
    /// Whether a title ends in the year of release, as MovieLens writes it: `Toy Story (1995)`.
    var titleHoldsYear = false

    /// Name for messages and reports.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}

extension ImportLayout {
    /// The files of a layout, songs before plays.
    ///
    /// - Throws: when a file that the layout needs is not there.
    func tables(_ options: ImportOptions) throws -> [ImportTable] {
        let folder = ImportFolder(path: options.path)
        switch self {
        case .spotifyExports: return try Self.spotifyExports(folder)
        case .lastfmHetrec: return try Self.lastfmHetrec(folder)
        case .movielens: return try Self.movielens(folder)
        case .msdSongs: return try Self.msdSongs(folder)
        case .csv, .tsv:
            var dialect: TextDialect = self == .csv ? .csv : .tsv
            dialect.encoding = options.encoding
            return [
                ImportTable(
                    path: options.path, dialect: dialect, hasHeader: options.hasHeader, mapping: options.mapping)
            ]
        }
    }

    private static func spotifyExports(_ folder: ImportFolder) throws -> [ImportTable] {
        [
            ImportTable(
                path: try folder.file("songs.csv"), dialect: .csv, hasHeader: true,
                mapping: .fixed([
                    .track: "track_id", .title: "title", .artist: "artist", .durationMilliseconds: "est_duration_ms",
                ])),
            ImportTable(
                path: try folder.file("events.tsv"), dialect: .tsv, hasHeader: true,
                mapping: .fixed([
                    .user: "user_id", .track: "track_id", .end: "timestamp_ms", .playedMilliseconds: "ms_played",
                ])),
        ]
    }

    /// Artists stand in for songs: the set knows nothing finer.
    private static func lastfmHetrec(_ folder: ImportFolder) throws -> [ImportTable] {
        [
            ImportTable(
                path: try folder.file("artists.dat"), dialect: .tsv, hasHeader: true,
                mapping: .fixed([
                    .track: "id", .title: "name", .artist: "name", .artistID: "id", .url: "url",
                    .imageURL: "pictureURL",
                ])),
            ImportTable(
                path: try folder.file("user_artists.dat"), dialect: .tsv, hasHeader: true,
                mapping: .fixed([.user: "userID", .track: "artistID", .plays: "weight"])),
        ]
    }

    private static func movielens(_ folder: ImportFolder) throws -> [ImportTable] {
        if let ratings = folder.optionalFile("ratings.csv") {
            return [
                ImportTable(
                    path: try folder.file("movies.csv"), dialect: .csv, hasHeader: true,
                    mapping: .fixed([.track: "movieId", .title: "title"]), titleHoldsYear: true),
                ImportTable(
                    path: ratings, dialect: .csv, hasHeader: true,
                    mapping: .fixed([.user: "userId", .track: "movieId", .rating: "rating", .timestamp: "timestamp"])),
            ]
        }
        if let ratings = folder.optionalFile("u.data") {
            return [
                ImportTable(
                    path: try folder.file("u.item"), dialect: TextDialect(delimiter: "|", encoding: .latin1),
                    hasHeader: false, mapping: .fixed([.track: "1", .title: "2", .released: "3", .url: "5"])),
                ImportTable(
                    path: ratings, dialect: .tsv, hasHeader: false,
                    mapping: .fixed([.user: "1", .track: "2", .rating: "3", .timestamp: "4"])),
            ]
        }
        let colons = TextDialect(delimiter: "::", encoding: .latin1)
        guard let ratings = folder.optionalFile("ratings.dat") else {
            throw SimulationError.notFound(
                "\(folder.path) is no MovieLens folder: it has neither ratings.csv, u.data nor ratings.dat")
        }
        return [
            ImportTable(
                path: try folder.file("movies.dat"), dialect: colons, hasHeader: false,
                mapping: .fixed([.track: "1", .title: "2"]), titleHoldsYear: true),
            ImportTable(
                path: ratings, dialect: colons, hasHeader: false,
                mapping: .fixed([.user: "1", .track: "2", .rating: "3", .timestamp: "4"])),
        ]
    }

    private static func msdSongs(_ folder: ImportFolder) throws -> [ImportTable] {
        // The song's own id and not the id of one recording of it, which is what play counts of the set refer to; usual
        // names try `track_id` first, so the header decides.
        let path = try folder.file("songs.csv")
        let header = try DelimitedTextReader(path: path, dialect: .csv).header()
        let identifier = header.contains("song_id") ? "song_id" : "track_id"
        var columns: [ColumnMapping.Field: String] = [
            .track: identifier, .title: "title", .artist: "artist", .released: "year",
        ]
        if header.contains("duration_s") { columns[.durationSeconds] = "duration_s" }
        return [ImportTable(path: path, dialect: .csv, hasHeader: true, mapping: .fixed(columns))]
    }
}

extension ColumnMapping {
    /// A layout's own columns, and no others.
    static func fixed(_ columns: [Field: String]) -> Self { ColumnMapping(columns, fillsUsualNames: false) }
}

extension DelimitedTextReader {
    /// Reads the first record as the columns' names.
    func header() throws -> [String] {
        guard try next() else { return [] }
        return (0..<fieldCount).map { (text(of: $0) ?? "").trimmed }
    }
}

extension String {
    /// Without spaces at both ends.
    var trimmed: String {
        guard first == " " || last == " " else { return self }
        var rest = Substring(self)
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }
}
