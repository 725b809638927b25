import Domain
import Learning
import ServiceKit
import Storage

/// How the trainings of a run went; nil where there was none of ours.
struct RunCourses {
    /// On the days before the held-out ones.
    var earlier: TrainingCourse?
    /// On all days.
    var all: TrainingCourse?
}

/// How a run ends, whoever has learned the factors: published or rejected, with a record, a report, and word to a tracking server.
struct RunConclusion {
    let documents: any DocumentStore
    let models: any ModelStore
    let options: TrainingOptions
    let clock: any WallClock
    let observer: (any TrainingObserver)?
    let stop: StopSignal
    let crash: TrainingCrashPoint
    let keeper: CheckpointKeeper?
    let stages: StageClock
    let pool: WorkerPool
    /// When the run began.
    let startMilliseconds: Int64
    let matrix: ListenMatrix

    /// Why the run may not replace the current model; nil when it may.
    func objection(to manifest: ModelManifest) throws -> String? {
        try PublishGate(options: options).objection(to: manifest, current: documents.currentModel())
    }

    /// Records a run that is not published.
    ///
    /// - Parameter model: what was measured, for the report; nil leaves none.
    func reject(
        _ manifest: ModelManifest, because reason: String, heldOut: HeldOutReport?, model: ALSModel?,
        _ courses: RunCourses
    ) throws -> TrainingRun.Outcome {
        observer?.observe(.rejected(reason: reason))
        let record = ModelRecord(manifest: manifest, status: .rejected, reason: reason)
        try documents.saveModel(record)
        try keeper?.finish()
        if let model {
            // The record is there: a page that cannot be written is no reason to call the run failed.
            do {
                let report = try report(manifest, model, courses, reason: reason)
                try ModelReports(models: models).keepRejected(report)
            } catch {
                Logger(label: "training").warning(
                    "the report of a rejected run could not be written", ["error": "\(error)"])
            }
        }
        return end(record, heldOut, courses)
    }

    /// Publishes factors and makes them current.
    func publish(
        _ manifest: ModelManifest, _ factors: PublishedFactors, heldOut: HeldOutReport?, _ courses: RunCourses
    ) throws -> TrainingRun.Outcome {
        guard !stop.isStopped else { throw TrainingError.stopped() }
        var manifest = manifest
        manifest.createdAt = clock.now
        let report = try report(manifest, factors.model, courses, reason: nil)
        let publisher = ModelPublisher(
            documents: documents, models: models, options: options, observer: observer, stop: stop, crash: crash)
        let (record, items) = try publisher.publish(manifest, factors, pool: pool, clock: stages) { folder in
            try ModelReports.write(report, to: folder)
        }
        try keeper?.finish()
        try publisher.removeOldModels(now: clock.now)
        if options.similarSongs > 0 {
            try stages.time(.similar) { try listSimilar(items, version: record.manifest.version) }
        }
        return end(record, heldOut, courses)
    }

    private func listSimilar(_ items: BorrowedItems, version: String) throws {
        try SimilarSongLists(documents: documents, models: models, options: options).write(
            ids: items.ids, factors: items.factors, version: version, pool: pool, observer: observer, stop: stop)
    }

    private func report(
        _ manifest: ModelManifest, _ model: ALSModel, _ courses: RunCourses, reason: String?
    ) throws -> TrainingReport {
        try stages.time(.report) {
            try TrainingReportBuilder(matrix: matrix, model: model, documents: documents).report(
                manifest, courses, lookInterval: options.earlyStopInterval, reason: reason, seconds: stages.seconds)
        }
    }

    private func end(_ record: ModelRecord, _ heldOut: HeldOutReport?, _ courses: RunCourses) -> TrainingRun.Outcome {
        let outcome = TrainingRun.Outcome(record: record, heldOut: heldOut, seconds: stages.seconds)
        MLflowTracking.report(
            outcome, courses, models: models, options: options, startMilliseconds: startMilliseconds,
            endMilliseconds: clock.now)
        return outcome
    }
}
