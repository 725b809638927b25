import Domain
import ServiceKit
import Storage

/// What has been polled since the last commit: rows by day, what was rejected, and how far each partition is.
struct OpenBatch: Sendable {
    /// Rows by UTC day, in order of first use.
    private(set) var days: [(day: EventDay, rows: EventBatch)] = []
    /// Records that break the contract.
    private(set) var rejected: [DeadLetter] = []
    /// Position of each partition when its first record came in; absent when the lake knew none.
    private(set) var from: [Int32: Int64] = [:]
    /// Good rows.
    private(set) var eventCount = 0
    /// Bytes of JSON taken in, which bounds the memory.
    private(set) var byteCount = 0
    /// When the first record came in.
    private(set) var begun: MonotonicTime?
    /// Batches of an older epoch are dropped: their partitions were lost or advanced by somebody else.
    let epoch: Int

    /// Positions of the partitions before the current one.
    private var ends: [Int32: Int64] = [:]
    // Records come in long runs of one partition and of one day: the latest of both is at hand.
    private var partition: Int32 = -1
    private var position: Int64 = 0
    private var dayIndex = 0
    private var dayMilliseconds: Range<Int64> = 0..<0

    init(epoch: Int) { self.epoch = epoch }

    var isEmpty: Bool { partition < 0 }

    /// Records, good and bad.
    var recordCount: Int { eventCount + rejected.count }

    /// Next offset to read of each partition that has records here.
    var to: [Int32: Int64] {
        var ends = ends
        if partition >= 0 { ends[partition] = position }
        return ends
    }

    /// The rows as the lake takes them.
    var rowsByDay: [EventDay: EventBatch] { Dictionary(uniqueKeysWithValues: days.map { ($0.day, $0.rows) }) }

    /// Takes note that the record at `offset` is in; `start` is where its partition stood before this batch.
    mutating func advance(
        partition: Int32, past offset: Int64, from start: @autoclosure () -> Int64?, byteCount: Int
    ) {
        if partition != self.partition { turn(to: partition, from: start) }
        position = offset + 1
        self.byteCount += byteCount
    }

    private mutating func turn(to partition: Int32, from start: () -> Int64?) {
        if self.partition >= 0 { ends[self.partition] = position }
        self.partition = partition
        if ends[partition] == nil { from[partition] = start() }
        begun = begun ?? .now
    }

    mutating func append(_ event: borrowing ListeningEventView) {
        if !dayMilliseconds.contains(event.timestamp) { turn(to: EventDay(epochMilliseconds: event.timestamp)) }
        days[dayIndex].rows.append(
            userID: event.userID, trackID: event.trackID, timestamp: event.timestamp, action: event.action,
            duration: event.duration, totalDuration: event.totalDuration, source: event.source)
        eventCount += 1
    }

    private mutating func turn(to day: EventDay) {
        dayMilliseconds = day.startMilliseconds..<day.advanced(by: 1).startMilliseconds
        if let known = days.firstIndex(where: { $0.day == day }) {
            dayIndex = known
        } else {
            dayIndex = days.count
            days.append((day, EventBatch()))
        }
    }

    /// Takes other rows for a day, some of those that are there.
    mutating func replaceRows(ofDay index: Int, by rows: EventBatch) {
        eventCount -= days[index].rows.count - rows.count
        days[index].rows = rows
    }

    mutating func reject(_ letter: DeadLetter) { rejected.append(letter) }
}
