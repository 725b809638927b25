import Storage

extension MemoryDocumentStore {
    func setRatings(_ ratings: [Rating], userID: String) throws { throw Self.absent }
    func removeRating(userID: String, trackID: String, now: Int64) throws -> Bool {
        throw Self.absent
    }
    func ratings(userID: String, after cursor: RatingPosition?, limit: Int) throws -> [Rating] {
        throw Self.absent
    }
    func ratingChanges(after cursor: Int64?, limit: Int) throws -> RatingChanges {
        throw Self.absent
    }
    func removeRatings(userID: String, now: Int64) throws { throw Self.absent }
}
