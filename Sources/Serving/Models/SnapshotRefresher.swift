import Domain
import Glibc
import Learning
import ServiceKit
import Storage

/// Keeps the snapshot current, in the background: loads a new model aside and swaps it in, reads the catalogue again.
///
/// Whatever goes wrong, the old snapshot stays; it is tried again at the next turn and said once.
final class SnapshotRefresher: Sendable {
    /// Listeners of the old model whose vectors are fetched one by one when not all of the new model's fit.
    private static let warmUpLimit = 20_000
    private static let niceness: Int32 = 5
    private static let indexFile = "items.ivf"

    private let options: ServingOptions
    private let documents: any DocumentStore
    private let models: any ModelStore
    private let lake: (any EventLake)?
    private let clock: any WallClock
    private let current: CurrentSnapshot
    private let ratings: RatingBook
    private let speed: SpeedLayer
    private let metrics: SnapshotMetrics
    private let logger: Logger

    init(
        options: ServingOptions, documents: any DocumentStore, models: any ModelStore, lake: (any EventLake)?,
        clock: any WallClock, current: CurrentSnapshot, ratings: RatingBook, speed: SpeedLayer,
        metrics: SnapshotMetrics, logger: Logger
    ) {
        self.options = options
        self.documents = documents
        self.models = models
        self.lake = lake
        self.clock = clock
        self.current = current
        self.ratings = ratings
        self.speed = speed
        self.metrics = metrics
        self.logger = logger
    }

    /// Refreshes until it is stopped.
    func run(until stop: StopSignal) {
        yieldToRequests()
        var nextCatalogue = MonotonicTime.now
        var nextHistory = nextCatalogue
        var complaint = Complaint()
        repeat {
            // Ratings before the model, whose vectors they move.
            complaint.note(logger, "cannot read what listeners rated; disliked songs may be recommended") {
                try refreshRatings(until: stop)
            }
            // The model before the catalogue, for which readiness waits: who waits gets personal answers at once.
            complaint.note(logger, "cannot change to the current model; the old one stays") {
                try refreshModel(until: stop)
            }
            nextCatalogue = inTurn(nextCatalogue) {
                complaint.note(logger, "cannot read the catalogue") { try refreshCatalogue(until: stop) }
            }
            nextHistory = inTurn(nextHistory) {
                complaint.note(logger, "cannot read what was heard from the lake") { try refreshHistory(until: stop) }
            }
        } while !stop.wait(for: options.modelPollInterval)
    }

    /// Does the work when its time has come.
    ///
    /// - Returns: when it is due the next time: what takes long is done seldom, so that it takes a twentieth of a processor.
    private func inTurn(_ due: MonotonicTime, _ work: () -> Void) -> MonotonicTime {
        let start = MonotonicTime.now
        guard start >= due else { return due }
        work()
        return MonotonicTime.now.advanced(by: max(options.catalogueInterval, start.elapsed * 20))
    }

    /// Lets the event threads go first while a model warms up: on Linux the nice value is the calling thread's own.
    private func yieldToRequests() {
        guard setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness) != 0 else { return }
        logger.debug("cannot lower the refresher's priority", ["error": SystemErrorText.text(of: errno)])
    }

    // MARK: - Catalogue

    /// Reads all songs and swaps them in when something changed.
    func refreshCatalogue(until stop: StopSignal) throws {
        let old = current.value.catalogue
        let pace = BackgroundPace(until: stop, isPaced: current.value.isReady)
        var builder = SongCatalogueBuilder(expecting: old.count)
        try metrics.catalogueSeconds.time {
            try documents.forEachSong { song in
                try pace.breathe()
                builder.add(song)
            }
        }
        let catalogue = old.holds(builder) ? old : try builder.build(reusing: old, pause: pace.breathe)
        metrics.songs.set(catalogue.count)
        try current.change(pause: pace.breathe) { parts in
            parts.catalogue = catalogue
            parts.catalogueReadAt = clock.now
        }
    }

    // MARK: - Ratings

    /// Reads what listeners rated since the last time.
    func refreshRatings(until stop: StopSignal) throws {
        let changed = try ratings.follow(
            documents, pause: BackgroundPace(until: stop, isPaced: current.value.isReady).breathe)
        speed.takeRatings(of: changed)
    }

    // MARK: - History

    /// Reads what was heard, when the lake has changed or the day has turned.
    func refreshHistory(until stop: StopSignal) throws {
        let old = current.value.parts.history
        let today = EventDay(epochMilliseconds: clock.now)
        guard options.heldDays > 0, let lake, let version = try lake.version(),
            version != old?.lakeVersion || today != old?.today
        else { return }
        let history = try ListeningHistory(
            lake: lake, version: version, today: today,
            extent: ListeningHistory.Extent(listenerDays: options.heldDays), reusing: old
        ) { stop.isStopped }
        guard let history else { return }
        try current.change(pause: BackgroundPace(until: stop, isPaced: current.value.isReady).breathe) {
            $0.history = history
        }
    }

    // MARK: - Model

    /// Changes to the store's current model when that is another than the one that serves.
    func refreshModel(until stop: StopSignal) throws {
        guard let record = try documents.currentModel() else { return }
        // Only the version is held on to: the old model is to end with the change.
        let oldVersion = current.value.model?.version
        guard record.manifest.version != oldVersion else { return }
        let pace = BackgroundPace(until: stop, isPaced: current.value.isReady)
        do {
            let model = try metrics.modelSeconds.time { try load(record.manifest, pace) }
            let change = try speed.prepare(model, pace)
            try current.change(pause: pace.breathe) { $0.model = model }
            speed.catchUp(model, after: change)
        } catch let error where !(error is BackgroundPace.Stopped) {
            metrics.modelFailures.increment()
            throw error
        }
        metrics.swaps.increment()
        logger.notice(
            "serving a model",
            [
                "version": record.manifest.version, "items": "\(record.manifest.items)",
                "was": oldVersion ?? "none",
            ])
    }

    private func load(_ manifest: ModelManifest, _ pace: BackgroundPace) throws -> ServingModel {
        let path = try models.path(version: manifest.version, file: Self.indexFile)
        let index = try IVFIndex(path: path, verification: .structure)
        try index.verify(pause: pace.breathe)
        guard index.modelVersion == manifest.version else {
            throw ServingError.badModel(
                "\(path) is of model \(index.modelVersion), not \(manifest.version); publish the model again")
        }
        guard index.dimension == manifest.factors else {
            throw ServingError.badModel(
                "\(path) has \(index.dimension) factors, its manifest says \(manifest.factors); publish the model again"
            )
        }
        let users = UserVectorCache(dimension: index.dimension, limit: options.userVectorLimit)
        let model = ServingModel(
            manifest: manifest, index: index, users: users, sessions: SessionVectors(limit: options.recentUserLimit),
            folding: try SessionFolding(index, manifest), loadedAt: clock.now)
        try warmUp(model, pace)
        return model
    }

    /// Fetches vectors before the swap, so that the swap is not followed by a flood of questions to the store.
    private func warmUp(_ model: ServingModel, _ pace: BackgroundPace) throws {
        guard model.manifest.users > options.userVectorLimit else {
            return try documents.forEachUserVector(modelVersion: model.version) { userID, values in
                try pace.breathe()
                model.keep(values, of: userID)
            }
        }
        for userID in current.value.model?.users.userIDs(limit: Self.warmUpLimit) ?? [] {
            try pace.breathe()
            if let vector = try documents.user(id: userID)?.vector(ofModel: model.version) {
                model.keep(vector.values, of: userID)
            }
        }
    }

    /// Says a failure once, and once that it is over.
    private struct Complaint {
        private var last: [String: String] = [:]

        mutating func note(_ logger: Logger, _ what: String, _ body: () throws -> Void) {
            do {
                try body()
                if last.removeValue(forKey: what) != nil { logger.notice("works again", ["after": what]) }
            } catch is BackgroundPace.Stopped {
                return
            } catch {
                let reason = "\(error)"
                if last.updateValue(reason, forKey: what) != reason { logger.error("\(what)", ["error": reason]) }
            }
        }
    }
}
