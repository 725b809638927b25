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

    /// Adds rows that were read back, all columns of them; each distinct identifier is hashed once.
    mutating func append(_ columns: EventColumns) {
        func codes(_ column: DictionaryColumn, _ strings: inout InternedStrings) -> [UInt32] {
            let known = column.values.map { value in
                var value = value
                return value.withUTF8 { strings.code(of: UnsafeRawBufferPointer($0)) }
            }
            return column.codes.map { known[Int($0)] }
        }
        userCodes += codes(columns.users, &users)
        trackCodes += codes(columns.tracks, &tracks)
        timestamps += columns.timestamps
        actions += columns.actions
        durations += columns.durations
        totalDurations += columns.totalDurations
        sources += columns.sources
    }

    /// The same rows in order of user, by the bytes of the identifier, and of each user in order of time.
    ///
    /// - Complexity: O(rows) to gather by user (a counting sort), O(rows of a user · log) within.
    func sortedByUser() -> EventBatch {
        let order = (0..<UInt32(users.count)).sorted { users.precedes($0, $1) }
        var ranks = [Int](repeating: 0, count: users.count)
        for (rank, code) in order.enumerated() { ranks[Int(code)] = rank }
        var starts = [Int](repeating: 0, count: users.count + 1)
        for code in userCodes { starts[ranks[Int(code)] + 1] += 1 }
        for rank in 0..<users.count { starts[rank + 1] += starts[rank] }
        var next = starts
        var rows = [Int](repeating: 0, count: count)
        for (row, code) in userCodes.enumerated() {
            rows[next[ranks[Int(code)]]] = row
            next[ranks[Int(code)]] += 1
        }
        for rank in 0..<users.count {
            rows[starts[rank]..<starts[rank + 1]].sort { (timestamps[$0], $0) < (timestamps[$1], $1) }
        }
        var sorted = self
        sorted.userCodes = rows.map { userCodes[$0] }
        sorted.trackCodes = rows.map { trackCodes[$0] }
        sorted.timestamps = rows.map { timestamps[$0] }
        sorted.actions = rows.map { actions[$0] }
        sorted.durations = rows.map { durations[$0] }
        sorted.totalDurations = rows.map { totalDurations[$0] }
        sorted.sources = rows.map { sources[$0] }
        return sorted
    }

    /// The rows that are marked, in the same order, with dictionaries of what they need.
    package func keeping(_ isKept: [Bool]) -> EventBatch {
        precondition(isKept.count == count, "a mark a row")
        func pick<Value>(_ column: [Value]) -> [Value] {
            zip(column, isKept).lazy.filter { $0.1 }.map { $0.0 }
        }
        var kept = EventBatch()
        (kept.users, kept.userCodes) = Self.renumbered(pick(userCodes), users)
        (kept.tracks, kept.trackCodes) = Self.renumbered(pick(trackCodes), tracks)
        kept.timestamps = pick(timestamps)
        kept.actions = pick(actions)
        kept.durations = pick(durations)
        kept.totalDurations = pick(totalDurations)
        kept.sources = pick(sources)
        return kept
    }

    private static func renumbered(
        _ codes: [UInt32], _ strings: InternedStrings
    ) -> (strings: InternedStrings, codes: [UInt32]) {
        var fresh = InternedStrings()
        var numbers = [UInt32?](repeating: nil, count: strings.count)
        let renumbered = strings.bytes.withUnsafeBytes { bytes in
            codes.map { code in
                if let number = numbers[Int(code)] { return number }
                let range = Int(strings.offsets[Int(code)])..<Int(strings.offsets[Int(code) + 1])
                let number = fresh.code(of: UnsafeRawBufferPointer(rebasing: bytes[range]))
                numbers[Int(code)] = number
                return number
            }
        }
        return (fresh, renumbered)
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
