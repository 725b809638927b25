package import Domain
package import Storage

/// Plays by song and day, summed over any number of commits: what a commit adds to the counts.
///
/// ```
/// tracks   "t9" "t4" …       each song's bytes once
/// counts   day → [3, 1, …]   one number a song
/// ```
package struct PlayTally: Sendable {
    private var tracks = InternedStrings()
    private var counts: [EventDay: [Int64]] = [:]

    /// No plays.
    package init() {}

    /// The plays among the rows of a batch.
    ///
    /// - Complexity: O(rows); of a batch of one day no song is hashed.
    package init(_ days: [(day: EventDay, rows: EventBatch)]) {
        for (day, rows) in days {
            let own = Self.plays(of: rows)
            if tracks.count == 0 {
                (tracks, counts[day]) = (rows.tracks, own)
            } else {
                add(own, of: rows.tracks, on: day)
            }
        }
    }

    /// Most numbers there can be: songs times days.
    package var songDayCount: Int { tracks.count * counts.count }

    /// Adds what another tally holds.
    ///
    /// - Complexity: O(songs · days of the other), each of its songs hashed once a day.
    package mutating func add(_ other: PlayTally) {
        if tracks.count == 0 { return self = other }
        for (day, own) in other.counts { add(own, of: other.tracks, on: day) }
    }

    /// The sums as the store takes them. Songs without a play are left out.
    package var plays: [String: [EventDay: Int64]] {
        var plays: [String: [EventDay: Int64]] = [:]
        plays.reserveCapacity(tracks.count)
        for (day, numbers) in counts {
            for (code, count) in numbers.enumerated() where count > 0 {
                plays[tracks[UInt32(code)], default: [:]][day] = count
            }
        }
        return plays
    }

    private mutating func add(_ numbers: [Int64], of songs: InternedStrings, on day: EventDay) {
        var sums = counts[day].take() ?? []
        songs.bytes.withUnsafeBytes { bytes in
            for (code, count) in numbers.enumerated() where count > 0 {
                let range = Int(songs.offsets[code])..<Int(songs.offsets[code + 1])
                let own = Int(tracks.code(of: UnsafeRawBufferPointer(rebasing: bytes[range])))
                if own >= sums.count { sums += repeatElement(0, count: own + 1 - sums.count) }
                sums[own] += count
            }
        }
        counts[day] = sums
    }

    /// Plays by code of the batch's songs.
    private static func plays(of rows: EventBatch) -> [Int64] {
        var counts = [Int64](repeating: 0, count: rows.tracks.count)
        let skip = EventAction.skip.rawValue
        for (code, action) in zip(rows.trackCodes, rows.actions) { counts[Int(code)] += action == skip ? 0 : 1 }
        return counts
    }
}
