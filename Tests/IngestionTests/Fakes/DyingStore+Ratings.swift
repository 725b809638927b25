import Storage

extension ForwardingStore {
    func setRatings(_ ratings: [Rating], userID: String) throws { try store.setRatings(ratings, userID: userID) }
    func removeRating(userID: String, trackID: String, now: Int64) throws -> Bool {
        try store.removeRating(userID: userID, trackID: trackID, now: now)
    }
    func ratings(userID: String, after cursor: RatingPosition?, limit: Int) throws -> [Rating] {
        try store.ratings(userID: userID, after: cursor, limit: limit)
    }
    func ratingChanges(after cursor: Int64?, limit: Int) throws -> RatingChanges {
        try store.ratingChanges(after: cursor, limit: limit)
    }
    func removeRatings(userID: String, now: Int64) throws { try store.removeRatings(userID: userID, now: now) }
}
