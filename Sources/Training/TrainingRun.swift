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
/// A run that is killed leaves a checkpoint; the next of the same window and options goes on from it, with the lake version it had.
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
        let startMilliseconds = clock.now
        let pool = WorkerPool(threadCount: options.threadCount)
        let crash = TrainingCrashPoint(options.crash)
        let end = now ?? clock.now
        let keeper = try CheckpointKeeper(
            options: options, windowThrough: EventDay(epochMilliseconds: end), lakeVersion: lakeVersion,
            folder: models.workFolder, observer: observer, crash: crash)
        let reader = ListenMatrixReader(lake: lake, options: options, now: end, observer: observer, stop: stop)
        let matrix = try stages.time(.read) { try read(reader, lakeVersion, keeper) }
        observer?.observe(
            .matrixBuilt(
                users: matrix.userIDs.count, items: matrix.trackIDs.count, entries: matrix.all.count,
                events: matrix.events))
        crash.pass(.read)
        let session = TrainingSession(
            options: options, pool: pool, observer: observer, stop: stop, stages: stages, keeper: keeper, crash: crash)
        let start = keeper.lakeVersion == nil ? try start(for: matrix, observer) : nil
        let measured = try session.measure(matrix, from: start)
        var manifest = manifest(of: matrix, heldOut: measured?.report)
        manifest.objective = measured?.course.objective ?? []
        describe(measured?.course, in: &manifest)
        let conclusion = RunConclusion(
            documents: documents, models: models, options: options, clock: clock, observer: observer, stop: stop,
            crash: crash, keeper: keeper, stages: stages, pool: pool, startMilliseconds: startMilliseconds,
            matrix: matrix)
        if let reason = try conclusion.objection(to: manifest) {
            return try conclusion.reject(
                manifest, because: reason, heldOut: measured?.report, model: measured?.model,
                RunCourses(earlier: measured?.course))
        }
        let final = try session.finish(matrix, from: measured?.model, or: start)
        manifest.objective = final.course.objective
        if measured == nil { describe(final.course, in: &manifest) }
        let factors = PublishedFactors(
            model: final.model, matrix: matrix, start: (measured ?? final).model.itemFactors,
            isMeasured: measured != nil)
        return try conclusion.publish(
            manifest, factors, heldOut: measured?.report, RunCourses(earlier: measured?.course, all: final.course))
    }

    /// Reads the lake as a killed run did, when there was one.
    private func read(_ reader: ListenMatrixReader, _ lakeVersion: Int64?, _ keeper: CheckpointKeeper) throws
        -> ListenMatrix
    {
        if lakeVersion == nil, let former = keeper.lakeVersion {
            do {
                let matrix = try reader.read(lakeVersion: former)
                keeper.match(matrix)
                return matrix
            } catch let error as StorageError where error.code == .notFound {
                keeper.ignore(error.reason)
            } catch let error as TrainingError where error.code == .notFound {
                keeper.ignore(error.reason)
            }
        }
        let matrix = try reader.read(lakeVersion: lakeVersion)
        keeper.match(matrix)
        return matrix
    }

    private func start(for matrix: ListenMatrix, _ observer: (any TrainingObserver)?) throws -> StartFactors.Start? {
        guard options.isWarmStart else { return nil }
        let (start, reason) = try StartFactors(models: models, documents: documents).make(
            for: matrix, options: options.als, before: matrix.heldOutDays?.lowerBound)
        if let start {
            observer?.observe(.warmStart(version: start.version, known: start.known, new: start.new))
        } else if let reason {
            observer?.observe(.coldStart(reason: reason))
        }
        return start
    }

    private func describe(_ course: TrainingCourse?, in manifest: inout ModelManifest) {
        guard let course else { return }
        manifest.parameters["iterations-done"] = "\(course.objective.count)"
        manifest.parameters["started-from"] = course.startedFrom
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
