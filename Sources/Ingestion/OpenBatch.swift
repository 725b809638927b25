import Domain
import ServiceKit
import Storage

/// What has been polled since the last commit: rows by day, what was rejected, and how far each partition is.
struct OpenBatch: Sendable {
    /// Rows by UTC day.
    private(set) var days: [EventDay: EventBatch] = [:]
    /// Records that break the contract.
    private(set) var rejected: [DeadLetter] = []
    /// Position of each partition when its first record came in; absent when the lake knew none.
    private(set) var from: [Int32: Int64] = [:]
    /// Next offset to read of each partition that has records here.
    private(set) var to: [Int32: Int64] = [:]
    /// Good rows.
    private(set) var eventCount = 0
    /// Bytes of JSON taken in, which bounds the memory.
    private(set) var byteCount = 0
    /// When the first record came in.
    private(set) var begun: MonotonicTime?
    /// Batches of an older epoch are dropped: their partitions were lost or advanced by somebody else.
    let epoch: Int

    init(epoch: Int) { self.epoch = epoch }

    var isEmpty: Bool { to.isEmpty }

    /// Records, good and bad.
    var recordCount: Int { eventCount + rejected.count }

    /// Takes note that the record at `offset` is in; `position` is where its partition stood before this batch.
    mutating func advance(partition: Int32, past offset: Int64, from position: Int64?, byteCount: Int) {
        if to.updateValue(offset + 1, forKey: partition) == nil {
            from[partition] = position
            begun = begun ?? .now
        }
        self.byteCount += byteCount
    }

    mutating func append(_ event: ListeningEventView) {
        let day = EventDay(epochMilliseconds: event.timestamp)
        days[day, default: EventBatch()].append(
            userID: event.userID, trackID: event.trackID, timestamp: event.timestamp, action: event.action,
            duration: event.duration, totalDuration: event.totalDuration, source: event.source)
        eventCount += 1
    }

    mutating func reject(_ letter: DeadLetter) { rejected.append(letter) }

    /// Plays by song and day: what the commit adds to the counts.
    ///
    /// - Complexity: O(rows), a string made once a distinct song and day.
    var plays: [String: [EventDay: Int64]] {
        var plays: [String: [EventDay: Int64]] = [:]
        for (day, rows) in days {
            var byCode = [Int64](repeating: 0, count: rows.tracks.count)
            for row in 0..<rows.count where rows.actions[row] != EventAction.skip.rawValue {
                byCode[Int(rows.trackCodes[row])] += 1
            }
            for (code, count) in byCode.enumerated() where count > 0 {
                plays[rows.tracks[UInt32(code)], default: [:]][day] = count
            }
        }
        return plays
    }
}
