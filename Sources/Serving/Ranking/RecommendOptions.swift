import Domain
import HTTPServer

/// What every request that recommends may say, in a query or in a body.
///
/// ```
/// limit            songs in the answer
/// exclude          ids that are not answered
/// allow            ids of which the answer is chosen; others are not answered
/// artist           ids or names of artists whose songs are answered alone
/// released_from    a day, month or year: songs released before are not answered
/// released_to      likewise: songs released after it are not answered
/// max_per_artist   songs of one artist, at most
/// fatigue_days     songs heard in the last so many UTC days, today included, are not answered
/// explain          whether each song tells which listens speak for it
/// diversity        0 (the best songs, however alike) … 1 (songs as different as can be)
/// ```
struct RecommendOptions: Sendable {
    /// Songs in the answer.
    var limit: Int
    /// Ids never answered.
    var excluded: [String] = []
    /// All the rest; nil when the request says nothing of it, as nearly all requests do.
    var refinement: Refinement?

    /// Most ids a query may name: a target has bounded length. A body may name more.
    private static let queryIDLimit = 50

    /// Reads what the request says.
    ///
    /// - Throws: `HTTPError` 400 that names what is wrong.
    init(_ parameters: RequestParameters, _ context: ServingContext) throws(HTTPError) {
        let options = context.options
        limit = try parameters.integer("limit", in: 1...options.maximumLimit) ?? options.defaultLimit
        let idLimit =
            if case .query = parameters { min(Self.queryIDLimit, options.maximumExcludeCount) } else {
                options.maximumExcludeCount
            }
        excluded = try parameters.strings("exclude", limit: idLimit)
        // Most requests say nothing more: one walk over their few names instead of a search for each that could be there.
        guard parameters.contains(where: { !Self.isPlain($0) }) else { return }
        let refinement = try Refinement(parameters, idLimit: idLimit, heldDays: options.heldDays)
        if !refinement.isEmpty { self.refinement = refinement }
    }

    private static func isPlain(_ name: String) -> Bool {
        name == "user_id" || name == "track_id" || name == "limit" || name == "exclude"
    }

    /// So many songs, and nothing else said.
    init(limit: Int) { self.limit = limit }
}

/// Which songs may be answered, and how they are chosen among those.
struct Refinement: Sendable, Equatable {
    /// Ids of the only songs that may be answered; nil for all.
    var allowed: [String]?
    /// Ids or names of the only artists; empty for all.
    var artists: [String] = []
    /// Days of release, in days since 1970-01-01; nil for all, and for songs whose day nobody knows.
    var released: ClosedRange<Int32>?
    /// Songs of one artist at most.
    var maximumPerArtist: Int?
    /// Songs heard in so many days are not answered; nil leaves it to the daemon's options.
    var fatigueDays: Int?
    /// Whether each song tells why.
    var explains = false
    /// λ of `DiverseOrder`.
    var diversity: Float = 0

    /// Nothing said.
    init() {}

    fileprivate init(_ parameters: RequestParameters, idLimit: Int, heldDays: Int) throws(HTTPError) {
        if parameters.has("allow") { allowed = try parameters.strings("allow", limit: idLimit) }
        artists = try parameters.strings("artist", limit: 50, orOne: true)
        let from = try parameters.days("released_from")?.lowerBound.daysSinceEpoch
        let to = try parameters.days("released_to")?.upperBound.daysSinceEpoch
        if from != nil || to != nil {
            // Above the number that stands for an unknown day.
            let (first, last) = (from ?? SongFacts.unknownDay + 1, to ?? .max)
            guard first <= last else {
                throw .badRequest("released_from is after released_to", parameter: "released_from")
            }
            released = first...last
        }
        maximumPerArtist = try parameters.integer("max_per_artist", in: 1...1000)
        fatigueDays = try parameters.integer("fatigue_days", in: 0...heldDays)
        explains = try parameters.flag("explain") ?? false
        diversity = Float(try parameters.number("diversity", in: 0...1) ?? 0)
    }

    /// Whether it asks for nothing.
    var isEmpty: Bool { self == Refinement() }
}
