import Storage

extension ForwardingStore {
    func appendRecentListens(_ listens: [RecentListens], keeping limit: Int, now: Int64) throws {
        try store.appendRecentListens(listens, keeping: limit, now: now)
    }
    func recentListens(userID: String) throws -> [RecentListen] { try store.recentListens(userID: userID) }
    func recentChanges(after cursor: Int64?, limit: Int) throws -> RecentChanges {
        try store.recentChanges(after: cursor, limit: limit)
    }
    func newestRecentChange() throws -> Int64 { try store.newestRecentChange() }
    func removeRecentListens(userID: String, now: Int64) throws {
        try store.removeRecentListens(userID: userID, now: now)
    }
    func removeUser(id: String) throws { try store.removeUser(id: id) }
    func addForgetting(_ request: ForgettingRequest) throws { try store.addForgetting(request) }
    func forgettings() throws -> [ForgettingRequest] { try store.forgettings() }
    func removeForgetting(_ request: ForgettingRequest) throws { try store.removeForgetting(request) }
}
