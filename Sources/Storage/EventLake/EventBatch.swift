public import Domain

/// Events of one day, column by column, strings interned once: what ingest fills row by row and the lake writes as one
/// Parquet file without looking at a string twice.
///
/// ```
/// users    "u7" "u2" …          dictionary, in order of first use
/// userCodes   0    1   0 …      one code a row
/// ```
public struct EventBatch: Sendable {
    /// Distinct user ids and their codes.
    public private(set) var users = InternedStrings()
    /// Distinct track ids and their codes.
    public private(set) var tracks = InternedStrings()
    /// Code of each row's user in `users`.
    public private(set) var userCodes: [UInt32] = []
    /// Code of each row's track in `tracks`.
    public private(set) var trackCodes: [UInt32] = []
    /// Epoch milliseconds of each row.
    public private(set) var timestamps: [Int64] = []
    /// `EventAction.rawValue` of each row.
    public private(set) var actions: [UInt8] = []
    /// Milliseconds listened.
    public private(set) var durations: [Int32] = []
    /// Milliseconds the song lasts.
    public private(set) var totalDurations: [Int32] = []
    /// `EventSource.rawValue` of each row.
    public private(set) var sources: [UInt8] = []

    /// An empty batch.
    public init() {}

    /// Rows so far.
    public var count: Int { timestamps.count }

    /// Adds a row whose identifiers are UTF-8 bytes (checked by the caller).
    public mutating func append(
        userID: UnsafeRawBufferPointer, trackID: UnsafeRawBufferPointer, timestamp: Int64, action: EventAction,
        duration: Int32, totalDuration: Int32, source: EventSource
    ) {
        userCodes.append(users.code(of: userID))
        trackCodes.append(tracks.code(of: trackID))
        timestamps.append(timestamp)
        actions.append(action.rawValue)
        durations.append(duration)
        totalDurations.append(totalDuration)
        sources.append(source.rawValue)
    }

    /// Adds an event.
    public mutating func append(_ event: ListeningEvent) {
        var userID = event.userID
        var trackID = event.trackID
        userID.withUTF8 { user in
            trackID.withUTF8 { track in
                append(
                    userID: UnsafeRawBufferPointer(user), trackID: UnsafeRawBufferPointer(track),
                    timestamp: event.timestamp, action: event.action, duration: event.duration,
                    totalDuration: event.totalDuration, source: event.source)
            }
        }
    }
}
