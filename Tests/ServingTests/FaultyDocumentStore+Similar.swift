import Storage

extension FaultyDocumentStore {
    func upsertSimilarSongs(_ lists: [SimilarSongs], modelVersion: String) throws {
        try checked().upsertSimilarSongs(lists, modelVersion: modelVersion)
    }
    func setSimilarSongs(modelVersion: String, count: Int) throws {
        try checked().setSimilarSongs(modelVersion: modelVersion, count: count)
    }
    func similarSongsModelVersion() throws -> String? { try checked().similarSongsModelVersion() }
    func similarSongs(to trackID: String) throws -> SimilarSongs? { try checked().similarSongs(to: trackID) }
}
