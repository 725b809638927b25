import ObjectStore
import ServiceKit
import Synchronization

extension DeltaTable {
    /// Makes a new table, or returns the one that is there: of many creators at once one wins and all get its table.
    public func createIfMissing(_ metadata: DeltaMetadata, protocolVersion: DeltaProtocol = .init()) throws
        -> DeltaSnapshot
    {
        if let snapshot = try snapshot() { return snapshot }
        let change = DeltaChange(
            operation: "CREATE TABLE", baseVersion: -1,
            actions: [.protocolVersion(protocolVersion), .metadata(metadata)])
        _ = try store.putIfAbsent(DeltaLog.commitKey(0), file(of: change, version: 0))
        guard let snapshot = try snapshot() else {
            throw DeltaError(
                .corrupt,
                "a table was just made in \(store.location) and is not there: the store loses what it is given")
        }
        return snapshot
    }

    /// Commits a change under the next free version number, put-if-absent: the only step that makes it true.
    ///
    /// - Returns: the commit, also when an earlier try of the same change had made it without our hearing of it.
    /// - Throws: `.conflict` when another writer changed what this is based on, nothing was committed then; `.notFound`
    ///   when there is no table; `ObjectStoreError` with `isRetriable` when the outcome is not known: commit the same
    ///   change again.
    @discardableResult
    public func commit(_ change: DeltaChange) throws -> DeltaCommit {
        for _ in 0..<options.maximumAttempts {
            guard let base = try snapshot() else { throw DeltaError.noTable(store.location) }
            if let conflict = change.conflict(with: base) {
                if let own = try ownCommit(of: change, upTo: base.version) { return own }
                throw DeltaError(.conflict(conflict), "\(change.operation) in \(store.location): \(conflict.text)")
            }
            try base.protocolVersion.checkWritable(base.metadata, location: store.location)
            let version = base.version + 1
            let bytes = file(of: change, version: version)
            if try store.putIfAbsent(DeltaLog.commitKey(version), bytes) {
                let commit = try DeltaCommit.parse(
                    bytes, version: version, path: DeltaLog.commitKey(version), modifiedAt: options.clock.now)
                checkpointIfDue(after: version)
                return commit
            }
            // Somebody has this number: either another writer, or our own earlier try whose reply got lost.
            if let taken = try log.commit(version), taken.token == change.token { return taken }
        }
        throw DeltaError(
            .conflict(.contention),
            "\(change.operation) in \(store.location): other writers took \(options.maximumAttempts) version numbers one after "
                + "the other; try again with fewer writers")
    }

    /// The commit an earlier try of the same change has made.
    private func ownCommit(of change: DeltaChange, upTo version: Int64) throws -> DeltaCommit? {
        guard version > change.baseVersion else { return nil }
        for candidate in (change.baseVersion + 1)...version {
            if let commit = try log.commit(candidate), commit.token == change.token { return commit }
        }
        return nil
    }

    private func file(of change: DeltaChange, version: Int64) -> [UInt8] {
        let info: DeltaJSONObject = [
            "timestamp": .integer(options.clock.now), "operation": .string(change.operation),
            "operationParameters": .object(DeltaJSONObject(strings: change.parameters.mapValues { $0 })),
            "operationMetrics": .object(DeltaJSONObject(strings: change.metrics.mapValues { $0 })),
            "readVersion": .integer(version - 1), "isolationLevel": .string("WriteSerializable"),
            "isBlindAppend": .bool(change.isBlindAppend), "engineInfo": .string(options.engineInfo),
            DeltaCommit.tokenField: .string(change.token),
        ]
        return DeltaCommit.serialize(info: info, actions: change.actions)
    }
}

extension DeltaChange {
    fileprivate var isBlindAppend: Bool {
        !actions.contains {
            switch $0 {
            case .remove, .metadata, .protocolVersion: true
            default: false
            }
        }
    }

    /// What other writers have done since that forbids this change: the state is compared, not the commits between, so
    /// nothing that happened there can be overlooked.
    func conflict(with snapshot: DeltaSnapshot) -> DeltaError.Conflict? {
        if let tableID, tableID != snapshot.metadata.id { return .metadata }
        for (appID, expected) in expectedTransactions.sorted(by: { $0.key < $1.key })
        where snapshot.transactions[appID]?.version != expected {
            return .transaction(appID: appID)
        }
        for action in actions {
            switch action {
            case .remove(let file) where snapshot.files[file.path] == nil: return .fileRemoved(path: file.path)
            case .add(let file) where snapshot.files[file.path] != nil || snapshot.tombstones[file.path] != nil:
                return .fileAdded(path: file.path)
            default: break
            }
        }
        return nil
    }
}

extension DeltaError.Conflict {
    fileprivate var text: String {
        switch self {
        case .transaction(let appID): "another writer has advanced \(appID)"
        case .fileRemoved(let path): "another writer has removed \(path)"
        case .fileAdded(let path): "another writer has added \(path)"
        case .metadata: "another writer has replaced the table"
        case .contention: "other writers took every version number tried"
        }
    }
}
