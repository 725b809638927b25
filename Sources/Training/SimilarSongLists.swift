import Domain
import Learning
public import ServiceKit
public import Storage

/// Writes for every song of a model the songs most like it to the store: the cosine of their vectors (docs/design.md §3.4).
///
/// A list takes O(songs · factors), so all take seconds for tens of thousands of songs (docs/training.md). It is done after the model
/// serves: nothing waits for it.
public struct SimilarSongLists: Sendable {
    /// Songs whose lists are written at once.
    private static let batchSize = 2_000

    private let documents: any DocumentStore
    private let models: any ModelStore
    private let options: TrainingOptions

    /// Takes the store to write to and the folder the models lie in; of the options how many songs a list has and the threads.
    public init(documents: any DocumentStore, models: any ModelStore, options: TrainingOptions) throws {
        try options.validate()
        self.documents = documents
        self.models = models
        self.options = options
    }

    /// Lists of the current model, from its index.
    ///
    /// - Returns: the record of that model.
    /// - Throws: `TrainingError`: `.notFound` without a current model, `.stopped`, then the former lists stay. `StorageError` when the
    ///   files are missing or damaged.
    public func writeCurrent(
        observer: (any TrainingObserver)? = nil, until stop: StopSignal = StopSignal()
    ) throws -> ModelRecord {
        guard let record = try documents.currentModel() else {
            throw TrainingError.notFound("no model is current, so no song is like another yet; run 'segue train'")
        }
        let version = record.manifest.version
        let index = try IVFIndex(path: models.path(version: version, file: ModelPublisher.indexFile))
        let factors = FactorMatrix(rows: index.count, factors: index.dimension)
        var ids: [String] = []
        ids.reserveCapacity(index.count)
        for item in 0..<Int32(truncatingIfNeeded: index.count) {
            ids.append(index.id(of: item))
            index.withVector(of: item) { factors.setRow(Int(item), to: $0) }
        }
        try write(
            ids: ids, factors: factors, version: version, pool: WorkerPool(threadCount: options.threadCount),
            observer: observer, stop: stop)
        return record
    }

    /// Lists of songs and their vectors.
    func write(
        ids: [String], factors: FactorMatrix, version: String, pool: WorkerPool, observer: (any TrainingObserver)?,
        stop: StopSignal
    ) throws {
        observer?.observe(.findingSimilar(done: 0, of: ids.count))
        let similar: SimilarItems
        do {
            similar = try SimilarItems(of: factors, count: options.similarSongs, pool: pool) { done, total in
                observer?.observe(.findingSimilar(done: done, of: total))
                return stop.isStopped ? .stop : .proceed
            }
        } catch let error as LearningError where error.code == .stopped {
            throw TrainingError.stoppedListing(version)
        }
        for start in stride(from: 0, to: ids.count, by: Self.batchSize) {
            guard !stop.isStopped else { throw TrainingError.stoppedListing(version) }
            observer?.observe(.storingSimilar(done: start, of: ids.count))
            let lists = (start..<min(start + Self.batchSize, ids.count)).map { row in
                SimilarSongs(
                    trackID: ids[row],
                    neighbors: similar[row].map { .init(trackID: ids[Int($0.row)], cosine: $0.score) })
            }
            try documents.upsertSimilarSongs(lists, modelVersion: version)
        }
        try documents.setSimilarSongs(modelVersion: version, count: ids.count)
        observer?.observe(.storingSimilar(done: ids.count, of: ids.count))
    }
}
