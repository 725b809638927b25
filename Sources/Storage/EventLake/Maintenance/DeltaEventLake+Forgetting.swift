import DeltaTable
import Domain
import ObjectStore
public import ServiceKit

/// What forgetting a listener did to the lake.
public struct LakeForgettingReport: Sendable, Equatable {
    /// Rows that are gone.
    public var rowCount: Int64 = 0
    /// Files that held some, and were written anew without them or left out.
    public var fileCount = 0
    /// Version of the lake that has none of them any more; nil when there is no lake.
    public var version: Int64?

    /// Nothing done.
    public init() {}
}

extension DeltaEventLake {
    /// Times a compaction or another forgetting may be faster before this gives up.
    private static let attempts = 20

    /// Writes the files that hold listens of a listener anew without them, in one commit (`dataChange=true`), and looks again until
    /// no file of the newest version holds any. Ingest goes on meanwhile.
    ///
    /// Past versions hold the listens until `vacuum` removes their files. Counts of plays stay as they are: they name nobody.
    ///
    /// - Parameter stop: ends the work between two files; nothing is changed then that was not committed.
    /// - Throws: `.unavailable` when others rewrite the same files again and again.
    /// - Complexity: reads the column of listeners of every file whose bounds hold the listener, and all of the files that have them.
    public func removeListens(of userID: String, until stop: StopSignal = StopSignal()) throws -> LakeForgettingReport {
        try explaining {
            var report = LakeForgettingReport()
            /// Files that were looked at and hold nothing: only new ones are read in the next turn.
            var clean = Set<String>()
            for _ in 0..<Self.attempts {
                guard let snapshot = try table.snapshot(), !stop.isStopped else { return report }
                try EventSchema.check(snapshot.metadata, location: store.location)
                var holders: [AddFile] = []
                for file in snapshot.files.values.sorted(by: { $0.path < $1.path }) where !clean.contains(file.path) {
                    guard !stop.isStopped else { return report }
                    if try holds(userID, file) { holders.append(file) } else { clean.insert(file.path) }
                }
                guard !holders.isEmpty else {
                    report.version = snapshot.version
                    return report
                }
                if let rowCount = try rewrite(holders, without: userID, snapshot, stop) {
                    report.rowCount += rowCount
                    report.fileCount += holders.count
                }
            }
            throw StorageError(
                .unavailable,
                "\(store.location): other writers rewrite the files of the listener again and again; try again later")
        }
    }

    /// The same; tells how many rows are gone.
    public func forget(userID: String, until stop: StopSignal) throws -> Int64 {
        try removeListens(of: userID, until: stop).rowCount
    }

    /// Whether a file has a row of the listener. One that is gone since the snapshot has none.
    private func holds(_ userID: String, _ file: AddFile) throws -> Bool {
        guard file.mayHold(userID) else { return false }
        let reader: EventFileReader
        do {
            reader = try EventFileReader(store: store, file: file)
        } catch let error as DeltaError where error.code == .corrupt {
            // A compaction and a vacuum may have been faster; whatever took its place is looked at in the next turn.
            if try isThere(try file.objectKey) { throw error }
            return false
        }
        for rowGroup in 0..<reader.rowGroupCount {
            let users = try reader.read(rowGroup: rowGroup, columns: [.userID]).users
            // A dictionary may hold words that no row uses.
            guard let code = users.values.firstIndex(of: userID) else { continue }
            if users.codes.contains(UInt32(code)) { return true }
        }
        return false
    }

    /// - Returns: rows left out; nil when stopped, or when another writer was faster.
    private func rewrite(
        _ files: [AddFile], without userID: String, _ snapshot: DeltaSnapshot, _ stop: StopSignal
    ) throws -> Int64? {
        var written: [AddFile] = []
        do {
            var removedCount: Int64 = 0
            for file in files {
                guard !stop.isStopped else {
                    remove(written)
                    return nil
                }
                let (fresh, removed) = try copy(file, without: userID)
                written += fresh.map { [$0] } ?? []
                removedCount += removed
            }
            try table.commit(change(removing: files, adding: written, rowCount: removedCount, snapshot))
            return removedCount
        } catch let error as DeltaError {
            remove(written)
            guard case .conflict(.fileRemoved) = error.code else { throw error }
            return nil
        } catch {
            remove(written)
            throw error
        }
    }

    /// Writes the other rows of a file, in their order.
    private func copy(_ file: AddFile, without userID: String) throws -> (file: AddFile?, removed: Int64) {
        let day = try EventPartition.day(of: file)
        var rows = EventBatch()
        try readFile(file, columns: Set(EventColumn.allCases)) { rows.append($0) }
        let users = (0..<UInt32(rows.users.count)).map { rows.users[$0] != userID }
        let kept = rows.keeping(rows.userCodes.map { users[Int($0)] })
        guard kept.count > 0 else { return (nil, Int64(rows.count)) }
        return (try fileWriter.write(kept, day: day), Int64(rows.count - kept.count))
    }

    private func change(
        removing files: [AddFile], adding written: [AddFile], rowCount: Int64, _ snapshot: DeltaSnapshot
    ) -> DeltaChange {
        var change = DeltaChange(
            operation: "DELETE", baseVersion: snapshot.version,
            // Who it was is not said: the log outlives the files.
            parameters: ["predicate": "[\"(user_id = <forgotten>)\"]"], tableID: snapshot.metadata.id)
        change.actions = files.map { .remove(RemoveFile(removing: $0, at: clock.now, dataChange: true)) }
        change.actions += written.map { .add($0) }
        change.metrics = [
            "numRemovedFiles": "\(files.count)", "numAddedFiles": "\(written.count)", "numDeletedRows": "\(rowCount)",
        ]
        return change
    }
}

extension AddFile {
    /// Whether the bounds of the listeners let a listener be in the file. Without bounds any may be.
    fileprivate func mayHold(_ userID: String) -> Bool {
        guard let statistics = stats.flatMap(DeltaStatistics.init(text:)) else { return true }
        let column = EventColumn.userID.rawValue
        if let least = statistics.minValues[column]?.stringValue,
            userID.utf8.lexicographicallyPrecedes(least.utf8)
        {
            return false
        }
        if let most = statistics.maxValues[column]?.stringValue, !userID.hasPrefix(most),
            most.utf8.lexicographicallyPrecedes(userID.utf8)
        {
            return false
        }
        return true
    }
}
