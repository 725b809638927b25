import Domain
import Storage

/// What one UTC day of the lake says, in compact form: who heard what, and how often each song was begun and heard to the end.
///
/// ```
/// users    3       7   …      numbers of listeners, ascending
/// offsets  0       2   5 …    where each listener's songs begin in
/// heard    4 9     4 …        number of the song, and what the listens of the day say of liking it
/// counts   4 9 …              number of the song, how often it was begun, how often heard to the end
/// ```
final class ListeningDay: Sendable {
    /// A song a listener heard.
    struct Heard: Sendable {
        /// Number of the song in the history.
        var track: UInt32
        /// Sum of what `ListenWeight` says of the listens.
        var weight: Float
    }

    /// How a song did.
    struct Count: Sendable {
        /// Number of the song in the history.
        var track: UInt32
        /// Times it was begun: listens, skips and completions.
        var begun: UInt32 = 0
        /// Times it was heard to the end.
        var completed: UInt32 = 0
    }

    /// The day as the lake had it when it was read: when the lake has it otherwise, it has to be read again.
    let source: LakeDay
    /// How songs did, in order of their numbers.
    let counts: [Count]
    /// Whether it is known who heard what; else only the counts are.
    let holdsListeners: Bool
    private let users: [UInt32]
    private let offsets: [UInt32]
    private let heard: [Heard]

    init(
        _ source: LakeDay, counts: [Count], holdsListeners: Bool, users: [UInt32] = [],
        offsets: [UInt32] = [0], heard: [Heard] = []
    ) {
        self.source = source
        self.counts = counts
        self.holdsListeners = holdsListeners
        self.users = users
        self.offsets = offsets
        self.heard = heard
    }

    /// The day.
    var day: EventDay { source.day }

    /// Pairs of listener and song.
    var pairCount: Int { heard.count }

    /// The songs a listener heard that day, in order of their numbers.
    ///
    /// - Complexity: O(log(listeners))
    func heard(by user: UInt32) -> ArraySlice<Heard> {
        var (low, high) = (0, users.count)
        while low < high {
            let middle = (low + high) / 2
            if users[middle] < user { low = middle + 1 } else { high = middle }
        }
        guard low < users.count, users[low] == user else { return [] }
        return heard[Int(offsets[low])..<Int(offsets[low + 1])]
    }

    /// The same day without who heard what.
    func withoutListeners() -> ListeningDay {
        ListeningDay(source, counts: counts, holdsListeners: false)
    }
}

/// Collects the rows of a day.
struct ListeningDayBuilder {
    private struct Pair {
        /// Listener in the upper half, song in the lower.
        var key: UInt64
        var weight: Float
    }

    private let weight = ListenWeight()
    private var pairs: [Pair] = []
    private var unitedCount = 0
    /// By number of the song; the song of the first is 0.
    private var counts: [ListeningDay.Count] = []

    /// Takes the rows of a file.
    ///
    /// - Parameters:
    ///   - users: number of each listener of the file's dictionary; nil when listeners are not wanted.
    ///   - tracks: number of each song of the file's dictionary.
    mutating func add(_ columns: EventColumns, users: [UInt32]?, tracks: [UInt32]) {
        if let highest = tracks.max(), Int(highest) >= counts.count {
            counts += (counts.count...Int(highest)).map { ListeningDay.Count(track: UInt32($0)) }
        }
        let complete = EventAction.complete.rawValue
        for row in 0..<columns.count {
            let track = tracks[Int(columns.tracks.codes[row])]
            counts[Int(track)].begun &+= 1
            if columns.actions[row] == complete { counts[Int(track)].completed &+= 1 }
            guard let users, let action = EventAction(rawValue: columns.actions[row]) else { continue }
            let weight = weight.weight(
                action: action, duration: columns.durations[row], totalDuration: columns.totalDurations[row])
            let user = users[Int(columns.users.codes[row])]
            pairs.append(Pair(key: UInt64(user) << 32 | UInt64(track), weight: weight))
        }
        // Replays are many: without this the pairs of a day would pile up as events.
        if pairs.count > unitedCount * 2 + 100_000 { unite() }
    }

    private mutating func unite() {
        pairs.sort { $0.key < $1.key }
        var kept = 0
        for index in pairs.indices {
            if kept > 0, pairs[kept - 1].key == pairs[index].key {
                pairs[kept - 1].weight += pairs[index].weight
            } else {
                pairs[kept] = pairs[index]
                kept += 1
            }
        }
        pairs.removeLast(pairs.count - kept)
        unitedCount = kept
    }

    /// The day.
    mutating func build(_ source: LakeDay, holdsListeners: Bool) -> ListeningDay {
        unite()
        var users: [UInt32] = []
        var offsets: [UInt32] = []
        for (place, pair) in pairs.enumerated() {
            let user = UInt32(pair.key >> 32)
            guard users.last != user else { continue }
            users.append(user)
            offsets.append(UInt32(place))
        }
        offsets.append(UInt32(pairs.count))
        return ListeningDay(
            source, counts: counts.filter { $0.begun > 0 }, holdsListeners: holdsListeners,
            users: users, offsets: offsets,
            heard: pairs.map { ListeningDay.Heard(track: UInt32(truncatingIfNeeded: $0.key), weight: $0.weight) })
    }
}
