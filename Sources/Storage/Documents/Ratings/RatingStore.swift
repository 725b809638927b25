/// What listeners say of songs: likes, dislikes and numbers.
///
/// All calls block and may be made from many threads. One shared test suite runs against each backend.
public protocol RatingStore: Sendable {
    /// Keeps ratings in place of those the listener gave the songs before, all or none.
    func setRatings(_ ratings: [Rating], userID: String) throws

    /// Takes a rating back.
    ///
    /// - Parameter now: epoch milliseconds, to forget who took the last one back long ago.
    /// - Returns: false, having changed nothing, when there is none.
    func removeRating(userID: String, trackID: String, now: Int64) throws -> Bool

    /// A listener's ratings after `cursor` (nil: from the first), newest first, ties in order of song; at most `limit`.
    func ratings(userID: String, after cursor: RatingPosition?, limit: Int) throws -> [Rating]

    /// Whose ratings changed after `cursor` (nil: ever), in order of the change, with all of their ratings in no order; a
    /// listener who has none any more comes with none for some minutes.
    ///
    /// No change is missed by a reader who always goes on from the cursor of the answer before.
    func ratingChanges(after cursor: Int64?, limit: Int) throws -> RatingChanges

    /// Forgets all a listener rated; readers of the changes are told.
    ///
    /// - Parameter now: epoch milliseconds.
    func removeRatings(userID: String, now: Int64) throws
}

extension RatingStore {
    /// Keeps one rating.
    public func setRating(_ rating: Rating, userID: String) throws { try setRatings([rating], userID: userID) }
}

/// What a listener says of a song.
public struct Rating: Sendable, Hashable {
    /// The song.
    public var trackID: String
    /// What is said of it.
    public var value: RatingValue
    /// When, epoch milliseconds.
    public var ratedAt: Int64

    /// Makes the record.
    public init(trackID: String, value: RatingValue, ratedAt: Int64) {
        self.trackID = trackID
        self.value = value
        self.ratedAt = ratedAt
    }

    /// Where it stands in the listener's list.
    public var position: RatingPosition { RatingPosition(ratedAt: ratedAt, trackID: trackID) }
}

/// A rating as it was given: a word stays a word.
public enum RatingValue: Sendable, Hashable {
    /// The song is never to be recommended to the listener again.
    case dislike
    /// One to five.
    case stars(Int)
    /// As good as five.
    case like

    /// One to five.
    public var stars: Int {
        switch self {
        case .dislike: 1
        case .stars(let stars): stars
        case .like: 5
        }
    }

    /// Whether the song is not wanted: a dislike, or one star.
    public var isDislike: Bool { stars <= 1 }

    /// Whether the song is liked: a like, or four stars and more.
    public var isLike: Bool { stars >= 4 }

    /// The text it is stored as.
    public var name: String {
        switch self {
        case .dislike: "dislike"
        case .stars(let stars): String(stars)
        case .like: "like"
        }
    }

    /// The value of a stored text; nil for any other.
    public init?(name: String) {
        switch name {
        case "dislike": self = .dislike
        case "like": self = .like
        default:
            guard name.utf8.count == 1, let stars = Int(name), (1...5).contains(stars) else { return nil }
            self = .stars(stars)
        }
    }
}

/// A place in a listener's list of ratings.
public struct RatingPosition: Sendable, Hashable {
    /// Epoch milliseconds.
    public var ratedAt: Int64
    /// The song.
    public var trackID: String

    /// Makes the position.
    public init(ratedAt: Int64, trackID: String) {
        self.ratedAt = ratedAt
        self.trackID = trackID
    }
}

/// All ratings of one listener.
public struct UserRatings: Sendable, Hashable {
    /// Who.
    public var userID: String
    /// What they say, in no order.
    public var ratings: [Rating]

    /// Makes the record.
    public init(userID: String, ratings: [Rating]) {
        self.userID = userID
        self.ratings = ratings
    }
}

/// A part of the changes of ratings.
public struct RatingChanges: Sendable, Equatable {
    /// Whose ratings changed, each once.
    public var users: [UserRatings]
    /// Where the next part begins.
    public var cursor: Int64

    /// Makes the record.
    public init(users: [UserRatings], cursor: Int64) {
        self.users = users
        self.cursor = cursor
    }
}

/// How long readers of the changes are told that somebody has no rating any more.
enum RatingRemoval {
    static let noticeMilliseconds: Int64 = 10 * 60_000
}
