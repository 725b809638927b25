import Domain
import Mongo

extension MongoDocumentStore {
    /// Listeners written in one transaction.
    private static let recentUsersPerTransaction = 500

    /// Adds listens, some hundred listeners a transaction.
    ///
    /// Every transaction first raises one counter, so of two that overlap one waits for the other: changes are numbered in the
    /// order in which they can be seen, and a reader who goes on from the highest number has missed none.
    public func appendRecentListens(_ listens: [RecentListens], keeping limit: Int, now: Int64) throws {
        precondition(limit >= 1, "at least one listen is kept")
        for start in stride(from: 0, to: listens.count, by: Self.recentUsersPerTransaction) {
            let slice = listens[start..<min(start + Self.recentUsersPerTransaction, listens.count)]
            try withTransaction { client, session in
                var change = try nextChange(client, session)
                let collection = client.collection(MongoDocumentSchema.recent, in: databaseName)
                var known = try Self.recent(of: slice.map(\.userID), collection, session)
                // One user may come twice in a call, and a bulk upserts each only once.
                var changed: [String: [RecentListen]] = [:]
                for user in slice {
                    let old = known[user.userID] ?? []
                    let merged = RecentListen.merge(old, user.listens, keeping: limit)
                    guard merged != old else { continue }
                    known[user.userID] = merged
                    changed[user.userID] = merged
                }
                try collection.bulkWrite(session: session) { bulk in
                    var upsert = ReusedUpsert()
                    for (userID, listens) in changed {
                        try upsert.add(to: bulk) { filter, update in
                            filter.append("_id", userID)
                            Self.append(listens, change: change, to: &update)
                        }
                        change += 1
                    }
                }
                try setChange(change, client, session)
                try Self.forgetRemoved(before: now, collection, session)
            }
        }
    }

    /// The number of the next change; keeps every other writer away until the transaction ends.
    private func nextChange(_ client: MongoClient, _ session: MongoSession) throws -> Int64 {
        let counters = client.collection(MongoDocumentSchema.recentSequence, in: databaseName)
        try counters.updateOne(["_id": "only"], ["$inc": ["change": .int64(1)]], upsert: true, session: session)
        let change = try counters.findOne(["_id": "only"], session: session) { try $0["change"]?.int64 }
        return (change ?? nil) ?? 1
    }

    /// Notes the last number that was given; `next` is free.
    private func setChange(_ next: Int64, _ client: MongoClient, _ session: MongoSession) throws {
        try client.collection(MongoDocumentSchema.recentSequence, in: databaseName)
            .updateOne(["_id": "only"], ["$set": ["change": .int64(next)]], session: session)
    }

    private static func recent(
        of userIDs: [String], _ collection: MongoCollection, _ session: MongoSession
    ) throws -> [String: [RecentListen]] {
        let filter = BSONDocument { filter in
            filter.appendDocument("_id") { $0.appendArray("$in", userIDs) { $0.append($1, $2) } }
        }
        var known: [String: [RecentListen]] = [:]
        try collection.find(filter, session: session) { document in
            known[try document["_id"]?.string ?? ""] = try listens(document)
        }
        return known
    }

    private static func append(_ listens: [RecentListen], change: Int64, to update: inout BSONBuilder) {
        update.appendDocument("$set") { fields in
            fields.append("change", change)
            fields.appendArray("listens", listens) { array, key, listen in
                array.appendDocument(key) { one in
                    one.append("track_id", listen.trackID)
                    one.append("timestamp", epochMilliseconds: listen.timestamp)
                    one.append("action", listen.action.wireName)
                    one.append("duration", listen.duration)
                    one.append("total_duration", listen.totalDuration)
                }
            }
        }
        update.appendDocument("$unset") { $0.append("removed_at", "") }
    }

    private static func listens(_ document: BSONView) throws -> [RecentListen] {
        guard let array = try document["listens"]?.document else { return [] }
        var listens: [RecentListen] = []
        try array.forEachElement { element in
            guard let listen = element.document, let trackID = try listen["track_id"]?.string,
                let timestamp = try listen["timestamp"]?.date,
                let action = try listen["action"]?.string.flatMap({ EventAction(wireName: $0) })
            else { throw MongoError.malformed("a recent listen lacks its song, its start or a known action") }
            listens.append(
                RecentListen(
                    trackID: trackID, timestamp: timestamp, action: action,
                    duration: Int32(clamping: try listen["duration"]?.int64 ?? 0),
                    totalDuration: Int32(clamping: try listen["total_duration"]?.int64 ?? 0)))
        }
        return listens
    }

    private static func forgetRemoved(
        before now: Int64, _ collection: MongoCollection, _ session: MongoSession
    ) throws {
        try collection.deleteMany(
            ["removed_at": ["$lt": .date(now - RecentRemoval.noticeMilliseconds)]], session: session)
    }

    /// The listens kept of a listener, newest first.
    public func recentListens(userID: String) throws -> [RecentListen] {
        try with(MongoDocumentSchema.recent) { recent in
            try recent.findOne(["_id": .string(userID)]) { try Self.listens($0) } ?? []
        }
    }

    /// Whose listens changed, in order of the change.
    public func recentChanges(after cursor: Int64?, limit: Int) throws -> RecentChanges {
        var changes = RecentChanges(users: [], cursor: cursor ?? 0)
        try with(MongoDocumentSchema.recent) { recent in
            try recent.find(
                ["change": ["$gt": .int64(changes.cursor)]], MongoFindOptions(sort: ["change": 1], limit: limit)
            ) { document in
                guard let userID = try document["_id"]?.string, let change = try document["change"]?.int64 else {
                    throw MongoError.malformed("recent listens lack their listener or the number of their change")
                }
                changes.users.append(RecentListens(userID: userID, listens: try Self.listens(document)))
                changes.cursor = change
            }
        }
        return changes
    }

    /// The number of the newest change.
    public func newestRecentChange() throws -> Int64 {
        let change = try with(MongoDocumentSchema.recent) { recent in
            try recent.findOne([:], MongoFindOptions(projection: ["change": 1], sort: ["change": -1])) {
                try $0["change"]?.int64
            }
        }
        return (change ?? nil) ?? 0
    }

    /// Forgets a listener's listens.
    public func removeRecentListens(userID: String, now: Int64) throws {
        try withTransaction { client, session in
            let change = try nextChange(client, session)
            let collection = client.collection(MongoDocumentSchema.recent, in: databaseName)
            let update = BSONDocument { update in
                update.appendDocument("$set") { fields in
                    fields.append("change", change)
                    fields.append("removed_at", epochMilliseconds: now)
                }
                update.appendDocument("$unset") { $0.append("listens", "") }
            }
            try collection.updateOne(["_id": .string(userID)], update, upsert: true, session: session)
            try Self.forgetRemoved(before: now, collection, session)
        }
    }
}

extension MongoDocumentSchema {
    /// `_id` is the listener: `change`, `listens` newest first, or `removed_at` and none for some minutes.
    static let recent = "recent_listens"
    /// One document, `_id` `only`: `change` is the number that was given last.
    static let recentSequence = "recent_sequence"

    static let recentIndexes = [
        MongoIndex(name: "change", keys: ["change": 1]),
        MongoIndex(name: "removed_at", keys: ["removed_at": 1], partialFilter: ["removed_at": ["$exists": true]]),
    ]
}
