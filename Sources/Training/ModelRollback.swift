import Domain
public import ServiceKit
public import Storage

/// Makes a former model current again (docs/design.md §3.5).
public struct ModelRollback: Sendable {
    private static let vectorBatch = 2_000
    private let documents: any DocumentStore
    private let models: any ModelStore
    private let clock: any WallClock

    /// Takes the stores.
    public init(documents: any DocumentStore, models: any ModelStore, clock: any WallClock = SystemWallClock()) {
        self.documents = documents
        self.models = models
        self.clock = clock
    }

    /// Goes back to `version`, or to the newest published model before the current one.
    ///
    /// The files are read and compared with their checksums, and the users must still have vectors of that version: they keep those of
    /// the last two models. Afterwards these are the users' newest vectors again, so that the next publish keeps them.
    ///
    /// - Returns: the record that is current now.
    /// - Throws: `TrainingError.notFound` when there is nothing to go back to; `StorageError` when its files are damaged.
    public func rollBack(to version: String? = nil) throws -> ModelRecord {
        let target = try target(version)
        let chosen = target.manifest.version
        try models.verify(version: chosen)
        var vectors: [(userID: String, values: [Float])] = []
        try documents.forEachUserVector(modelVersion: chosen) { vectors.append(($0, $1)) }
        guard !vectors.isEmpty else {
            throw TrainingError.notFound(
                "the users have no vectors of model \(chosen) any more (they keep those of the last two models); train again instead"
            )
        }
        try documents.setCurrentModel(version: chosen)
        for start in stride(from: 0, to: vectors.count, by: Self.vectorBatch) {
            let batch = Array(vectors[start..<min(start + Self.vectorBatch, vectors.count)])
            try documents.upsertUserVectors(batch, modelVersion: chosen, at: clock.now)
        }
        var record = target
        record.isCurrent = true
        return record
    }

    private func target(_ version: String?) throws -> ModelRecord {
        let records = try documents.models().sorted { $0.manifest.version > $1.manifest.version }
        if let version {
            guard let record = records.first(where: { $0.manifest.version == version }) else {
                throw TrainingError.notFound("there is no model \(version); 'segue models ls' lists what is there")
            }
            guard record.status == .published else {
                throw TrainingError.notFound(
                    "model \(version) was never published: \(record.reason ?? "it was rejected")")
            }
            return record
        }
        guard let current = records.first(where: \.isCurrent) else {
            throw TrainingError.notFound("no model is current, so there is nothing to go back from; run 'segue train'")
        }
        let former = records.first {
            $0.status == .published && $0.manifest.version < current.manifest.version
        }
        guard let former else {
            throw TrainingError.notFound(
                "there is no published model before \(current.manifest.version) to go back to")
        }
        return former
    }
}
