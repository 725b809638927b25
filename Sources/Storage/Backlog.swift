/// How far the lake and the counts are behind the log, for all partitions and daemons: read from the sources of truth.
public struct Backlog: Sendable, Equatable {
    /// Events in the log that no commit of the lake covers.
    public var lag: Int64
    /// Commits of the lake whose plays are not counted.
    public var commitsBehind: Int

    /// Makes the figures.
    public init(lag: Int64, commitsBehind: Int) {
        self.lag = lag
        self.commitsBehind = commitsBehind
    }

    /// Reads log, lake and store.
    public static func read(log: any EventLog, lake: any EventLake, store: any DocumentStore) throws -> Backlog {
        let positions = try lake.positions(topic: log.topic)
        let lag = try log.offsets().reduce(Int64(0)) { sum, partition in
            sum + max(0, partition.end - max(partition.begin, positions[partition.partition] ?? 0))
        }
        return Backlog(lag: lag, commitsBehind: try unmarked(lake: lake, store: store).count)
    }

    /// Throws when the store's counts are those of another lake, or of one that is gone.
    package static func checkLake(_ lake: any EventLake, _ store: any DocumentStore) throws {
        // The store is read first: a lake that is made and counted in between is then there.
        guard let counted = try store.countedLakeID() else {
            // Counted before lakes were told apart, but more than this lake ever had.
            let floor = try store.appliedCommitsFloor()
            if floor > 0, floor > (try lake.version() ?? -1) + 1 {
                throw StorageError.otherLake(try lake.identity(), counted: "(without a name)", place: nil)
            }
            return
        }
        let found = try lake.identity()
        if found != counted { throw StorageError.otherLake(found, counted: counted, place: nil) }
    }

    /// Commits that hold rows and have no marker, ascending.
    package static func unmarked(lake: any EventLake, store: any DocumentStore) throws -> [LakeCommit] {
        try checkLake(lake, store)
        let floor = try store.appliedCommitsFloor()
        // Read the lake first: a commit made in between is then missing here, not counted as behind wrongly.
        let commits = try lake.commits(after: floor - 1)
        let applied = Set(try store.appliedCommits(from: floor))
        return commits.filter { $0.changesData && $0.rowCount > 0 && !applied.contains($0.version) }
    }
}
