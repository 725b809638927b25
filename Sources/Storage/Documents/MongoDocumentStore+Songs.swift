public import Domain
import Mongo

extension MongoDocumentStore {
    /// Inserts songs or replaces what is known of them.
    public func upsertSongs(_ songs: [Song]) throws {
        try upsertInBulks(songs, into: MongoDocumentSchema.songs) { song, filter, update in
            filter.append("_id", song.trackID)
            if song.hasKnownField { update.appendDocument("$set") { song.appendKnownFields(to: &$0) } }
            update.appendDocument("$setOnInsert") { counts in
                counts.append("plays_7d", Int64(0))
                counts.append("plays_cumulative", Int64(0))
            }
        }
    }

    /// The songs of these ids that exist, each once.
    public func songs(ids: [String]) throws -> [Song] {
        let distinct = Array(Set(ids))
        return try with(MongoDocumentSchema.songs) { collection in
            var songs: [Song] = []
            songs.reserveCapacity(distinct.count)
            var start = 0
            while start < distinct.count {
                let end = min(start + Self.writesPerBulk, distinct.count)
                let filter = BSONDocument { builder in
                    builder.appendDocument("_id") { builder in
                        builder.appendArray("$in", distinct[start..<end]) { $0.append($1, $2) }
                    }
                }
                try collection.find(filter) { songs.append(try Song(document: $0)) }
                start = end
            }
            return songs
        }
    }

    /// A page of the catalogue in order of id.
    public func songs(after cursor: String?, limit: Int) throws -> [Song] {
        try songs(cursor.map { ["_id": ["$gt": .string($0)]] } ?? [:], MongoFindOptions(sort: ["_id": 1], limit: limit))
    }

    /// Every song once, in order of id: a scan of the collection could meet a document again.
    public func forEachSong(_ body: (Song) throws -> Void) throws {
        try with(MongoDocumentSchema.songs) { collection in
            try collection.find([:], MongoFindOptions(sort: ["_id": 1], batchSize: 1_000)) {
                try body(try Song(document: $0))
            }
        }
    }

    /// How many songs there are, by the collection's own bookkeeping.
    public func songCount() throws -> Int { try with(MongoDocumentSchema.songs) { try $0.estimatedCount() } }

    /// Most played songs, best first; served by an index.
    public func popularSongs(window: PopularityWindow, limit: Int) throws -> [Song] {
        let count =
            switch window {
            case .last7Days: "plays_7d"
            case .all: "plays_cumulative"
            }
        let sort = BSONDocument { builder in
            builder.append(count, Int32(-1))
            builder.append("_id", Int32(1))
        }
        let isPlayed = BSONDocument { $0.append(count, .document(["$gt": 0])) }
        return try songs(isPlayed, MongoFindOptions(sort: sort, limit: limit))
    }

    private func songs(_ filter: BSONDocument, _ options: MongoFindOptions) throws -> [Song] {
        try with(MongoDocumentSchema.songs) { collection in
            var songs: [Song] = []
            try collection.find(filter, options) { songs.append(try Song(document: $0)) }
            return songs
        }
    }
}

extension Song {
    fileprivate var hasKnownField: Bool {
        title != nil || artist != nil || artistID != nil || durationMilliseconds != nil || imageURL != nil || url != nil
            || releaseDate != nil
    }

    fileprivate func appendKnownFields(to builder: inout BSONBuilder) {
        if let title { builder.append("title", title) }
        if let artist { builder.append("artist", artist) }
        if let artistID { builder.append("artist_id", artistID) }
        if let durationMilliseconds { builder.append("duration_ms", durationMilliseconds) }
        if let imageURL { builder.append("image_url", imageURL) }
        if let url { builder.append("url", url) }
        if let releaseDate { builder.append("release_date", epochMilliseconds: releaseDate.startMilliseconds) }
    }

    /// Reads a document of `songs`; what is missing or of another type is unknown.
    fileprivate init(document: BSONView) throws {
        self.init(trackID: "")
        try document.forEachElement { element in
            if element.hasKey("_id") {
                trackID = element.string ?? ""
            } else if element.hasKey("title") {
                title = element.string
            } else if element.hasKey("artist") {
                artist = element.string
            } else if element.hasKey("artist_id") {
                artistID = element.string
            } else if element.hasKey("duration_ms") {
                durationMilliseconds = element.int64.map(Int32.init(clamping:))
            } else if element.hasKey("image_url") {
                imageURL = element.string
            } else if element.hasKey("url") {
                url = element.string
            } else if element.hasKey("release_date") {
                releaseDate = element.date.map { EventDay(epochMilliseconds: $0) }
            } else if element.hasKey("plays_7d") {
                playsLast7Days = element.int64 ?? 0
            } else if element.hasKey("plays_cumulative") {
                playsCumulative = element.int64 ?? 0
            }
        }
        guard !trackID.isEmpty else { throw MongoError.malformed("a song has no text as _id") }
    }
}
