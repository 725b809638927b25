import Domain
import Learning
public import ServiceKit
public import Storage

/// One training: from the lake to a published model.
///
/// 1. The window's listens become a matrix of confidences.
/// 2. A model of the days before the last is measured on the last ones, beside popularity.
/// 3. A model worse than the current one ends here, recorded as rejected.
/// 4. The factors go on learning from all days, are published and become current.
///
/// Step 4 goes on from the factors of step 2 instead of beginning anew: the matrices differ by a few days, so a handful of
/// iterations reach the objective that a second whole training would.
public struct TrainingRun: Sendable {
    /// What came out of a run.
    public struct Outcome: Sendable {
        /// The record as it was saved; `status` says whether it serves.
        public var record: ModelRecord
        /// What the held-out days said; nil when nothing could be held out.
        public var heldOut: HeldOutReport?
        /// Seconds by stage.
        public var seconds: [TrainingStage: Double]
    }

    private let lake: any EventLake
    private let documents: any DocumentStore
    private let models: any ModelStore
    private let options: TrainingOptions
    private let clock: any WallClock

    /// Takes where to read, where to publish, and how.
    ///
    /// - Parameter clock: says what now is: the window ends with its day, and the version is named for it.
    /// - Throws: `TrainingError` or `LearningError` naming an option that is not usable.
    public init(
        lake: any EventLake, documents: any DocumentStore, models: any ModelStore,
        options: TrainingOptions = TrainingOptions(), clock: any WallClock = SystemWallClock()
    ) throws {
        try options.validate()
        self.lake = lake
        self.documents = documents
        self.models = models
        self.options = options
        self.clock = clock
    }

    /// Runs on the calling thread and its pool.
    ///
    /// - Parameters:
    ///   - now: end of the window, epoch milliseconds; nil for the clock's.
    ///   - lakeVersion: version of the lake to learn from; nil for the newest. The same version, `now` and options give the same
    ///     model, whatever was appended or compacted since.
    ///   - observer: is told how it goes on.
    ///   - stop: ends the run with `TrainingError.stopped`; what serves stays.
    /// - Throws: `TrainingError` when there is nothing to learn from, `LearningError` when it cannot be learned, `StorageError`
    ///   of the lake, the store or the model folder.
    public func run(
        now: Int64? = nil, lakeVersion: Int64? = nil, observer: (any TrainingObserver)? = nil,
        until stop: StopSignal = StopSignal()
    ) throws -> Outcome {
        let stages = StageClock(observer: observer)
        let pool = WorkerPool(threadCount: options.threadCount)
        let reader = ListenMatrixReader(
            lake: lake, options: options, now: now ?? clock.now, observer: observer, stop: stop)
        let matrix = try stages.time(.read) { try reader.read(lakeVersion: lakeVersion) }
        observer?.observe(
            .matrixBuilt(
                users: matrix.userIDs.count, items: matrix.trackIDs.count, entries: matrix.all.count,
                events: matrix.events))
        let session = TrainingSession(options: options, pool: pool, observer: observer, stop: stop, stages: stages)
        let measured = try session.measure(matrix)
        var manifest = manifest(of: matrix, heldOut: measured?.report)
        manifest.objective = measured?.objective ?? []
        let publisher = ModelPublisher(
            documents: documents, models: models, options: options, observer: observer, stop: stop)
        if let reason = try PublishGate(options: options).objection(to: manifest, current: documents.currentModel()) {
            observer?.observe(.rejected(reason: reason))
            let record = ModelRecord(manifest: manifest, status: .rejected, reason: reason)
            try documents.saveModel(record)
            return Outcome(record: record, heldOut: measured?.report, seconds: stages.seconds)
        }
        let final = try session.finish(matrix, from: measured?.model)
        manifest.objective = final.objective
        guard !stop.isStopped else { throw TrainingError.stopped() }
        manifest.createdAt = clock.now
        let record = try publisher.publish(manifest, final.model, matrix, pool: pool, clock: stages)
        try publisher.removeOldModels(now: clock.now)
        return Outcome(record: record, heldOut: measured?.report, seconds: stages.seconds)
    }

    private func manifest(of matrix: ListenMatrix, heldOut: HeldOutReport?) -> ModelManifest {
        let now = clock.now
        var values = heldOut?.values ?? [:]
        values = values.filter { $0.value.isFinite }
        return ModelManifest(
            version: ModelVersion.make(at: now), createdAt: now, factors: options.als.factors,
            users: matrix.userIDs.count, items: matrix.trackIDs.count, parameters: options.parameters,
            lakeVersion: matrix.lakeVersion, windowFrom: "\(matrix.window.lowerBound)",
            windowThrough: "\(matrix.window.upperBound)", events: matrix.events, metrics: values, objective: [],
            files: [])
    }
}

/// Names of models.
enum ModelVersion {
    /// `YYYYMMDDTHHMMSSZ-xxxxxx`: sorts by time; the random end keeps two runs of one second apart.
    static func make(at epochMilliseconds: Int64) -> String {
        let random = String(UInt32.random(in: 0..<0x100_0000), radix: 16)
        return timestamp(epochMilliseconds) + "-" + String(repeating: "0", count: 6 - random.count) + random
    }

    /// `YYYYMMDDTHHMMSSZ`.
    static func timestamp(_ epochMilliseconds: Int64) -> String {
        UTCTime(epochMilliseconds: epochMilliseconds).text.filter { $0 != "-" && $0 != ":" }.prefix(15) + "Z"
    }
}
