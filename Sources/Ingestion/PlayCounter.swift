import Domain
import ServiceKit
import Storage

/// Adds each commit's plays to the store, once: those of our own commits as they come, and those of daemons that died in
/// between (docs/design.md §3.3, step 3). Runs on a thread of its own, so that a slow store does not hold up the lake.
final class PlayCounter: Sendable {
    /// A commit of ours.
    struct Work: Sendable {
        var plays: CommitPlays
        /// Group offsets to commit once it is counted.
        var positions: [Int32: Int64]
        var rowCount: Int
    }

    private let lake: any EventLake
    private let store: any DocumentStore
    private let options: IngestionOptions
    private let context: IngestionContext
    private let queue: BoundedQueue<Work>

    init(lake: any EventLake, store: any DocumentStore, options: IngestionOptions, context: IngestionContext) {
        self.lake = lake
        self.store = store
        self.options = options
        self.context = context
        queue = BoundedQueue(capacity: options.maximumCommitsBehind)
    }

    /// Commits waiting.
    var waitingCount: Int { queue.count }

    /// Hands over a commit; waits while too many are behind. False when the counter is closed.
    func add(_ work: Work) -> Bool {
        let isTaken = queue.push(work)
        context.metrics.commitsBehind.set(queue.count)
        return isTaken
    }

    /// No more work will come; what waits is still tried.
    func close() { queue.close() }

    /// Works until closed and empty.
    func run() throws {
        var refreshed: EventDay?
        var lastCatchUp: MonotonicTime?
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
            if let work = queue.pop(timeout: .milliseconds(500)) {
                try count(work)
            } else if queue.isClosed {
                return
            }
        }
    }

    private func count(_ work: Work) throws {
        if work.rowCount > 0 {
            let done = try retrying("counting plays of commit \(work.plays.lakeVersion)", untilClosed: false) {
                let isNew = try context.metrics.countSeconds.time {
                    try store.applyPlays(work.plays, today: context.today)
                }
                guard isNew else { return }
                context.metrics.plays.increment(
                    by: Int(work.plays.plays.values.reduce(0) { $0 + $1.values.reduce(0, +) }))
            }
            // Not done: we were told to stop while the store is down. The commit has no marker, so the next start does it.
            guard done else { return }
        }
        context.crashPoint.pass(.afterCounts)
        context.counted(work.positions)
        context.metrics.commitsBehind.set(queue.count)
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
            let plays = try lake.plays(ofCommit: commit.version)
            if try store.applyPlays(plays, today: context.today) {
                context.logger.notice("counted a commit that had no marker", ["version": "\(commit.version)"])
            }
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
