public import Domain
import Mongo

extension MongoDocumentStore {
    /// Replaces all play counts, step by step: from the first to the last nobody else counts.
    public func recount(_ plays: CommitPlays, today: EventDay) throws {
        try withClient { client in
            let floors = client.collection(MongoDocumentSchema.floor, in: databaseName)
            // One update: what is half done must not look like another lake's.
            let begun = BSONDocument { update in
                update.appendDocument("$set") { floor in
                    floor.append("version", (plays.lakeVersions.max() ?? -1) + 1)
                    floor.append("recounting", true)
                    if let lakeID = plays.lakeID { floor.append("lake_id", lakeID) }
                }
                if plays.lakeID == nil { update.appendDocument("$unset") { $0.append("lake_id", "") } }
            }
            try floors.updateOne(["_id": "only"], begun, upsert: true)
            try client.collection(MongoDocumentSchema.commits, in: databaseName).deleteMany([:])
            try client.collection(MongoDocumentSchema.playsDaily, in: databaseName).deleteMany([:])
            try client.collection(MongoDocumentSchema.songs, in: databaseName)
                .updateMany(["plays_cumulative": ["$ne": 0]], ["$set": ["plays_7d": 0, "plays_cumulative": 0]])
        }
        try setSums(of: plays.plays, today: today)
        try setBuckets(of: plays.plays, today: today)
        try with(MongoDocumentSchema.floor) { _ = try $0.updateOne(["_id": "only"], ["$unset": ["recounting": ""]]) }
    }

    private func setSums(of plays: [String: [EventDay: Int64]], today: EventDay) throws {
        let recent = RecentPlays(today: today)
        try upsertInBulks(Array(plays), into: MongoDocumentSchema.songs) { song, filter, update in
            filter.append("_id", song.key)
            update.appendDocument("$set") { counters in
                counters.append("plays_7d", recent.sum(song.value))
                counters.append("plays_cumulative", song.value.values.reduce(0, +))
            }
        }
    }

    private func setBuckets(of plays: [String: [EventDay: Int64]], today: EventDay) throws {
        let recent = RecentPlays(today: today)
        let buckets = plays.flatMap { trackID, days in
            days.filter { recent.keeps($0.key) }.map { (trackID: trackID, day: $0.key, plays: $0.value) }
        }
        try upsertInBulks(buckets, into: MongoDocumentSchema.playsDaily) { bucket, filter, update in
            filter.append("_id", "\(bucket.trackID)/\(bucket.day)")
            update.appendDocument("$set") { fields in
                fields.append("plays", bucket.plays)
                fields.append("song_id", bucket.trackID)
                fields.append("day", epochMilliseconds: bucket.day.startMilliseconds)
            }
        }
    }
}
