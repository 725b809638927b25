public import HTTPServer

/// What the serving daemon may be told.
public struct ServingOptions: Sendable {
    /// Address, port and limits of the HTTP server.
    public var http = HTTPServerOptions()
    /// Who may use the API.
    public var access = AccessOptions()
    /// Share of the listener's taste in the session vector of `POST /recommend/next`.
    public var userWeight: Float = 0.7
    /// Share of the current song in the session vector.
    public var songWeight: Float = 0.3
    /// Whether songs a listener knows may be recommended again.
    public var heardSongs = HeardSongs.recommend
    /// Days of the lake of which it is held in memory who heard what, for `fatigue_days` and reasons; 0: none, and nothing is
    /// read from the lake, unless heard songs are avoided.
    public var historyDays = 30
    /// Songs in an answer when the request does not say.
    public var defaultLimit = 20
    /// Most songs in an answer.
    public var maximumLimit = 200
    /// Most ids a request may exclude.
    public var maximumExcludeCount = 1000
    /// User vectors kept in memory; the rest is asked from the store.
    public var userVectorLimit = 200_000
    /// Listeners whose recent listens are held and folded into their vectors; 0: none.
    public var recentUserLimit = 50_000
    /// Recent listens held of each.
    public var recentListenLimit = 50
    /// How often the store is asked who has listened.
    public var recentPollInterval = Duration.milliseconds(200)
    /// How long a song that was heard comes only when there are no others.
    public var recentRest = Duration.seconds(3600)
    /// Listens remembered at least, to take none twice that is sent twice.
    public var duplicateReach = 200_000
    /// How often requests to forget a listener are looked for that are not carried out yet.
    public var forgettingInterval = Duration.seconds(15)
    /// How long after such a request a training that began before may still publish the listener's vector.
    public var longestTraining = Duration.seconds(3600)
    /// How often the store is asked which model is current.
    public var modelPollInterval = Duration.seconds(2)
    /// How often songs and play counts are read from the store. A catalogue so large that reading it takes longer than a
    /// twentieth of this is read less often.
    public var catalogueInterval = Duration.seconds(15)
    /// How long an event of `POST /events` may take to become durable.
    public var eventTimeout = Duration.seconds(10)
    /// Most events in one `POST /events`.
    public var maximumEventCount = 10_000
    /// Bytes of a `POST /events` body.
    public var eventBodyByteLimit = 4 << 20
    /// Which requests go to the log.
    public var accessLog = AccessLog.Selection.problems

    /// The defaults.
    public init() {}

    /// Days within which heard songs come only when there are no others; 0 where they come like any other.
    var avoidedDays: Int { if case .avoid(let days) = heardSongs { days } else { 0 } }

    /// Days of the lake of which it is held who heard what.
    var heldDays: Int { max(historyDays, avoidedDays) }
}

/// What becomes of songs the listener has heard lately.
public enum HeardSongs: Sendable, Equatable {
    /// They are recommended like any other: music is played again.
    case recommend
    /// They come only when there are no others left, counted over the last so many days.
    case avoid(days: Int)
}
