import SQLite

extension SQLiteDocumentStore {
    /// Rows removed in one transaction: a list has more than a kilobyte, and ingest waits for its turn.
    private static let listsRemovedAtOnce = 5_000

    /// Writes lists in transactions of bounded size.
    public func upsertSimilarSongs(_ lists: [SimilarSongs], modelVersion: String) throws {
        let sql = """
            INSERT INTO similar_songs (model_version, song_id, similar_ids, cosines) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (model_version, song_id)
            DO UPDATE SET similar_ids = excluded.similar_ids, cosines = excluded.cosines
            """
        var ids: [UInt8] = []
        var cosines: [Float] = []
        try writeInBatches(lists, sql) { list, statement in
            ids.removeAll(keepingCapacity: true)
            cosines.removeAll(keepingCapacity: true)
            for neighbor in list.neighbors {
                if !cosines.isEmpty { ids.append(UInt8(ascii: "\n")) }
                ids.append(contentsOf: neighbor.trackID.utf8)
                cosines.append(neighbor.cosine)
            }
            try statement.bind(modelVersion, at: 1)
            try statement.bind(list.trackID, at: 2)
            try ids.withUnsafeBytes { try statement.bindText(utf8: $0, at: 3) }
            try cosines.withUnsafeBytes { try statement.bind($0, at: 4) }
        }
    }

    /// Counts and changes over in one transaction; the others' lists go in several.
    public func setSimilarSongs(modelVersion: String, count: Int) throws {
        try write { connection in
            let found =
                try connection.first(
                    "SELECT count(*) FROM similar_songs WHERE model_version = ?1", [.text(modelVersion)]
                ) { $0.int64(at: 0) } ?? 0
            guard found == Int64(count) else { throw StorageError.lists(found, wanted: count, of: modelVersion) }
            try connection.run(
                "INSERT OR REPLACE INTO similar_version (only, model_version) VALUES (0, ?1)", [.text(modelVersion)])
        }
        let remove = """
            DELETE FROM similar_songs WHERE rowid IN
                (SELECT rowid FROM similar_songs WHERE model_version <> ?1 LIMIT \(Self.listsRemovedAtOnce))
            """
        var removed = Self.listsRemovedAtOnce
        while removed == Self.listsRemovedAtOnce {
            removed = try write { try $0.run(remove, [.text(modelVersion)]) }
        }
    }

    /// The version whose lists are read.
    public func similarSongsModelVersion() throws -> String? {
        try rows("SELECT model_version FROM similar_version") { $0.string(at: 0) }.first
    }

    /// The list of a song, of one snapshot.
    public func similarSongs(to trackID: String) throws -> SimilarSongs? {
        let sql = """
            SELECT similar_ids, cosines FROM similar_songs
            WHERE song_id = ?1 AND model_version = (SELECT model_version FROM similar_version)
            """
        return try rows(sql, [.text(trackID)]) { row in
            let ids = row.string(at: 0).split(separator: "\n")
            let cosines = try row.withColumnBytes(at: 1) { bytes throws(StorageError) in
                guard bytes.count == ids.count * MemoryLayout<Float>.size else {
                    throw StorageError(
                        .corrupt,
                        "\(pool.writer.path): the list of songs similar to \(trackID) has \(ids.count) songs and \(bytes.count) bytes of cosines; segue similar writes it anew"
                    )
                }
                return (0..<ids.count).map {
                    bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Float>.size, as: Float.self)
                }
            }
            return SimilarSongs(
                trackID: trackID,
                neighbors: zip(ids, cosines).map { .init(trackID: String($0), cosine: $1) })
        }.first
    }
}

extension StorageError {
    static func lists(_ found: Int64, wanted: Int, of version: String) -> StorageError {
        StorageError(
            .invalid,
            "the store has \(found) lists of similar songs of model \(version), not \(wanted): another training wrote its own meanwhile; segue similar writes them again"
        )
    }
}
