/// How ingest gathers, commits and retries.
public struct IngestionOptions: Sendable {
    /// Consumer group the daemons share the partitions in.
    public var group = "segue-ingest"
    /// A batch is committed when it holds this many events …
    public var batchEventCount = 100_000
    /// … or was begun this long ago …
    public var batchDuration = Duration.seconds(5)
    /// … or took in this many bytes of JSON.
    public var batchByteCount = 64 << 20
    /// Partitions of the topic when it has to be made.
    public var partitions = 8
    /// Lake commits whose play counts may wait for a store that is down; then ingest waits too.
    public var maximumCommitsBehind = 64
    /// While ingest catches up, plays of commits are summed for this long before they are counted; otherwise each is
    /// counted at once. Zero: each commit always on its own.
    public var countInterval = Duration.seconds(2)
    /// How old an unmarked commit must be before another daemon than its maker applies it.
    public var catchUpAge = Duration.seconds(15)
    /// How often commits without a marker are looked for.
    public var catchUpInterval = Duration.seconds(15)
    /// Newest listens of each listener that are kept in the store for recommendations to follow; 0: none.
    public var recentListenCount = 50
    /// How often they are written, at most.
    public var recentInterval = Duration.milliseconds(250)
    /// Listens a second that are looked at for this, at most; under more traffic only the newest are.
    public var recentListenRate = 2_000
    /// Listens a daemon remembers at least, to count none twice that is sent twice; 0: none.
    public var duplicateReach = 500_000
    /// End when everything that is in the log has been committed and counted.
    public var isDraining = false
    /// Where to kill the process, for crash tests; nil in production.
    public var crash: IngestionCrash?
    /// Where to stop the process (SIGSTOP), so that it comes back as a zombie; nil in production.
    public var freeze: IngestionCrash?
    /// A step of the protocol to leave out, so that a harness can be seen failing; nil in production.
    public var sabotage: IngestionSabotage?

    /// The defaults.
    public init() {}
}

/// The steps of docs/design.md §3.3 between which a crash must lose and repeat nothing.
public enum IngestionStep: String, Sendable, CaseIterable {
    /// The batch's Parquet files are durable, nothing refers to them yet.
    case afterParquet = "after-parquet"
    /// The Delta commit is there, its plays are not counted.
    case afterCommit = "after-commit"
    /// The plays are counted and marked, the group's offsets are old.
    case afterCounts = "after-counts"
    /// Just before the group's offsets are committed.
    case beforeOffsets = "before-offsets"
}

/// Where and when a crash test kills or freezes the process.
public struct IngestionCrash: Sendable, Equatable {
    /// Step to die at.
    public var step: IngestionStep
    /// On which passing of that step, from 1.
    public var occurrence: Int

    /// Dies at the given passing of a step.
    public init(step: IngestionStep, occurrence: Int = 1) {
        self.step = step
        self.occurrence = occurrence
    }

    /// Reads `after-commit` or `after-commit:3`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let step = IngestionStep(rawValue: String(parts[0])) else { return nil }
        guard let occurrence = parts.count == 2 ? Int(parts[1]) : 1, occurrence > 0 else { return nil }
        self.init(step: step, occurrence: occurrence)
    }
}

/// Steps of the protocol a harness may remove to see itself fail.
public enum IngestionSabotage: String, Sendable, CaseIterable {
    /// Commits carry no positions, so a restart reads events again.
    case forgetPositions = "forget-positions"
    /// Commits without a marker are never made good, so a kill loses counts.
    case forgetCatchUp = "forget-catch-up"
}
