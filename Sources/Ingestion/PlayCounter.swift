import Domain
import ServiceKit
import Storage
import Synchronization

/// Adds each commit's plays to the store, once: those of our own commits as they come, and those of daemons that died in
/// between (docs/design.md §3.3, step 3). Runs on a thread of its own, so that a slow store does not hold up the lake.
final class PlayCounter: Sendable {
    private let lake: any EventLake
    private let store: any DocumentStore
    private let options: IngestionOptions
    private let context: IngestionContext
    /// The lake's identity once it is known. A daemon commits to one lake: a batch for another one fails.
    private let lakeID = Mutex<String?>(nil)
    private let queue: CountQueue

    init(lake: any EventLake, store: any DocumentStore, options: IngestionOptions, context: IngestionContext) {
        self.lake = lake
        self.store = store
        self.options = options
        self.context = context
        queue = CountQueue(capacity: options.maximumCommitsBehind, sums: options.countInterval > .zero)
    }

    /// Hands over a commit; waits while too many are behind. False when the counter is closed.
    func add(version: Int64, tally: PlayTally, positions: [Int32: Int64], rowCount: Int) -> Bool {
        let isTaken = queue.add(version: version, tally: tally, positions: positions, rowCount: rowCount)
        context.metrics.commitsBehind.set(queue.commitCount)
        return isTaken
    }

    /// No more work will come; what waits is still tried.
    func close() { queue.close() }

    /// Works until closed and empty.
    func run() throws {
        var refreshed: EventDay?
        var lastCatchUp: MonotonicTime?
        var counted = MonotonicTime.now
        while true {
            let isDue = lastCatchUp.map { $0.elapsed >= options.catchUpInterval } ?? true
            if isDue, !context.isGivingUp {
                // The very first look also takes young commits: after a kill and a restart their maker is gone.
                try retrying("counting what earlier daemons left", untilClosed: true) {
                    try catchUp(olderThan: lastCatchUp == nil ? .zero : options.catchUpAge)
                }
                lastCatchUp = .now
            }
            if refreshed != context.today, !context.isGivingUp {
                try retrying("summing the last seven days", untilClosed: true) {
                    try store.refreshRecentPlays(today: context.today)
                }
                refreshed = context.today
            }
            waitForCompany(until: counted.advanced(by: options.countInterval))
            if let group = queue.take(timeout: .milliseconds(500)) {
                counted = .now
                try count(group)
            } else if queue.isClosed {
                return
            }
        }
    }

    /// While ingest catches up, commits come faster than the store is quick: then they are summed for a while, and a song
    /// that all of them play is written once. With nothing to catch up on, each is counted at once.
    private func waitForCompany(until due: MonotonicTime) {
        while !queue.isRipe, MonotonicTime.now < due, !context.isGivingUp {
            guard context.waitWhileBehind(upTo: .milliseconds(50)) else { return }
        }
    }

    private func count(_ group: CountQueue.Group) throws {
        if !group.versions.isEmpty {
            let done = try retrying("counting plays of commits \(group.versions)", untilClosed: false) {
                let plays = CommitPlays(
                    lakeID: try identity(), lakeVersions: group.versions, plays: group.tally.plays)
                let isNew = try context.metrics.countSeconds.time { try store.applyPlays(plays, today: context.today) }
                if isNew {
                    context.metrics.plays.increment(
                        by: Int(plays.plays.values.reduce(0) { $0 + $1.values.reduce(0, +) }))
                } else if group.versions.count > 1 {
                    // Another daemon has counted one of them: the others one by one, from their files.
                    for version in group.versions { try apply(version) }
                }
            }
            // Not done: we were told to stop while the store is down. The commits have no marker, so the next start does it.
            guard done else { return }
        }
        for _ in 0..<group.commitCount { context.crashPoint.pass(.afterCounts) }
        context.counted(group.positions)
        context.metrics.commitsBehind.set(queue.commitCount)
    }

    /// Counts a commit from its files, unless it has a marker.
    private func apply(_ version: Int64) throws {
        let plays = try lake.plays(ofCommit: version)
        guard try store.applyPlays(plays, today: context.today) else { return }
        context.logger.notice("counted a commit that had no marker", ["version": "\(version)"])
    }

    private func identity() throws -> String? {
        if let known = lakeID.withLock({ $0 }) { return known }
        let found = try lake.identity()
        lakeID.withLock { $0 = found }
        return found
    }

    /// Applies commits without a marker from their files, then moves the floor over all that is done.
    private func catchUp(olderThan age: Duration) throws {
        guard options.sabotage != .forgetCatchUp else { return }
        let newest = try lake.version()
        let youngest = context.now - Int64(age.secondCount * 1000)
        var floor = newest.map { $0 + 1 }
        for commit in try Backlog.unmarked(lake: lake, store: store) {
            // Somebody else is about to count it, or waits for a store that is down.
            guard commit.timestamp <= youngest, !context.isGivingUp else {
                floor = floor.map { min($0, commit.version) }
                break
            }
            try apply(commit.version)
        }
        guard let floor, floor > (try store.appliedCommitsFloor()) else { return }
        try store.setAppliedCommitsFloor(floor)
    }

    /// - Returns: false when it gave up because the daemon stops.
    @discardableResult
    private func retrying(_ what: String, untilClosed: Bool, _ body: () throws -> Void) throws -> Bool {
        try context.retrying(what, giveUp: { untilClosed && queue.isClosed }, body)
    }
}
