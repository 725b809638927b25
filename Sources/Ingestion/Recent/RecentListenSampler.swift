import Domain
import ServiceKit
import Storage

/// Picks the newest rows out of what was just polled, as many as the allowance lets it: what it costs the polling thread does not
/// grow with the traffic. For one thread.
struct RecentListenSampler {
    private let rate: Double
    /// Rows a second while the log holds more than was polled, as a part of `rate`: what is read then is old news already, and
    /// catching up is worth more.
    private static let partBehind = 0.1

    private var allowance: Double
    private var refilled = MonotonicTime.now
    /// Rows of each day of the open batch that were looked at.
    private var seen: [Int] = []
    private var epoch = -1
    private var begun: MonotonicTime?

    /// - Parameter rate: rows a second.
    init(rate: Int) {
        self.rate = Double(rate)
        allowance = Double(rate)
    }

    /// Rows that came since the last call and fit in the allowance, oldest first, and how many did not.
    mutating func newRows(of batch: borrowing OpenBatch, isBehind: Bool) -> (
        taken: [(userID: String, listen: RecentListen)], left: Int
    ) {
        // Another batch than the last time.
        if batch.begun != begun || batch.epoch != epoch { (seen, begun, epoch) = ([], batch.begun, batch.epoch) }
        var fresh = 0
        for (index, day) in batch.days.enumerated() {
            if index == seen.count { seen.append(0) }
            fresh += day.rows.count - seen[index]
        }
        guard fresh > 0 else { return ([], 0) }
        let rate = isBehind ? rate * Self.partBehind : rate
        allowance = min(rate, allowance + refilled.elapsed.secondCount * rate)
        refilled = .now
        var taken: [(userID: String, listen: RecentListen)] = []
        for (index, day) in batch.days.enumerated() {
            let count = day.rows.count
            let first = max(seen[index], count - max(0, Int(allowance)))
            allowance -= Double(count - first)
            for row in first..<count { taken.append(day.rows.recentListen(row)) }
            seen[index] = count
        }
        return (taken, fresh - taken.count)
    }
}

extension EventBatch {
    fileprivate func recentListen(_ row: Int) -> (userID: String, listen: RecentListen) {
        (
            users[userCodes[row]],
            RecentListen(
                trackID: tracks[trackCodes[row]], timestamp: timestamps[row],
                action: EventAction(rawValue: actions[row]) ?? .listen, duration: durations[row],
                totalDuration: totalDurations[row])
        )
    }
}
