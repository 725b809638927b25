import ObjectStore
import Parquet

extension DeltaLog {
    static let lastCheckpointKey = folder + "_last_checkpoint"

    static func checkpointKey(_ version: Int64) -> String { "\(folder)\(padded(version)).checkpoint.parquet" }

    /// The version `_last_checkpoint` names. It is a hint: when it is absent or damaged, the listing tells as well.
    func lastCheckpointVersion() throws -> Int64? {
        guard let bytes = try store.getIfPresent(Self.lastCheckpointKey),
            let object = try? DeltaJSON.parse(String(decoding: bytes, as: UTF8.self)).objectValue,
            let version = object["version"]?.integerValue, version >= 0
        else { return nil }
        return version
    }

    // MARK: - Reading

    /// The state a checkpoint holds.
    /// - Throws: `.corrupt` naming the file when it is damaged.
    func read(_ checkpoint: Checkpoint) throws -> LogState {
        var actions: [DeltaAction] = []
        for part in checkpoint.parts {
            do {
                try readPart(part.key, into: &actions)
            } catch let error as ParquetError {
                throw DeltaError(.corrupt, "\(part.key) is damaged: \(error)")
            } catch let error as ActionError {
                throw DeltaError(.corrupt, "\(part.key) is damaged: \(error.reason)")
            }
        }
        return LogState(
            checkpoint: checkpoint.version, timestamp: checkpoint.parts.map(\.modifiedAt).max() ?? 0, actions: actions)
    }

    private func readPart(_ key: String, into actions: inout [DeltaAction]) throws {
        let file = try ParquetFileReader(ParquetObjectSource(store: store, key: key))
        for rowGroup in file.metadata.rowGroups.indices {
            var records = try RecordAssembler(file, rowGroup: rowGroup, wanted: CheckpointSchema.isWanted)
            while let record = try records.next() {
                for member in record.members {
                    guard let fields = member.value.objectValue else { continue }
                    actions.append(try DeltaAction(checkpoint: member.name, fields))
                }
            }
        }
    }

    // MARK: - Writing

    /// Writes the state as the checkpoint of its version, then the hint.
    ///
    /// - Parameter tombstonesSince: removed files that went before are forgotten, epoch milliseconds.
    func writeCheckpoint(of snapshot: DeltaSnapshot, tombstonesSince: Int64) throws {
        let schema = try CheckpointSchema.parquet()
        var records = RecordShredder(schema: schema)
        var actionCount = 0
        func append(_ action: DeltaAction) throws {
            let (name, value) = action.named
            try records.append([name: value])
            actionCount += 1
        }
        try append(.protocolVersion(snapshot.protocolVersion))
        try append(.metadata(snapshot.metadata))
        for transaction in snapshot.transactions.values.sorted(by: { $0.appID < $1.appID }) {
            try append(.transaction(transaction))
        }
        for file in snapshot.files.values.sorted(by: { $0.path < $1.path }) { try append(.add(file)) }
        for tombstone in snapshot.tombstones.values.sorted(by: { $0.path < $1.path })
        where tombstone.deletionTimestamp ?? 0 >= tombstonesSince {
            try append(.remove(tombstone))
        }
        let sink = try ParquetObjectSink(store: store, key: Self.checkpointKey(snapshot.version))
        do {
            let writer = try ParquetFileWriter(schema: schema, sink: sink)
            try writer.write(records.columns)
            try writer.close()
            let info = try sink.finish()
            try writeHint(snapshot, actionCount: actionCount, byteCount: info.byteCount)
        } catch {
            sink.cancel()
            throw error
        }
    }

    /// The hint only ever moves forward; a race of two writers leaves one of two right hints.
    private func writeHint(_ snapshot: DeltaSnapshot, actionCount: Int, byteCount: Int64) throws {
        guard try lastCheckpointVersion() ?? -1 < snapshot.version else { return }
        let hint: DeltaJSON = .object([
            "version": .integer(snapshot.version), "size": .integer(Int64(actionCount)),
            "sizeInBytes": .integer(byteCount), "numOfAddFiles": .integer(Int64(snapshot.files.count)),
        ])
        try store.put(Self.lastCheckpointKey, Array(hint.text.utf8))
    }
}

extension DeltaAction {
    /// The action of a checkpoint's row.
    fileprivate init(checkpoint name: String, _ fields: DeltaJSONObject) throws {
        var fields = fields
        if name == "add" {
            if fields["stats"] == nil, let count = fields["stats_parsed"]?.objectValue?["numRecords"]?.integerValue {
                fields["stats"] = .string(DeltaStatistics(numRecords: count).text)
            }
            fields["stats_parsed"] = nil
        }
        self = try DeltaAction(name: name, fields: fields)
    }
}
