import ServiceKit

/// Which column of a file holds what: `title=track_name,artist=artist_name`.
public struct ColumnMapping: Sendable, Equatable {
    /// What a column can hold.
    public enum Field: String, Sendable, CaseIterable {
        /// Track id. Without it the id is made of artist and title.
        case track
        /// Title.
        case title
        /// Artist's name.
        case artist
        /// Artist's identifier. Without it the id is made of the name.
        case artistID = "artist_id"
        /// Length in milliseconds.
        case durationMilliseconds = "duration_ms"
        /// Length in seconds.
        case durationSeconds = "duration_s"
        /// Where it can be heard.
        case url
        /// Cover picture.
        case imageURL = "image_url"
        /// Day of release: `2008-05-31`, `31-May-2008`, or a year.
        case released
        /// User id: makes a row a listen.
        case user
        /// Name of the user to show.
        case username
        /// When the play started: epoch seconds, milliseconds, or ISO 8601.
        case timestamp
        /// When the play ended; in place of `timestamp`.
        case end
        /// `listen`, `skip` or `complete`. Without it the action follows from what was heard.
        case action
        /// Milliseconds heard.
        case playedMilliseconds = "played_ms"
        /// Seconds heard.
        case playedSeconds = "played_s"
        /// How many plays the row stands for; they have no time of their own.
        case plays
        /// Rating from 0.5 to 5: from 4 a `complete`, below 2.5 a `skip`, else a `listen`.
        case rating

        /// Names that are taken for the field when the mapping does not say.
        var usualNames: [String] {
            switch self {
            case .track: ["track", "track_id", "trackid", "song_id", "item_id"]
            case .title: ["title", "track_name", "song", "song_name", "name", "master_metadata_track_name"]
            case .artist: ["artist", "artist_name", "artists", "master_metadata_album_artist_name"]
            case .artistID: ["artist_id", "artistid"]
            case .durationMilliseconds: ["duration_ms", "est_duration_ms", "total_duration"]
            case .durationSeconds: ["duration_s", "duration_sec", "duration_seconds"]
            case .url: ["url"]
            case .imageURL: ["image_url", "picture_url", "cover"]
            case .released: ["released", "release_date", "year"]
            case .user: ["user", "user_id", "userid"]
            case .username: ["username", "user_name"]
            case .timestamp: ["timestamp", "time", "played_at", "timestamp_ms"]
            case .end: ["end", "end_time", "endtime"]
            case .action: ["action"]
            case .playedMilliseconds: ["played_ms", "ms_played", "msplayed"]
            case .playedSeconds: ["played_s", "seconds_played"]
            case .plays: ["plays", "play_count", "playcount"]
            case .rating: ["rating"]
            }
        }
    }

    /// Column by field: a name of the header, or a number from 1.
    public var columns: [Field: String]
    /// Whether fields that are not mapped are looked for by their usual names.
    public var fillsUsualNames: Bool

    /// A mapping; by default empty, so that the usual names hold.
    public init(_ columns: [Field: String] = [:], fillsUsualNames: Bool = true) {
        self.columns = columns
        self.fillsUsualNames = fillsUsualNames
    }

    /// Reads `field=column,field=column`.
    ///
    /// - Throws: when a part is no such pair, a field is not known, or is there twice.
    public init(text: String) throws {
        self.init()
        for part in text.split(separator: ",", omittingEmptySubsequences: false) where !part.isEmpty {
            guard let equals = part.firstIndex(of: "="), equals != part.startIndex,
                part.index(after: equals) != part.endIndex
            else {
                throw SimulationError.invalid(
                    "mapping \"\(part)\" is no field=column; an example is title=track_name,artist=artist_name")
            }
            let name = String(part[..<equals])
            guard let field = Field(rawValue: name) else {
                let names = Field.allCases.map(\.rawValue)
                let hint = Suggestion.nearest(to: name, among: names).map { " Did you mean \"\($0)\"?" } ?? ""
                throw SimulationError.invalid(
                    "mapping \"\(part)\": there is no field \"\(name)\".\(hint) Fields are "
                        + names.joined(separator: ", "))
            }
            guard columns[field] == nil else { throw SimulationError.invalid("\"\(name)\" is mapped twice") }
            columns[field] = String(part[part.index(after: equals)...])
        }
    }

    /// The index of each field's column.
    ///
    /// - Parameters:
    ///   - header: names of the columns; nil when the file has none.
    ///   - file: for the message.
    /// - Throws: when a mapped column is not there.
    func resolve(header: [String]?, file: String) throws -> [Field: Int] {
        var indices: [Field: Int] = [:]
        let names = header?.map { $0.lowercased() }
        for (field, column) in columns {
            if let index = names?.firstIndex(of: column.lowercased()) {
                indices[field] = index
            } else if let number = Int(column), number >= 1, number <= header?.count ?? .max {
                indices[field] = number - 1
            } else {
                throw missing(column, field: field, header: header, file: file)
            }
        }
        guard fillsUsualNames, let names else { return indices }
        var taken = Set(indices.values)
        for field in Field.allCases where indices[field] == nil {
            for name in field.usualNames {
                guard let index = names.firstIndex(of: name), !taken.contains(index) else { continue }
                indices[field] = index
                taken.insert(index)
                break
            }
        }
        return indices
    }

    private func missing(_ column: String, field: Field, header: [String]?, file: String) -> SimulationError {
        guard let header else {
            return .invalid(
                "\(file) has no header, so \(field.rawValue)=\(column) must name a column by number, from 1")
        }
        let hint = Suggestion.nearest(to: column, among: header).map { " Did you mean \"\($0)\"?" } ?? ""
        return .invalid(
            "\(file) has no column \"\(column)\" for \(field.rawValue).\(hint) Its columns are "
                + header.joined(separator: ", "))
    }
}
