import Domain
import Storage

/// What listeners heard, as of one version of the lake: day by day, so that only days that have changed are read again.
final class ListeningHistory: Sendable {
    /// How much is held.
    struct Extent: Sendable, Equatable {
        /// Days of which it is held who heard what, today included.
        var listenerDays: Int
        /// No further day's listeners are held once there are so many pairs of listener and song. The newest days come first,
        /// so that it is old listening that is left out.
        var pairLimit = 20_000_000
    }

    /// Version of the lake that was read.
    let lakeVersion: Int64
    /// The day it was read on.
    let today: EventDay
    /// Ids of the songs that were heard, by their number here.
    let tracks: [String]
    /// The days of the lake, newest first.
    let days: [ListeningDay]
    /// Songs by how gladly they are heard to the end, in the last seven days and ever.
    let charts: CompletionCharts
    private let trackNumbers: [String: UInt32]
    private let userNumbers: [String: UInt32]

    /// Reads what has changed since `old`.
    ///
    /// - Parameter isStopped: asked once a file.
    /// - Returns: nil when it was stopped.
    /// - Complexity: O(events of the days that have changed + songs · days)
    init?(
        lake: any EventLake, version: Int64, today: EventDay, extent: Extent, reusing old: ListeningHistory? = nil,
        isStopped: () -> Bool
    ) throws {
        let lakeDays = try lake.days(version: version).sorted { $0.day > $1.day }
        var numbers = Numbers(Self.isPartOf(lakeDays, old) ? old : nil)
        let oldest = today.advanced(by: 1 - extent.listenerDays)
        var days: [ListeningDay] = []
        var pairCount = 0
        for lakeDay in lakeDays {
            let wantsListeners = lakeDay.day >= oldest && pairCount < extent.pairLimit
            if let known = numbers.known[lakeDay.day], known.source == lakeDay,
                known.holdsListeners || !wantsListeners
            {
                days.append(wantsListeners || !known.holdsListeners ? known : known.withoutListeners())
            } else {
                guard
                    let day = try Self.read(
                        lakeDay, lake, version, &numbers, wantsListeners: wantsListeners, isStopped)
                else { return nil }
                days.append(day)
            }
            pairCount += days.last?.pairCount ?? 0
        }
        lakeVersion = version
        self.today = today
        self.days = days
        tracks = numbers.tracks
        trackNumbers = numbers.trackNumbers
        userNumbers = numbers.userNumbers
        charts = CompletionCharts(days: days, today: today, trackCount: numbers.tracks.count)
    }

    /// Calls `body` with each song a listener heard from a day on, once a day, newest day first.
    ///
    /// - Complexity: O(days · log(listeners) + songs heard)
    func forEachHeard(by userID: String, from first: EventDay, _ body: (ListeningDay.Heard, EventDay) -> Void) {
        guard let user = userNumbers[userID] else { return }
        for day in days {
            guard day.day >= first, day.holdsListeners else { return }
            for heard in day.heard(by: user) { body(heard, day.day) }
        }
    }

    /// The first of so many days that end today.
    func firstDay(of count: Int) -> EventDay { today.advanced(by: 1 - count) }

    /// Whether the day is known to hold nothing of a listener; false also when that is not known.
    func lacks(_ userID: String, on day: EventDay) -> Bool {
        guard let known = days.first(where: { $0.day == day }), known.holdsListeners else { return false }
        return userNumbers[userID].map { known.heard(by: $0).isEmpty } ?? true
    }

    // MARK: - Reading

    /// Whether nothing that `old` read is gone. Where rows are, somebody may have been forgotten: then nothing is taken over,
    /// so that not even their name stays in memory.
    private static func isPartOf(_ lakeDays: [LakeDay], _ old: ListeningHistory?) -> Bool {
        guard let old else { return false }
        let rows = Dictionary(lakeDays.map { ($0.day, $0.rowCount) }) { first, _ in first }
        return old.days.allSatisfy { $0.source.rowCount <= rows[$0.day] ?? 0 }
    }

    private struct Stopped: Error {}

    private static func read(
        _ lakeDay: LakeDay, _ lake: any EventLake, _ version: Int64, _ numbers: inout Numbers, wantsListeners: Bool,
        _ isStopped: () -> Bool
    ) throws -> ListeningDay? {
        var builder = ListeningDayBuilder()
        let columns: Set<EventColumn> =
            wantsListeners ? [.userID, .trackID, .action, .duration, .totalDuration] : [.trackID, .action]
        do {
            try lake.read(days: lakeDay.day...lakeDay.day, columns: columns, version: version) { _, columns in
                guard !isStopped() else { throw Stopped() }
                // A file's dictionaries are looked up once, its rows only by number.
                let tracks = columns.tracks.values.map { numbers.number(ofTrack: $0) }
                let users = wantsListeners ? columns.users.values.map { numbers.number(ofUser: $0) } : nil
                builder.add(columns, users: users, tracks: tracks)
            }
        } catch is Stopped {
            return nil
        }
        return builder.build(lakeDay, holdsListeners: wantsListeners)
    }

    /// Numbers of listeners and songs, which days share.
    private struct Numbers {
        var tracks: [String]
        var trackNumbers: [String: UInt32]
        var userNumbers: [String: UInt32]
        /// Days that were read before.
        let known: [EventDay: ListeningDay]

        init(_ old: ListeningHistory?) {
            tracks = old?.tracks ?? []
            trackNumbers = old?.trackNumbers ?? [:]
            userNumbers = old?.userNumbers ?? [:]
            known = Dictionary((old?.days ?? []).map { ($0.day, $0) }) { first, _ in first }
        }

        mutating func number(ofTrack id: String) -> UInt32 {
            if let number = trackNumbers[id] { return number }
            let number = UInt32(tracks.count)
            trackNumbers[id] = number
            tracks.append(id)
            return number
        }

        mutating func number(ofUser id: String) -> UInt32 {
            if let number = userNumbers[id] { return number }
            let number = UInt32(userNumbers.count)
            userNumbers[id] = number
            return number
        }
    }
}
