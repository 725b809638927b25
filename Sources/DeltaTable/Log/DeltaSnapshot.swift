/// The table as of one version: what replaying the log up to it gives
/// (https://github.com/delta-io/delta/blob/master/PROTOCOL.md#action-reconciliation).
public struct DeltaSnapshot: Sendable {
    /// What must be known to read and write the table.
    public let protocolVersion: DeltaProtocol
    /// Schema, partitioning, properties.
    public let metadata: DeltaMetadata
    let state: LogState

    /// - Throws: `.corrupt` when the log so far lacks what every table has.
    init(_ state: LogState, location: String) throws {
        guard let protocolVersion = state.protocolVersion, let metadata = state.metadata else {
            let missing = state.protocolVersion == nil ? "protocol" : "metaData"
            throw DeltaError(
                .corrupt,
                "the log of \(location) has no \(missing) action up to version \(state.version): its first commits are "
                    + "missing or damaged; restore _delta_log from a backup")
        }
        self.protocolVersion = protocolVersion
        self.metadata = metadata
        self.state = state
    }

    /// Version of the newest commit in it.
    public var version: Int64 { state.version }

    /// When that was made, epoch milliseconds.
    public var timestamp: Int64 { state.timestamp }

    /// How far each application has come, by its identifier.
    public var transactions: [String: DeltaTransaction] { state.transactions }

    /// The data files by path.
    public var files: [String: AddFile] { state.files }

    /// Files removed lately, by path: not the table's any more, but perhaps a reader's.
    public var tombstones: [String: RemoveFile] { state.tombstones }

    /// Rows by the files' statistics; nil when a file has none.
    ///
    /// - Complexity: O(files), and parses each one's statistics.
    public var rowCount: Int64? {
        var sum: Int64 = 0
        for file in files.values {
            guard let count = file.rowCount else { return nil }
            sum += count
        }
        return sum
    }
}

/// What has been replayed so far. `version` -1 is the state before the first commit.
struct LogState: Sendable {
    private(set) var version: Int64 = -1
    private(set) var timestamp: Int64 = 0
    private(set) var protocolVersion: DeltaProtocol?
    private(set) var metadata: DeltaMetadata?
    private(set) var transactions: [String: DeltaTransaction] = [:]
    private(set) var files: [String: AddFile] = [:]
    private(set) var tombstones: [String: RemoveFile] = [:]

    /// Nothing replayed.
    init() {}

    /// Begins with the actions of a checkpoint, which are reconciled already.
    init(checkpoint version: Int64, timestamp: Int64, actions: [DeltaAction]) {
        for action in actions { apply(action) }
        self.version = version
        self.timestamp = timestamp
    }

    /// Replays the next commit.
    mutating func apply(_ commit: DeltaCommit) {
        precondition(commit.version == version + 1, "commits are replayed one after the other")
        version = commit.version
        timestamp = commit.timestamp
        for action in commit.actions { apply(action) }
    }

    private mutating func apply(_ action: DeltaAction) {
        switch action {
        case .protocolVersion(let value): protocolVersion = value
        case .metadata(let value): metadata = value
        case .transaction(let value): transactions[value.appID] = value
        case .add(let file):
            files[file.path] = file
            tombstones[file.path] = nil
        case .remove(let file):
            files[file.path] = nil
            tombstones[file.path] = file
        case .commitInfo, .unknown: break
        }
    }
}
