import Domain
import Storage

/// What listeners heard lately, as of one version of the lake, in compact form.
///
/// ```
/// users    "u1" → 0, "u2" → 1 …                 rows
/// offsets  0        3      5 …                      where each row begins in
/// heard    4 9 17   0 9    …                        numbers of tracks, ascending in a row
/// tracks   "s9" "s1" …                              the ids of those numbers
/// ```
final class ListeningHistory: Sendable {
    /// Version of the lake that was read.
    let lakeVersion: Int64
    /// Ids of the songs that were heard, by their number here.
    let tracks: [String]
    private let users: [String: Int32]
    private let offsets: [Int]
    private let heard: [UInt32]

    /// No further day is read once so many pairs of listener and song are held. The newest days come first, so that it is
    /// old listening that is left out.
    static let pairLimit = 20_000_000

    /// Reads the last `days` days, today included.
    ///
    /// - Parameter isStopped: asked once a file.
    /// - Returns: nil when it was stopped.
    /// - Complexity: O(events + pairs · log(pairs))
    init?(
        lake: any EventLake, version: Int64, today: EventDay, days: Int, pairLimit: Int = ListeningHistory.pairLimit,
        isStopped: () -> Bool
    ) throws {
        var builder = Builder()
        struct Stopped: Error {}
        do {
            for back in 0..<days where builder.pairs.count < pairLimit {
                let day = today.advanced(by: -back)
                try lake.read(days: day...day, columns: [.userID, .trackID], version: version) { _, columns in
                    guard !isStopped() else { throw Stopped() }
                    builder.add(columns)
                }
            }
        } catch is Stopped {
            return nil
        }
        lakeVersion = version
        tracks = builder.tracks
        users = builder.users
        (offsets, heard) = builder.rows()
    }

    /// Numbers of the tracks a listener heard, ascending; empty for an unknown one.
    func heard(by userID: String) -> ArraySlice<UInt32> {
        guard let row = users[userID].map(Int.init) else { return [] }
        return heard[offsets[row]..<offsets[row + 1]]
    }

    private struct Builder {
        var users: [String: Int32] = [:]
        var tracks: [String] = []
        private var trackNumbers: [String: UInt32] = [:]
        /// Row in the upper half, track in the lower.
        var pairs: [UInt64] = []
        private var sortedCount = 0

        mutating func add(_ columns: EventColumns) {
            // A file's dictionaries are looked up once, its rows only by number.
            let rows = columns.users.values.map { row(of: $0) }
            let numbers = columns.tracks.values.map { number(of: $0) }
            for index in 0..<columns.count {
                let row = UInt64(rows[Int(columns.users.codes[index])])
                pairs.append(row << 32 | UInt64(numbers[Int(columns.tracks.codes[index])]))
            }
            // Replays are many: without this the pairs of a day would pile up as events.
            if pairs.count > sortedCount * 2 + 100_000 { unite() }
        }

        private mutating func row(of userID: String) -> Int32 {
            if let row = users[userID] { return row }
            let row = Int32(users.count)
            users[userID] = row
            return row
        }

        private mutating func number(of trackID: String) -> UInt32 {
            if let number = trackNumbers[trackID] { return number }
            let number = UInt32(tracks.count)
            trackNumbers[trackID] = number
            tracks.append(trackID)
            return number
        }

        private mutating func unite() {
            pairs.sort()
            var kept = 0
            for index in pairs.indices where index == 0 || pairs[index] != pairs[kept - 1] {
                pairs[kept] = pairs[index]
                kept += 1
            }
            pairs.removeLast(pairs.count - kept)
            sortedCount = kept
        }

        mutating func rows() -> (offsets: [Int], heard: [UInt32]) {
            unite()
            var offsets = [Int](repeating: 0, count: users.count + 1)
            for pair in pairs { offsets[Int(pair >> 32) + 1] += 1 }
            for row in 0..<users.count { offsets[row + 1] += offsets[row] }
            return (offsets, pairs.map { UInt32(truncatingIfNeeded: $0) })
        }
    }
}
