import Storage

extension MemoryDocumentStore {
    func appendRecentListens(_ listens: [RecentListens], keeping limit: Int, now: Int64) throws { throw Self.absent }
    func recentListens(userID: String) throws -> [RecentListen] { throw Self.absent }
    func recentChanges(after cursor: Int64?, limit: Int) throws -> RecentChanges { throw Self.absent }
    func newestRecentChange() throws -> Int64 { throw Self.absent }
    func removeRecentListens(userID: String, now: Int64) throws { throw Self.absent }
    func removeUser(id: String) throws { throw Self.absent }
    func addForgetting(_ request: ForgettingRequest) throws { throw Self.absent }
    func forgettings() throws -> [ForgettingRequest] { throw Self.absent }
    func removeForgetting(_ request: ForgettingRequest) throws { throw Self.absent }
}
