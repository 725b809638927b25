public import ObjectStore
public import ServiceKit
import Synchronization

/// A Delta Lake table over an object store: snapshots, time travel, atomic commits.
///
/// Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md, table protocol reader 1 / writer 2. What is read of
/// newer protocols and what is refused says `DeltaProtocol.checkReadable`. The table does not look into data files.
///
/// All calls block and may be made from many threads. The newest snapshot is kept and brought up to date by listing what
/// came after it.
public final class DeltaTable: Sendable {
    /// What a caller may want other than it is.
    public struct Options: Sendable {
        /// A checkpoint is written every so many commits, unless the table's `delta.checkpointInterval` says otherwise.
        public var checkpointInterval: Int64 = 100
        /// How long old versions can be travelled to, unless `delta.logRetentionDuration` says otherwise.
        public var logRetention = Duration.seconds(30 * 86_400)
        /// How long a removed file is kept, unless `delta.deletedFileRetentionDuration` says otherwise.
        public var removedFileRetention = Duration.seconds(7 * 86_400)
        /// How often a commit is tried under the next number when others keep taking it.
        public var maximumAttempts = 200
        /// What is written into `commitInfo.engineInfo`.
        public var engineInfo = "Segue"
        /// Tells `commitInfo.timestamp` and tombstones' times.
        public var clock: any WallClock = SystemWallClock()

        /// The defaults.
        public init() {}
    }

    /// Where the table's files are.
    public let store: any ObjectStore
    let options: Options
    let log: DeltaLog
    let logger = Logger(label: "delta")
    /// The newest state known.
    private let cache = Mutex<DeltaSnapshot?>(nil)
    /// Held by the one thread that asks the store for news, so that many readers cost one listing at a time.
    private let refreshing = Mutex<Void>(())

    /// The table in `store`; nothing is read or made yet.
    public init(store: any ObjectStore, options: Options = Options()) {
        self.store = store
        self.options = options
        log = DeltaLog(store: store)
    }

    /// The newest snapshot, or nil while there is no table.
    /// - Throws: `.unsupported` when the table needs more than this program knows.
    public func snapshot() throws -> DeltaSnapshot? {
        try refreshing.withLock { _ in
            let known = cache.withLock { $0 }
            guard let known else { return try remember(try log.load()) }
            let state = try log.advance(known.state)
            if state.version == known.version { return known }
            return try remember(state)
        }
    }

    /// The snapshot as of `version`.
    /// - Throws: `.notFound` when there is no such version, or not any more.
    public func snapshot(version: Int64) throws -> DeltaSnapshot {
        if let known = cache.withLock({ $0 }), known.version == version { return known }
        // Below the oldest checkpoint commits are gone by retention, which is no damage.
        guard let oldest = try oldestVersion(), version >= oldest else {
            throw DeltaError(
                .notFound, "version \(version) of \(store.location) is not there, or not retained any more")
        }
        let state = try log.load(to: version)
        guard state.version == version else {
            throw DeltaError(
                .notFound, "there is no version \(version) of \(store.location); the newest is \(state.version)")
        }
        let snapshot = try DeltaSnapshot(state, location: store.location)
        try snapshot.protocolVersion.checkReadable(snapshot.metadata, location: store.location)
        return snapshot
    }

    /// The oldest version that can still be read, or nil while there is no table.
    public func oldestVersion() throws -> Int64? {
        let listing = try log.listing()
        if listing.commits.first?.version == 0 { return 0 }
        return listing.checkpoints.first?.version
    }

    /// Visits the commits after `version` (exclusive; nil: from the oldest retained), ascending.
    ///
    /// - Parameter body: returns false to stop.
    public func forEachCommit(after version: Int64?, _ body: (DeltaCommit) throws -> Bool) throws {
        let first = version.map { $0 + 1 } ?? 0
        for (version, info) in try log.listing(from: max(0, first)).commits where version >= first {
            guard try body(try log.commit(version, info: info)) else { return }
        }
    }

    /// One commit.
    /// - Throws: `.notFound` when it is not there, or not any more.
    public func commit(version: Int64) throws -> DeltaCommit {
        guard version >= 0, let commit = try log.commit(version) else {
            throw DeltaError(.notFound, "there is no commit \(version) in \(store.location), or not any more")
        }
        return commit
    }

    /// Checks and keeps a state; nil for the state before the first commit.
    private func remember(_ state: LogState) throws -> DeltaSnapshot? {
        guard state.version >= 0 else { return nil }
        let snapshot = try DeltaSnapshot(state, location: store.location)
        try snapshot.protocolVersion.checkReadable(snapshot.metadata, location: store.location)
        cache.withLock { $0 = snapshot }
        return snapshot
    }
}
