import Storage

extension MemoryDocumentStore {
    func upsertSimilarSongs(_ lists: [SimilarSongs], modelVersion: String) throws { throw Self.absent }
    func setSimilarSongs(modelVersion: String, count: Int) throws { throw Self.absent }
    func similarSongsModelVersion() throws -> String? { throw Self.absent }
    func similarSongs(to trackID: String) throws -> SimilarSongs? { throw Self.absent }
}
