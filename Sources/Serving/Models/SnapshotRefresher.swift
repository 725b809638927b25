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
    private let metrics: SnapshotMetrics
    private let logger: Logger

    init(
        options: ServingOptions, documents: any DocumentStore, models: any ModelStore, lake: (any EventLake)?,
        clock: any WallClock, current: CurrentSnapshot, metrics: SnapshotMetrics, logger: Logger
    ) {
        self.options = options
        self.documents = documents
        self.models = models
        self.lake = lake
        self.clock = clock
        self.current = current
        self.metrics = metrics
        self.logger = logger
    }

    /// Refreshes until it is stopped.
    func run(until stop: StopSignal) {
        yieldToRequests()
        var nextCatalogue = MonotonicTime.now
        var complaint = Complaint()
        repeat {
            // The model first: readiness waits for the catalogue, so that who waits for it gets personal answers at once.
            complaint.note(logger, "cannot change to the current model; the old one stays") {
                try refreshModel(until: stop)
            }
            let start = MonotonicTime.now
            if start >= nextCatalogue {
                complaint.note(logger, "cannot read the catalogue") { try refreshCatalogue(until: stop) }
                complaint.note(logger, "cannot read what was heard from the lake") { try refreshHistory(until: stop) }
                let pause = max(options.catalogueInterval, start.elapsed * 20)
                nextCatalogue = MonotonicTime.now.advanced(by: pause)
            }
        } while !stop.wait(for: options.modelPollInterval)
    }

    /// Lets the event threads go first while a model warms up: on Linux the nice value is the calling thread's own.
    private func yieldToRequests() {
        guard setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness) != 0 else { return }
        logger.debug("cannot lower the refresher's priority", ["error": SystemErrorText.text(of: errno)])
    }

    // MARK: - Catalogue

    /// Reads all songs and swaps them in when something changed.
    func refreshCatalogue(until stop: StopSignal) throws {
        let old = current.value
        var builder = SongCatalogueBuilder(expecting: old.catalogue.count)
        try metrics.catalogueSeconds.time {
            try documents.forEachSong { song in
                guard !stop.isStopped else { throw Stopped() }
                builder.add(song)
            }
        }
        let catalogue = builder.build(reusing: old.catalogue)
        let isSame = catalogue.isEqual(to: old.catalogue)
        metrics.songs.set(catalogue.count)
        current.change { parts in
            if !isSame { parts.catalogue = catalogue }
            parts.catalogueReadAt = clock.now
        }
    }

    // MARK: - History

    /// Reads what was heard lately, where heard songs are to be avoided and the lake has changed.
    func refreshHistory(until stop: StopSignal) throws {
        guard case .avoid(let days) = options.heardSongs, let lake, let version = try lake.version(),
            version != current.value.parts.history?.lakeVersion
        else { return }
        let history = try ListeningHistory(
            lake: lake, version: version, today: EventDay(epochMilliseconds: clock.now), days: days
        ) { stop.isStopped }
        guard let history else { return }
        current.change { $0.history = history }
    }

    // MARK: - Model

    /// Changes to the store's current model when that is another than the one that serves.
    func refreshModel(until stop: StopSignal) throws {
        guard let record = try documents.currentModel() else { return }
        let old = current.value
        guard record.manifest.version != old.model?.version else { return }
        do {
            let model = try metrics.modelSeconds.time { try load(record.manifest, replacing: old.model, until: stop) }
            current.change { $0.model = model }
        } catch let error where !(error is Stopped) {
            metrics.modelFailures.increment()
            throw error
        }
        metrics.swaps.increment()
        logger.notice(
            "serving a model",
            [
                "version": record.manifest.version, "items": "\(record.manifest.items)",
                "was": old.model?.version ?? "none",
            ])
    }

    private func load(
        _ manifest: ModelManifest, replacing old: ServingModel?, until stop: StopSignal
    ) throws -> ServingModel {
        let path = try models.path(version: manifest.version, file: Self.indexFile)
        let index = try IVFIndex(path: path, verification: .checksums)
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
        let model = ServingModel(manifest: manifest, index: index, users: users, loadedAt: clock.now)
        try warmUp(model, replacing: old, until: stop)
        return model
    }

    /// Fetches vectors before the swap, so that the swap is not followed by a flood of questions to the store.
    private func warmUp(_ model: ServingModel, replacing old: ServingModel?, until stop: StopSignal) throws {
        guard model.manifest.users > options.userVectorLimit else {
            return try documents.forEachUserVector(modelVersion: model.version) { userID, values in
                guard !stop.isStopped else { throw Stopped() }
                model.keep(values, of: userID)
            }
        }
        for userID in old?.users.userIDs(limit: Self.warmUpLimit) ?? [] {
            guard !stop.isStopped else { throw Stopped() }
            if let vector = try documents.user(id: userID)?.vector(ofModel: model.version) {
                model.keep(vector.values, of: userID)
            }
        }
    }

    /// The daemon ends; what was begun is dropped.
    private struct Stopped: Error {}

    /// Says a failure once, and once that it is over.
    private struct Complaint {
        private var last: [String: String] = [:]

        mutating func note(_ logger: Logger, _ what: String, _ body: () throws -> Void) {
            do {
                try body()
                if last.removeValue(forKey: what) != nil { logger.notice("works again", ["after": what]) }
            } catch is Stopped {
                return
            } catch {
                let reason = "\(error)"
                if last.updateValue(reason, forKey: what) != reason { logger.error("\(what)", ["error": reason]) }
            }
        }
    }
}
