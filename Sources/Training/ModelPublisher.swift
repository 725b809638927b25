import Domain
import Learning
import ServiceKit
import Storage

/// Publishes a model as docs/design.md §3.5 says: files aside, durable, renamed; then the user vectors; then `current`. Killed
/// anywhere before the last step, what served before still serves.
struct ModelPublisher {
    /// Name of the index in a version's folder.
    static let indexFile = "items.ivf"
    private static let vectorBatch = 2_000

    let documents: any DocumentStore
    let models: any ModelStore
    let options: TrainingOptions
    let observer: (any TrainingObserver)?
    let stop: StopSignal
    let crash: TrainingCrashPoint

    /// Writes files, vectors and record, and makes the version current. What `beside` writes into the folder is listed in the
    /// manifest, too.
    ///
    /// - Returns: the record, and the songs of the index.
    func publish(
        _ manifest: ModelManifest, _ factors: PublishedFactors, pool: WorkerPool, clock: StageClock,
        beside: (String) throws -> Void
    ) throws -> (record: ModelRecord, items: BorrowedItems) {
        let (published, items) = try clock.time(.index) {
            var manifest = manifest
            let items = try BorrowedItems(factors, documents: documents)
            manifest.items = items.ids.count
            observer?.observe(.buildingIndex(items: items.ids.count))
            let published = try models.publish(manifest) { folder in
                try writeIndex(
                    factors.model, items, version: manifest.version, to: "\(folder)/\(Self.indexFile)", pool: pool)
                try StartFactors.write(
                    factors.start, ids: factors.trackIDs, trainedThrough: factors.startTrainedThrough, to: folder)
                try beside(folder)
                crash.pass(.indexWritten)
            }
            return (published, items)
        }
        crash.pass(.filesPublished)
        var record = ModelRecord(manifest: published, status: .published)
        try clock.time(.store) {
            try storeVectors(factors.model.userFactors, factors.userIDs, published)
            try documents.saveModel(record)
            crash.pass(.recorded)
            try documents.setCurrentModel(version: published.version)
        }
        crash.pass(.current)
        record.isCurrent = true
        observer?.observe(.published(version: published.version))
        return (record, items)
    }

    /// Removes the files of models beyond those kept. The current one and the newest published before it stay, whatever their age;
    /// so does what no record knows of, which may be another run's model on its way, unless it is a day old: then its run was killed.
    func removeOldModels(now: Int64) throws {
        let records = try documents.models()
        let published = records.filter { $0.status == .published }
        guard let current = published.firstIndex(where: \.isCurrent) else { return }
        let known = Set(published.map(\.manifest.version))
        var kept = Set(published.prefix(options.keptModels).map(\.manifest.version))
        kept.formUnion(published[current...].prefix(2).map(\.manifest.version))
        let yesterday = ModelVersion.timestamp(now - 86_400_000)
        for version in try models.versions() where !kept.contains(version) {
            if known.contains(version) || version < yesterday { try models.remove(version: version) }
        }
    }

    private func writeIndex(
        _ model: ALSModel, _ borrowed: BorrowedItems, version: String, to path: String, pool: WorkerPool
    ) throws {
        var index = IVFIndexBuilder.Options()
        index.listCount = options.indexLists
        index.seed = options.als.seed
        index.threadCount = options.threadCount
        let items = IVFItems(
            ids: borrowed.ids, factors: borrowed.factors, gram: GramMatrix(of: model.itemFactors, pool: pool),
            regularization: options.als.regularization, alpha: options.als.alpha, modelVersion: version)
        do {
            try IVFIndexBuilder(options: index).build(items, to: path, queries: Self.queries(from: model.userFactors)) {
                stop.isStopped
            }
        } catch let error as LearningError where error.code == .stopped {
            throw TrainingError.stopped()
        }
    }

    /// Listeners spread evenly over all: the index measures its recall with those who will ask.
    private static func queries(from users: FactorMatrix) -> [Float] {
        let count = min(users.rows, 2_000)
        return (0..<count).flatMap { users[$0 * users.rows / count] }
    }

    private func storeVectors(_ factors: FactorMatrix, _ userIDs: [String], _ manifest: ModelManifest) throws {
        // What serves keeps its vectors, also those that an earlier, killed publish has moved aside.
        let current = try documents.currentModel()?.manifest.version
        observer?.observe(.storingVectors(done: 0, of: userIDs.count))
        for start in stride(from: 0, to: userIDs.count, by: Self.vectorBatch) {
            guard !stop.isStopped else { throw TrainingError.stopped() }
            let end = min(start + Self.vectorBatch, userIDs.count)
            let vectors = (start..<end).map { (userID: userIDs[$0], values: factors[$0]) }
            try documents.upsertUserVectors(
                vectors, modelVersion: manifest.version, keeping: current, at: manifest.createdAt)
            crash.pass(.vectors)
            observer?.observe(.storingVectors(done: end, of: userIDs.count))
        }
    }
}
