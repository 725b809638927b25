import Mongo

extension MongoDocumentStore {
    /// Keeps ratings, with the listener's change in one transaction.
    ///
    /// Every transaction first raises one counter, so of two that overlap one waits for the other: changes are numbered in the
    /// order in which they can be seen, and a reader who goes on from the highest number has missed none.
    public func setRatings(_ ratings: [Rating], userID: String) throws {
        guard !ratings.isEmpty else { return }
        try withTransaction { client, session in
            let change = try nextRatingChange(client, session)
            let collection = client.collection(MongoDocumentSchema.ratings, in: databaseName)
            for rating in ratings {
                try collection.updateOne(
                    ["_id": .string(Self.ratingID(userID, rating.trackID))],
                    [
                        "$set": [
                            "user_id": .string(userID), "track_id": .string(rating.trackID),
                            "rating": .string(rating.value.name), "rated_at": .date(rating.ratedAt),
                        ]
                    ], upsert: true, session: session)
            }
            try noteRatings(of: userID, change: change, emptiedAt: nil, client, session)
        }
    }

    /// Takes a rating back.
    public func removeRating(userID: String, trackID: String, now: Int64) throws -> Bool {
        try withTransaction { client, session in
            let change = try nextRatingChange(client, session)
            let ratings = client.collection(MongoDocumentSchema.ratings, in: databaseName)
            let id = BSONValue.string(Self.ratingID(userID, trackID))
            guard try ratings.findOne(["_id": id], session: session, { _ in true }) ?? false else { return false }
            try ratings.deleteMany(["_id": id], session: session)
            let isLeft = try ratings.findOne(["user_id": .string(userID)], session: session) { _ in true } ?? false
            try noteRatings(of: userID, change: change, emptiedAt: isLeft ? nil : now, client, session)
            return true
        }
    }

    /// Forgets all a listener rated.
    public func removeRatings(userID: String, now: Int64) throws {
        try withTransaction { client, session in
            let change = try nextRatingChange(client, session)
            try client.collection(MongoDocumentSchema.ratings, in: databaseName)
                .deleteMany(["user_id": .string(userID)], session: session)
            try noteRatings(of: userID, change: change, emptiedAt: now, client, session)
        }
    }

    /// No identifier holds a control character, so this parts them.
    private static func ratingID(_ userID: String, _ trackID: String) -> String { "\(userID)\u{1F}\(trackID)" }

    private func nextRatingChange(_ client: MongoClient, _ session: MongoSession) throws -> Int64 {
        let counters = client.collection(MongoDocumentSchema.ratingSequence, in: databaseName)
        try counters.updateOne(["_id": "only"], ["$inc": ["change": .int64(1)]], upsert: true, session: session)
        let change = try counters.findOne(["_id": "only"], session: session) { try $0["change"]?.int64 }
        return (change ?? nil) ?? 1
    }

    private func noteRatings(
        of userID: String, change: Int64, emptiedAt: Int64?, _ client: MongoClient, _ session: MongoSession
    ) throws {
        let users = client.collection(MongoDocumentSchema.ratingUsers, in: databaseName)
        var update: BSONDocument = ["$set": ["change": .int64(change)], "$unset": ["emptied_at": ""]]
        if let emptiedAt { update = ["$set": ["change": .int64(change), "emptied_at": .date(emptiedAt)]] }
        try users.updateOne(["_id": .string(userID)], update, upsert: true, session: session)
        if let emptiedAt {
            try users.deleteMany(
                ["emptied_at": ["$lt": .date(emptiedAt - RatingRemoval.noticeMilliseconds)]], session: session)
        }
    }

    /// A page of a listener's ratings, newest first; served by an index.
    public func ratings(userID: String, after cursor: RatingPosition?, limit: Int) throws -> [Rating] {
        guard limit > 0 else { return [] }
        var filter: BSONDocument = ["user_id": .string(userID)]
        if let cursor {
            filter = [
                "user_id": .string(userID),
                "$or": [
                    ["rated_at": ["$lt": .date(cursor.ratedAt)]],
                    ["rated_at": .date(cursor.ratedAt), "track_id": ["$gt": .string(cursor.trackID)]],
                ],
            ]
        }
        let sort = BSONDocument { sort in
            sort.append("rated_at", Int32(-1))
            sort.append("track_id", Int32(1))
        }
        return try with(MongoDocumentSchema.ratings) { collection in
            var ratings: [Rating] = []
            try collection.find(filter, MongoFindOptions(sort: sort, limit: limit)) {
                ratings.append(try Rating(document: $0))
            }
            return ratings
        }
    }

    /// Whose ratings changed. The ratings are read after the changes: they may be newer, never older.
    public func ratingChanges(after cursor: Int64?, limit: Int) throws -> RatingChanges {
        guard limit > 0 else { return RatingChanges(users: [], cursor: cursor ?? 0) }
        return try withClient { client in
            var changes = RatingChanges(users: [], cursor: cursor ?? 0)
            try client.collection(MongoDocumentSchema.ratingUsers, in: databaseName).find(
                ["change": ["$gt": .int64(changes.cursor)]], MongoFindOptions(sort: ["change": 1], limit: limit)
            ) { user in
                guard let userID = try user["_id"]?.string, let change = try user["change"]?.int64 else {
                    throw MongoError.malformed("a change of ratings lacks its listener or its number")
                }
                changes.users.append(UserRatings(userID: userID, ratings: []))
                changes.cursor = change
            }
            var places: [String: Int] = [:]
            for (place, user) in changes.users.enumerated() { places[user.userID] = place }
            let filter = BSONDocument { filter in
                filter.appendDocument("user_id") { $0.appendArray("$in", Array(places.keys)) { $0.append($1, $2) } }
            }
            guard !places.isEmpty else { return changes }
            try client.collection(MongoDocumentSchema.ratings, in: databaseName).find(filter) { rating in
                guard let place = try rating["user_id"]?.string.flatMap({ places[$0] }) else { return }
                changes.users[place].ratings.append(try Rating(document: rating))
            }
            return changes
        }
    }
}

extension Rating {
    /// Reads a document of `ratings`.
    fileprivate init(document: BSONView) throws {
        guard let trackID = try document["track_id"]?.string, let ratedAt = try document["rated_at"]?.date,
            let value = try document["rating"]?.string.flatMap({ RatingValue(name: $0) })
        else { throw MongoError.malformed("a rating lacks its song, its time or a known value") }
        self.init(trackID: trackID, value: value, ratedAt: ratedAt)
    }
}

extension MongoDocumentSchema {
    /// `user_id`, `track_id`, `rating`, `rated_at`.
    static let ratings = "ratings"
    /// `_id` is the listener: `change`, and `emptied_at` for some minutes when no rating is left.
    static let ratingUsers = "rating_users"
    /// One document, `_id` `only`: `change` is the number that was given last.
    static let ratingSequence = "rating_sequence"

    static let ratingIndexes = [
        MongoIndex(name: "newest", keys: ["user_id": 1, "rated_at": -1, "track_id": 1])
    ]
    static let ratingUserIndexes = [
        MongoIndex(name: "change", keys: ["change": 1]),
        MongoIndex(name: "emptied_at", keys: ["emptied_at": 1], partialFilter: ["emptied_at": ["$exists": true]]),
    ]
}
