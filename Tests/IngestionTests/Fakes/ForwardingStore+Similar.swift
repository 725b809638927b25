import Storage

extension ForwardingStore {
    func upsertSimilarSongs(_ lists: [SimilarSongs], modelVersion: String) throws {
        try store.upsertSimilarSongs(lists, modelVersion: modelVersion)
    }
    func setSimilarSongs(modelVersion: String, count: Int) throws {
        try store.setSimilarSongs(modelVersion: modelVersion, count: count)
    }
    func similarSongsModelVersion() throws -> String? { try store.similarSongsModelVersion() }
    func similarSongs(to trackID: String) throws -> SimilarSongs? { try store.similarSongs(to: trackID) }
}
