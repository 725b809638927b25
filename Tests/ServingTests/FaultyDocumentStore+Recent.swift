import Storage

extension FaultyDocumentStore {
    func appendRecentListens(_ listens: [RecentListens], keeping limit: Int, now: Int64) throws {
        try checked().appendRecentListens(listens, keeping: limit, now: now)
    }
    func recentListens(userID: String) throws -> [RecentListen] { try checked().recentListens(userID: userID) }
    func recentChanges(after cursor: Int64?, limit: Int) throws -> RecentChanges {
        try checked().recentChanges(after: cursor, limit: limit)
    }
    func newestRecentChange() throws -> Int64 { try checked().newestRecentChange() }
    func removeRecentListens(userID: String, now: Int64) throws {
        try checked().removeRecentListens(userID: userID, now: now)
    }
    func removeUser(id: String) throws { try checked().removeUser(id: id) }
    func addForgetting(_ request: ForgettingRequest) throws { try checked().addForgetting(request) }
    func forgettings() throws -> [ForgettingRequest] { try checked().forgettings() }
    func removeForgetting(_ request: ForgettingRequest) throws { try checked().removeForgetting(request) }
}
