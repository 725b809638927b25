/// One play of one song by one listener: what travels on the event log and becomes a row of the lake
/// (docs/design.md §3.1).
public struct ListeningEvent: Sendable, Hashable {
    /// Who listened: 1–256 bytes of UTF-8 without control characters.
    public var userID: String
    /// What was heard: 1–256 bytes of UTF-8 without control characters.
    public var trackID: String
    /// Start of the play, epoch milliseconds UTC.
    public var timestamp: Int64
    /// What the listener did with the song.
    public var action: EventAction
    /// Milliseconds listened, never negative.
    public var duration: Int32
    /// Milliseconds the song lasts; 0 when not known.
    public var totalDuration: Int32
    /// Where the event comes from.
    public var source: EventSource

    /// Makes an event of its seven fields; nothing is checked here, see `ListeningEventDecoder`.
    public init(
        userID: String, trackID: String, timestamp: Int64, action: EventAction, duration: Int32, totalDuration: Int32,
        source: EventSource
    ) {
        self.userID = userID
        self.trackID = trackID
        self.timestamp = timestamp
        self.action = action
        self.duration = duration
        self.totalDuration = totalDuration
        self.source = source
    }

    /// The UTC day the play started: the lake's partition.
    public var day: EventDay { EventDay(epochMilliseconds: timestamp) }
}

/// What a listener did with a song. The raw value is the code used in columns; `wireName` is what JSON and the lake hold.
public enum EventAction: UInt8, Sendable, CaseIterable {
    /// Listened for a while.
    case listen = 0
    /// Skipped it.
    case skip = 1
    /// Heard it to the end.
    case complete = 2

    /// The name in JSON and in the lake.
    public var wireName: String {
        switch self {
        case .listen: "listen"
        case .skip: "skip"
        case .complete: "complete"
        }
    }

    /// The action of a wire name, or nil for any other word.
    public init?(wireName: String) {
        guard let match = Self.allCases.first(where: { $0.wireName == wireName }) else { return nil }
        self = match
    }

    /// A play is a `listen` or a `complete` (docs/design.md §3.1); a skip does not count.
    public var isPlay: Bool { self != .skip }
}

/// Where an event comes from.
public enum EventSource: UInt8, Sendable, CaseIterable {
    /// The traffic simulator.
    case simulation = 0
    /// A person: an API client, a scrobbler, an import.
    case realUser = 1

    /// The name in JSON and in the lake.
    public var wireName: String {
        switch self {
        case .simulation: "simulation"
        case .realUser: "real_user"
        }
    }

    /// The source of a wire name, or nil for any other word.
    public init?(wireName: String) {
        guard let match = Self.allCases.first(where: { $0.wireName == wireName }) else { return nil }
        self = match
    }
}
