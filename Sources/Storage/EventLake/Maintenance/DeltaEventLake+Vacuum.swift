import DeltaTable
import ObjectStore
import ServiceKit

/// What vacuum removes.
public struct LakeVacuumOptions: Sendable {
    /// How long a file that the table does not hold any more is kept for who reads an older version; nil for the table's
    /// own setting (seven days unless it says otherwise).
    public var retention: Duration?
    /// Allows a retention below an hour, under which a reader or an unfinished commit may lose its files.
    public var allowsShortRetention = false
    /// Files that this commit and later ones added are kept: those whose plays may not be counted yet.
    public var keepingCommitsFrom: Int64?
    /// Tells what would go, and removes nothing.
    public var isDryRun = false

    /// The defaults.
    public init() {}
}

/// What vacuum found.
public struct LakeVacuumReport: Sendable, Equatable {
    /// Keys of the data files that went (or would go), in order.
    public var files: [String] = []
    /// Their size.
    public var byteCount: Int64 = 0
    /// Remains of writers that died.
    public var abandonedWriteCount = 0

    /// Nothing found.
    public init() {}
}

extension DeltaEventLake {
    /// Removes data files that no version younger than the retention needs: replaced by compaction long ago, or written by
    /// a batch that never was committed.
    ///
    /// - Throws: `.invalid` for a retention below an hour that is not allowed.
    public func vacuum(_ options: LakeVacuumOptions = .init()) throws -> LakeVacuumReport {
        try explaining {
            var report = LakeVacuumReport()
            guard let first = try table.snapshot() else { return report }
            let retention = try retention(options, first)
            let now = clock.now
            let candidates = try unprotected(olderThan: now - retention)
            // Read after the listing: whatever was committed before this line is known to it.
            guard let snapshot = try table.snapshot() else { return report }
            var kept = Set(try snapshot.files.values.map { try $0.objectKey })
            for tombstone in snapshot.tombstones.values where tombstone.deletionTimestamp ?? 0 >= now - retention {
                kept.insert(try tombstone.objectKey)
            }
            if let version = options.keepingCommitsFrom {
                try table.forEachCommit(after: version - 1) { commit in
                    for file in commit.adds { kept.insert(try file.objectKey) }
                    return true
                }
            }
            for info in candidates where !kept.contains(info.key) {
                if !options.isDryRun { try store.delete(info.key) }
                report.files.append(info.key)
                report.byteCount += info.byteCount
            }
            if !options.isDryRun {
                report.abandonedWriteCount = try store.removeAbandonedWrites(olderThan: now - retention)
            }
            return report
        }
    }

    private func retention(_ options: LakeVacuumOptions, _ snapshot: DeltaSnapshot) throws -> Int64 {
        guard let chosen = options.retention else { return table.removedFileRetentionMilliseconds(of: snapshot) }
        guard chosen >= .seconds(3600) || options.allowsShortRetention else {
            throw DeltaError(
                .invalid,
                "a retention of \(chosen) may take files from under a reader or a commit under way: keep an hour at least, or "
                    + "allow it when nothing else uses the lake")
        }
        return Int64(chosen.secondCount * 1000)
    }

    /// Data files that were written before an instant; what other engines hide (`_…`, `.…`) is theirs.
    private func unprotected(olderThan instant: Int64) throws -> [ObjectInfo] {
        var found: [ObjectInfo] = []
        try store.list(prefix: "", after: nil) { info in
            let isHidden = info.key.split(separator: "/").contains { $0.hasPrefix("_") || $0.hasPrefix(".") }
            if !isHidden, info.key.hasSuffix(".parquet"), info.modifiedAt < instant { found.append(info) }
            return true
        }
        return found
    }
}
