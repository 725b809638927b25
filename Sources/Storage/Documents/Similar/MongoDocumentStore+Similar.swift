import Mongo

extension MongoDocumentStore {
    /// Writes lists in bulks of bounded size.
    public func upsertSimilarSongs(_ lists: [SimilarSongs], modelVersion: String) throws {
        try upsertInBulks(lists, into: MongoDocumentSchema.similarSongs) { list, filter, update in
            filter.append("_id", Self.listID(modelVersion, list.trackID))
            update.appendDocument("$set") { fields in
                fields.append("model_version", modelVersion)
                fields.append("song_id", list.trackID)
                fields.appendArray("similar", list.neighbors) { array, key, neighbor in
                    array.appendDocument(key) { song in
                        song.append("song_id", neighbor.trackID)
                        song.append("cosine", Double(neighbor.cosine))
                    }
                }
            }
        }
    }

    /// Changes over by one document, then removes the others' lists.
    public func setSimilarSongs(modelVersion: String, count: Int) throws {
        try with(MongoDocumentSchema.similarSongs) { collection in
            let lists: BSONDocument = ["model_version": .string(modelVersion), "song_id": ["$exists": true]]
            let found = try collection.count(lists)
            guard found == count else { throw StorageError.lists(Int64(found), wanted: count, of: modelVersion) }
            try collection.updateOne(
                ["_id": "current"], ["$set": ["model_version": .string(modelVersion)]], upsert: true)
            try collection.deleteMany(["model_version": ["$ne": .string(modelVersion)]])
        }
    }

    /// The version whose lists are read.
    public func similarSongsModelVersion() throws -> String? {
        try with(MongoDocumentSchema.similarSongs) { collection in
            try collection.findOne(["_id": "current"]) { try $0["model_version"]?.string } ?? nil
        }
    }

    /// The list of a song. Another version may become current between the two look-ups: then they are made again.
    public func similarSongs(to trackID: String) throws -> SimilarSongs? {
        var version = try similarSongsModelVersion()
        while let asked = version {
            let list = try with(MongoDocumentSchema.similarSongs) { collection in
                try collection.findOne(["_id": .string(Self.listID(asked, trackID))]) { document in
                    try SimilarSongs(trackID: trackID, document: document)
                }
            }
            if let list { return list }
            version = try similarSongsModelVersion()
            if version == asked { return nil }
        }
        return nil
    }

    private static func listID(_ modelVersion: String, _ trackID: String) -> String { "\(modelVersion)/\(trackID)" }
}

extension SimilarSongs {
    /// Reads a document of `similar_songs`.
    fileprivate init(trackID: String, document: BSONView) throws {
        self.init(trackID: trackID, neighbors: [])
        guard let similar = try document["similar"]?.document else {
            throw MongoError.malformed("the songs similar to \(trackID) are no array")
        }
        try similar.forEachElement { element in
            guard let song = element.document, let id = try song["song_id"]?.string,
                let cosine = try song["cosine"]?.double
            else { throw MongoError.malformed("the songs similar to \(trackID) have no id or no cosine") }
            neighbors.append(.init(trackID: id, cosine: Float(cosine)))
        }
    }
}
