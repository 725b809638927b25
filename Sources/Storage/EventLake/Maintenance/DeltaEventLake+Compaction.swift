import DeltaTable
public import Domain
import ObjectStore
public import ServiceKit

/// What is compacted, and into what.
public struct LakeCompactionOptions: Sendable {
    /// Days before this one are closed and may be compacted; nil for today by the lake's clock.
    public var before: EventDay?
    /// A day with fewer small files than this is left alone.
    public var smallFileCount = 2
    /// Files of this size and more are not small.
    public var smallByteCount: Int64 = 64 << 20
    /// Rows of a file that is written: what is sorted in memory at once, at about 40 bytes a row.
    public var rowCount = 2_000_000

    /// The defaults.
    public init() {}
}

/// What a compaction did.
public struct LakeCompactionReport: Sendable, Equatable {
    /// Days that were rewritten, each by one commit.
    public var days: [EventDay] = []
    /// Days that were left because another compaction was faster.
    public var contendedDays: [EventDay] = []
    /// Files that were replaced.
    public var removedFileCount = 0
    /// Files that took their place.
    public var addedFileCount = 0
    /// Rows moved.
    public var rowCount: Int64 = 0
    /// Size of the files replaced.
    public var removedByteCount: Int64 = 0
    /// Size of the files written.
    public var addedByteCount: Int64 = 0

    /// Nothing done.
    public init() {}
}

extension DeltaEventLake {
    /// Joins the small files of closed days into few big ones whose rows are in order of user: what makes reads fast and
    /// files small. Rows stay the same, and the commits say so (`dataChange=false`); ingest may go on meanwhile.
    ///
    /// - Parameter stop: ends the work between two files; the day in hand is left as it was.
    public func compact(_ options: LakeCompactionOptions = .init(), stop: StopSignal = StopSignal()) throws
        -> LakeCompactionReport
    {
        try explaining {
            var report = LakeCompactionReport()
            guard let snapshot = try table.snapshot() else { return report }
            try EventSchema.check(snapshot.metadata, location: store.location)
            let before = options.before ?? EventDay(epochMilliseconds: clock.now)
            var days: [EventDay: [AddFile]] = [:]
            for file in snapshot.files.values where file.byteCount < options.smallByteCount {
                let day = try EventPartition.day(of: file)
                if day < before { days[day, default: []].append(file) }
            }
            for (day, files) in days.sorted(by: { $0.key < $1.key }) where files.count >= max(2, options.smallFileCount)
            {
                guard !stop.isStopped else { break }
                // By time of writing, so that rows that came together stay together when a day takes several files.
                let ordered = files.sorted { ($0.modificationTime, $0.path) < ($1.modificationTime, $1.path) }
                try compact(day, ordered, snapshot, options, stop, &report)
            }
            return report
        }
    }

    private func compact(
        _ day: EventDay, _ files: [AddFile], _ snapshot: DeltaSnapshot, _ options: LakeCompactionOptions,
        _ stop: StopSignal, _ report: inout LakeCompactionReport
    ) throws {
        guard let (written, rowCount) = try rewrite(day, files, options, stop) else { return }
        do {
            var change = DeltaChange(
                operation: "OPTIMIZE", baseVersion: snapshot.version,
                parameters: ["predicate": "[\"date = '\(day)'\"]", "zOrderBy": "[]", "sortedBy": "user_id"],
                tableID: snapshot.metadata.id)
            change.actions = files.map { .remove(RemoveFile(removing: $0, at: clock.now, dataChange: false)) }
            change.actions += written.map { .add($0) }
            let removedBytes = files.reduce(0) { $0 + $1.byteCount }
            let addedBytes = written.reduce(0) { $0 + $1.byteCount }
            change.metrics = [
                "numRemovedFiles": "\(files.count)", "numAddedFiles": "\(written.count)",
                "numRemovedBytes": "\(removedBytes)", "numAddedBytes": "\(addedBytes)",
            ]
            try table.commit(change)
            report.days.append(day)
            report.removedFileCount += files.count
            report.addedFileCount += written.count
            report.rowCount += rowCount
            report.removedByteCount += removedBytes
            report.addedByteCount += addedBytes
        } catch let error as DeltaError {
            remove(written)
            guard case .conflict(.fileRemoved) = error.code else { throw error }
            report.contendedDays.append(day)
        }
    }

    /// Writes the rows of `files` anew, sorted; nothing stays of it when that fails or is stopped.
    ///
    /// - Returns: the files and their rows, nil when stopped.
    private func rewrite(
        _ day: EventDay, _ files: [AddFile], _ options: LakeCompactionOptions, _ stop: StopSignal
    ) throws -> (files: [AddFile], rowCount: Int64)? {
        var written: [AddFile] = []
        do {
            if let rowCount = try rewrite(day, files, options, stop, into: &written) { return (written, rowCount) }
        } catch {
            remove(written)
            throw error
        }
        remove(written)
        return nil
    }

    private func rewrite(
        _ day: EventDay, _ files: [AddFile], _ options: LakeCompactionOptions, _ stop: StopSignal,
        into written: inout [AddFile]
    ) throws -> Int64? {
        var batch = EventBatch()
        var rowCount: Int64 = 0
        func flush() throws {
            guard batch.count > 0 else { return }
            var file = try fileWriter.write(batch.sortedByUser(), day: day, isSortedByUser: true)
            file.dataChange = false
            written.append(file)
            batch = EventBatch()
        }
        for file in files {
            guard !stop.isStopped else { return nil }
            let reader = try EventFileReader(store: store, file: file)
            guard file.rowCount ?? Int64(reader.rowCount) == Int64(reader.rowCount) else {
                throw DeltaError(
                    .corrupt,
                    "\(file.path) has \(reader.rowCount) rows and the log says \(file.rowCount ?? 0): it is not compacted; "
                        + "see `segue lake verify`")
            }
            for rowGroup in 0..<reader.rowGroupCount {
                batch.append(try reader.read(rowGroup: rowGroup, columns: Set(EventColumn.allCases)))
                if batch.count >= options.rowCount { try flush() }
            }
            rowCount += Int64(reader.rowCount)
        }
        try flush()
        return rowCount
    }
}
