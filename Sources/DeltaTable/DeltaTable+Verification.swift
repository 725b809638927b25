import ObjectStore

/// What a look at every file of the log found.
public struct DeltaLogReport: Sendable, Equatable {
    /// Something that is not as it should be.
    public struct Problem: Sendable, Equatable {
        /// Key of the file.
        public var key: String
        /// What is wrong.
        public var what: String
    }

    /// Commits read.
    public var commitCount = 0
    /// Checkpoints read.
    public var checkpointCount = 0
    /// What is wrong.
    public var problems: [Problem] = []
}

extension DeltaTable {
    /// Reads every retained commit and checkpoint by itself, looks for gaps, and compares each checkpoint with what the
    /// commits up to it say where those are all retained.
    ///
    /// - Throws: only when the store cannot be asked; damage is in the report.
    public func verifyLog() throws -> DeltaLogReport {
        var report = DeltaLogReport()
        let listing = try log.listing()
        var state: LogState? = listing.commits.first?.version == 0 ? LogState() : nil
        var checkpoints = listing.checkpoints[...]
        var expected = listing.commits.first?.version ?? 0
        for (version, info) in listing.commits {
            if version != expected {
                report.problems.append(
                    .init(key: DeltaLog.commitKey(expected), what: "it is missing, while version \(version) is there"))
                state = nil
            }
            expected = version + 1
            do {
                let commit = try log.commit(version, info: info)
                report.commitCount += 1
                state?.apply(commit)
            } catch let error as DeltaError {
                report.problems.append(.init(key: info.key, what: error.reason))
                state = nil
            }
            while let checkpoint = checkpoints.first, checkpoint.version <= version {
                checkpoints = checkpoints.dropFirst()
                verify(checkpoint, against: checkpoint.version == version ? state : nil, &report)
            }
        }
        for checkpoint in checkpoints { verify(checkpoint, against: nil, &report) }
        return report
    }

    private func verify(_ checkpoint: DeltaLog.Checkpoint, against state: LogState?, _ report: inout DeltaLogReport) {
        let key = checkpoint.parts.first?.key ?? ""
        do {
            let read = try log.read(checkpoint)
            report.checkpointCount += 1
            guard let state else { return }
            if read.files.keys != state.files.keys {
                report.problems.append(
                    .init(
                        key: key, what: "it holds \(read.files.count) files, the commits up to it \(state.files.count)")
                )
            }
            // What every writer of checkpoints keeps as it is; statistics may be spelt anew.
            let changed = read.files.values.filter { file in
                guard let committed = state.files[file.path] else { return false }
                return file.byteCount != committed.byteCount || file.rowCount != committed.rowCount
                    || file.partitionValues != committed.partitionValues
            }
            if let first = changed.map(\.path).min() {
                report.problems.append(
                    .init(key: key, what: "it tells \(changed.count) files other than the commits do, such as \(first)")
                )
            }
            if read.metadata?.id != state.metadata?.id || read.metadata?.schemaString != state.metadata?.schemaString {
                report.problems.append(.init(key: key, what: "its table or schema is not that of the commits up to it"))
            }
            if read.transactions.mapValues(\.version) != state.transactions.mapValues(\.version) {
                report.problems.append(.init(key: key, what: "its transactions are not those of the commits up to it"))
            }
        } catch {
            report.problems.append(.init(key: key, what: "\(error)"))
        }
    }

    /// How long a removed file is kept for who still reads it, milliseconds.
    public func removedFileRetentionMilliseconds(of snapshot: DeltaSnapshot) -> Int64 { tombstoneRetention(snapshot) }
}
