public import Domain
import Mongo

extension MongoDocumentStore {
    /// Thrown inside the transaction, to leave it without a trace.
    private struct AlreadyApplied: Error {}

    /// Adds the commits' plays and their markers in one transaction.
    ///
    /// The markers go first: of two daemons with the same commit one is refused at once, before any work was done, and
    /// finds the other's marker when its transaction is run again.
    public func applyPlays(_ plays: CommitPlays, today: EventDay) throws -> Bool {
        do {
            try withTransaction { client, session in
                try claim(plays.lakeID, client, session)
                for version in plays.lakeVersions { try mark(version, client, session) }
                try addPlays(plays.plays, today: today, client, session)
            }
            return true
        } catch is AlreadyApplied {
            return false
        }
    }

    /// Makes the lake the one that is counted, or refuses it.
    ///
    /// The document is changed in any case: of a transaction and a recount that overlap, one then meets the other.
    private func claim(_ lakeID: String?, _ client: MongoClient, _ session: MongoSession) throws {
        let floors = client.collection(MongoDocumentSchema.floor, in: databaseName)
        var counted: String?
        var isRecounting = false
        _ = try floors.findOne(["_id": "only"], session: session) { floor in
            counted = try floor["lake_id"]?.string
            isRecounting = try floor["recounting"]?.bool ?? false
        }
        if isRecounting {
            throw StorageError(
                .unavailable,
                "\(pool.place): the plays are being counted anew; when nobody does it, it was interrupted: run "
                    + "`segue lake recount` again")
        }
        if let lakeID, let counted, counted != lakeID {
            throw StorageError.otherLake(lakeID, counted: counted, place: pool.place)
        }
        var update: BSONDocument = ["$inc": ["applied": 1]]
        if let lakeID { update = ["$inc": ["applied": 1], "$set": ["lake_id": .string(lakeID)]] }
        try floors.updateOne(["_id": "only"], update, upsert: true, session: session)
    }

    private func mark(_ version: Int64, _ client: MongoClient, _ session: MongoSession) throws {
        let markers = client.collection(MongoDocumentSchema.commits, in: databaseName)
        if version < (try floor(client, session)) { throw AlreadyApplied() }
        let isMarked = try markers.findOne(["_id": .int64(version)], session: session) { _ in true } ?? false
        if isMarked { throw AlreadyApplied() }
        do {
            try markers.insertOne(["_id": .int64(version)], session: session)
        } catch let error as MongoError where error.isDuplicateKey {
            throw AlreadyApplied()
        }
    }

    private func addPlays(
        _ plays: [String: [EventDay: Int64]], today: EventDay, _ client: MongoClient, _ session: MongoSession
    ) throws {
        let recent = RecentPlays(today: today)
        let songs = client.collection(MongoDocumentSchema.songs, in: databaseName)
        let buckets = client.collection(MongoDocumentSchema.playsDaily, in: databaseName)
        var rest = Array(plays)[...]
        while !rest.isEmpty {
            let slice = rest.prefix(Self.writesPerBulk)
            rest = rest.dropFirst(slice.count)
            try songs.bulkWrite(session: session) { bulk in
                var upsert = ReusedUpsert()
                for (trackID, days) in slice {
                    try upsert.add(to: bulk) { filter, update in
                        filter.append("_id", trackID)
                        update.appendDocument("$inc") { counters in
                            counters.append("plays_7d", recent.sum(days))
                            counters.append("plays_cumulative", days.values.reduce(0, +))
                        }
                    }
                }
            }
            try buckets.bulkWrite(session: session) { bulk in
                var upsert = ReusedUpsert()
                for (trackID, days) in slice {
                    for (day, count) in days where recent.keeps(day) {
                        try upsert.add(to: bulk) { filter, update in
                            filter.append("_id", "\(trackID)/\(day)")
                            update.appendDocument("$inc") { $0.append("plays", count) }
                            update.appendDocument("$setOnInsert") { bucket in
                                bucket.append("song_id", trackID)
                                bucket.append("day", epochMilliseconds: day.startMilliseconds)
                            }
                        }
                    }
                }
            }
        }
    }

    // MARK: - markers

    /// Identity of the lake whose plays are counted.
    public func countedLakeID() throws -> String? {
        try with(MongoDocumentSchema.floor) { floors in
            try floors.findOne(["_id": "only"]) { try $0["lake_id"]?.string } ?? nil
        }
    }

    /// Versions below this one are all applied.
    public func appliedCommitsFloor() throws -> Int64 { try withClient { try floor($0, nil) } }

    private func floor(_ client: MongoClient, _ session: MongoSession?) throws -> Int64 {
        let version = try client.collection(MongoDocumentSchema.floor, in: databaseName)
            .findOne(["_id": "only"], session: session) { try $0["version"]?.int64 }
        return (version ?? 0) ?? 0
    }

    /// Markers at or above `version`, ascending.
    public func appliedCommits(from version: Int64) throws -> [Int64] {
        try with(MongoDocumentSchema.commits) { markers in
            var versions: [Int64] = []
            try markers.find(["_id": ["$gte": .int64(version)]], MongoFindOptions(sort: ["_id": 1])) { marker in
                guard let version = try marker["_id"]?.int64 else {
                    throw MongoError.malformed("a marker of ingest_commits has no number as _id")
                }
                versions.append(version)
            }
            return versions
        }
    }

    /// Raises the floor to `version`, never lowers it, and drops the markers below.
    ///
    /// Not one transaction: the floor stands before the first marker goes, so no commit is ever without one of them.
    public func setAppliedCommitsFloor(_ version: Int64) throws {
        try withClient { client in
            try client.collection(MongoDocumentSchema.floor, in: databaseName)
                .updateOne(["_id": "only"], ["$max": ["version": .int64(version)]], upsert: true)
            try client.collection(MongoDocumentSchema.commits, in: databaseName)
                .deleteMany(["_id": ["$lt": .int64(version)]])
        }
    }

    // MARK: - the turn of the day

    /// Songs looked at in one transaction: few enough that it seldom meets another.
    private static let songsPerRefresh = 1_000

    /// Makes every `plays_7d` the sum of its window and drops the buckets nobody needs any more, a page of songs a
    /// transaction: a song that is being counted meanwhile is read again.
    ///
    /// - Complexity: O(songs + buckets); documents whose sum did not change are not written.
    public func refreshRecentPlays(today: EventDay) throws {
        let recent = RecentPlays(today: today)
        var cursor: String?
        repeat {
            cursor = try withTransaction { client, session in
                try refreshPage(after: cursor, recent, client, session)
            }
        } while cursor != nil
    }

    /// - Returns: the page's last song; nil when there was none.
    private func refreshPage(
        after cursor: String?, _ recent: RecentPlays, _ client: MongoClient, _ session: MongoSession
    ) throws -> String? {
        let songs = client.collection(MongoDocumentSchema.songs, in: databaseName)
        var page: [(trackID: String, plays: Int64)] = []
        let options = MongoFindOptions(projection: ["plays_7d": 1], sort: ["_id": 1], limit: Self.songsPerRefresh)
        let filter: BSONDocument = cursor.map { ["_id": ["$gt": .string($0)]] } ?? [:]
        try songs.find(filter, options, session: session) { song in
            page.append((try song["_id"]?.string ?? "", try song["plays_7d"]?.int64 ?? 0))
        }
        guard let last = page.last?.trackID else { return nil }
        let sums = try sumBuckets(of: page.map(\.trackID), recent, client, session)
        try songs.bulkWrite(session: session) { bulk in
            var upsert = ReusedUpsert()
            for (trackID, plays) in page where plays != sums[trackID] ?? 0 {
                try upsert.add(to: bulk) { filter, update in
                    filter.append("_id", trackID)
                    update.appendDocument("$set") { $0.append("plays_7d", sums[trackID] ?? 0) }
                }
            }
        }
        return last
    }

    /// Sums the window of these songs, and drops what lies before all windows.
    private func sumBuckets(
        of trackIDs: [String], _ recent: RecentPlays, _ client: MongoClient, _ session: MongoSession
    ) throws -> [String: Int64] {
        let buckets = client.collection(MongoDocumentSchema.playsDaily, in: databaseName)
        func filter(_ days: BSONDocument) -> BSONDocument {
            BSONDocument { filter in
                filter.appendDocument("song_id") { $0.appendArray("$in", trackIDs) { $0.append($1, $2) } }
                filter.append("day", days)
            }
        }
        try buckets.deleteMany(filter(["$lt": .date(recent.oldestKept.startMilliseconds)]), session: session)
        let window = filter([
            "$gte": .date(recent.window.lowerBound.startMilliseconds),
            "$lte": .date(recent.window.upperBound.startMilliseconds),
        ])
        var sums: [String: Int64] = [:]
        let pipeline: [BSONDocument] = [
            ["$match": .document(window)], ["$group": ["_id": "$song_id", "plays": ["$sum": "$plays"]]],
        ]
        try buckets.aggregate(pipeline, session: session) { group in
            sums[try group["_id"]?.string ?? ""] = try group["plays"]?.int64 ?? 0
        }
        return sums
    }
}
