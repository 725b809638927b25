import ServiceKit
import Storage

/// Commits that wait to be counted. Neighbours are summed while they wait, so that a store that is slow or away costs
/// memory by songs, not by commits, and a song that many of them play is written once.
package final class CountQueue: Sendable {
    /// Commits that are counted in one transaction.
    package struct Group: Sendable {
        /// Lake versions, ascending.
        package var versions: [Int64] = []
        package var tally = PlayTally()
        /// Group offsets to commit once it is counted.
        package var positions: [Int32: Int64] = [:]
        /// Commits, those without a row among them.
        package var commitCount = 0
    }

    /// What one transaction takes at most, unless a single commit has more: few enough for a store that gives a transaction
    /// a minute.
    package static let songDaysPerGroup = 50_000

    private struct State: Sendable {
        var groups: [Group] = []
        var isClosed = false

        var commitCount: Int { groups.reduce(0) { $0 + $1.commitCount } }
    }

    private let capacity: Int
    private let sums: Bool
    private let state = Monitor(State())

    /// - Parameters:
    ///   - capacity: commits that may wait.
    ///   - sums: whether neighbours are summed; otherwise each is a group.
    package init(capacity: Int, sums: Bool = true) {
        self.capacity = capacity
        self.sums = sums
    }

    /// Commits that wait.
    package var commitCount: Int { state.withLock { $0.commitCount } }

    package var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Whether waiting longer would gain nothing: the oldest group can take no more, or no commit has room.
    package var isRipe: Bool { state.withLock { $0.isClosed || $0.groups.count > 1 || $0.commitCount >= capacity } }

    /// Adds a commit; waits while too many are there. False when the queue is closed.
    package func add(version: Int64, tally: PlayTally, positions: [Int32: Int64], rowCount: Int) -> Bool {
        state.wait(upTo: nil) { state -> Bool? in
            if state.isClosed { return false }
            guard state.commitCount < capacity else { return nil }
            var group = state.groups.popLast() ?? Group()
            let isTooMuch = group.tally.songDayCount + tally.songDayCount > Self.songDaysPerGroup
            if group.commitCount > 0, isTooMuch || !sums {
                state.groups.append(group)
                group = Group()
            }
            if rowCount > 0 {
                group.versions.append(version)
                group.tally.add(tally)
            }
            group.positions.merge(positions) { max($0, $1) }
            group.commitCount += 1
            state.groups.append(group)
            return true
        } ?? false
    }

    /// Takes the oldest group, waiting for one; nil when none came in time, or none will.
    package func take(timeout: Duration) -> Group? {
        let taken = state.wait(upTo: timeout) { state -> Group?? in
            if !state.groups.isEmpty { return .some(state.groups.removeFirst()) }
            return state.isClosed ? .some(nil) : nil
        }
        return taken ?? nil
    }

    /// No more commits will come; those that wait can still be taken.
    package func close() { state.withLock { $0.isClosed = true } }
}
