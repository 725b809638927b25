import ObjectStore
import ServiceKit

extension DeltaTable {
    /// Writes a checkpoint of the newest version and cleans the log up; nothing while there is no table.
    ///
    /// - Returns: the version of the checkpoint.
    @discardableResult
    public func checkpoint() throws -> Int64? {
        guard let snapshot = try snapshot() else { return nil }
        try log.writeCheckpoint(of: snapshot, tombstonesSince: options.clock.now - tombstoneRetention(snapshot))
        if snapshot.metadata.configuration["delta.enableExpiredLogCleanup"] != "false" {
            try cleanUpLog(keepingFrom: options.clock.now - logRetention(snapshot))
        }
        return snapshot.version
    }

    /// Writes a checkpoint when `version` is due for one. The commit stands whatever comes of it, so a failure is told and
    /// the next due version tries again.
    func checkpointIfDue(after version: Int64) {
        do {
            guard let snapshot = try snapshot() else { return }
            let interval =
                snapshot.metadata.configuration["delta.checkpointInterval"].flatMap { Int64($0) }
                ?? options.checkpointInterval
            guard interval > 0, version > 0, version.isMultiple(of: interval) else { return }
            try checkpoint()
        } catch {
            logger.warning("no checkpoint was written", ["version": "\(version)", "reason": "\(error)"])
        }
    }

    /// Removes commits and checkpoints that no version younger than `instant` needs: all before the newest checkpoint
    /// that is not newer than the newest commit of that age
    /// (https://github.com/delta-io/delta/blob/master/PROTOCOL.md#metadata-cleanup).
    ///
    /// - Parameter instant: epoch milliseconds; commits made since can be travelled to.
    /// - Returns: how many files were removed.
    @discardableResult
    public func cleanUpLog(keepingFrom instant: Int64) throws -> Int {
        let listing = try log.listing()
        guard let cutoff = listing.commits.last(where: { $0.info.modifiedAt <= instant })?.version,
            let checkpoint = listing.checkpoints.last(where: { $0.version <= cutoff })
        else { return 0 }
        var removed = 0
        // Oldest first: whatever interrupts this leaves a log without gaps behind its checkpoint.
        for (version, info) in listing.commits where version < checkpoint.version {
            try store.delete(info.key)
            removed += 1
        }
        for older in listing.checkpoints where older.version < checkpoint.version {
            for part in older.parts {
                try store.delete(part.key)
                removed += 1
            }
        }
        for info in listing.checksums where info.version < checkpoint.version {
            try store.delete(info.info.key)
            removed += 1
        }
        return removed
    }

    /// How long old versions can be travelled to, milliseconds.
    func logRetention(_ snapshot: DeltaSnapshot) -> Int64 {
        DeltaInterval.milliseconds(snapshot.metadata.configuration["delta.logRetentionDuration"])
            ?? options.logRetention.milliseconds
    }

    /// How long a removed file is kept for who still reads it, milliseconds.
    func tombstoneRetention(_ snapshot: DeltaSnapshot) -> Int64 {
        DeltaInterval.milliseconds(snapshot.metadata.configuration["delta.deletedFileRetentionDuration"])
            ?? options.removedFileRetention.milliseconds
    }
}

/// Durations as table properties spell them: `interval 30 days`, `interval 1 week`.
enum DeltaInterval {
    /// The milliseconds of a property; nil when it is absent or spelt in a way that is not known.
    static func milliseconds(_ text: String?) -> Int64? {
        guard let words = text?.lowercased().split(separator: " "), words.count == 3, words[0] == "interval",
            let count = Int64(words[1]), count >= 0, count < 1_000_000
        else { return nil }
        let units: [(String, Int64)] = [
            ("millisecond", 1), ("second", 1000), ("minute", 60_000), ("hour", 3_600_000), ("day", 86_400_000),
            ("week", 604_800_000),
        ]
        guard let unit = units.first(where: { words[2] == $0.0 || words[2] == $0.0 + "s" }) else { return nil }
        return count * unit.1
    }
}

extension Duration {
    var milliseconds: Int64 { clampedNanoseconds / 1_000_000 }
}
