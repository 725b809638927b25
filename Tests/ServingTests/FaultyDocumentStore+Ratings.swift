import Storage

extension FaultyDocumentStore {
    func setRatings(_ ratings: [Rating], userID: String) throws { try checked().setRatings(ratings, userID: userID) }
    func removeRating(userID: String, trackID: String, now: Int64) throws -> Bool {
        try checked().removeRating(userID: userID, trackID: trackID, now: now)
    }
    func ratings(userID: String, after cursor: RatingPosition?, limit: Int) throws -> [Rating] {
        try checked().ratings(userID: userID, after: cursor, limit: limit)
    }
    func ratingChanges(after cursor: Int64?, limit: Int) throws -> RatingChanges {
        try checked().ratingChanges(after: cursor, limit: limit)
    }
    func removeRatings(userID: String, now: Int64) throws { try checked().removeRatings(userID: userID, now: now) }
}
