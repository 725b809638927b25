import Domain
import Learning
import ServiceKit
import Storage
import Synchronization

/// Lets recommendations follow what listeners did in the last minutes: folds their recent listens into their vectors.
///
/// ```
/// POST /events ──────────────► memory of recent listens ──► vector folded in ──► model.sessions ◄── requests
/// store, written by ingest ──► (follower, 200 ms)
/// ```
/// Vectors are made on the threads of those who bring listens, never on an event thread: a request finds them made.
final class SpeedLayer: Sendable {
    /// A run ends after it has read the lake: listens from this long before its end may not be in the model. Those that are
    /// in it all the same move their listener little, for the model expects them.
    private static let trainingMilliseconds: Int64 = 10 * 60_000
    /// Changes read from the store at once.
    private static let changesAPart = 500
    /// Listeners whose vectors are made before the answer to their listens; the rest follows with the next poll.
    private static let listenersAtOnce = 64

    private let options: ServingOptions
    private let documents: any DocumentStore
    private let current: CurrentSnapshot
    private let loader: UserVectorLoader
    private let ratings: RatingBook
    private let clock: any WallClock
    private let logger: Logger
    private let memory: RecentListenMemory
    /// Listeners whose vectors are to be made with the next poll.
    private let waiting = Mutex<Set<String>>([])
    private let folded: Counter
    private let failures: Counter
    private let foldSeconds: Histogram

    init(
        options: ServingOptions, documents: any DocumentStore, current: CurrentSnapshot, loader: UserVectorLoader,
        ratings: RatingBook, clock: any WallClock, metrics: MetricsRegistry, logger: Logger
    ) {
        self.options = options
        self.documents = documents
        self.current = current
        self.loader = loader
        self.ratings = ratings
        self.clock = clock
        self.logger = logger
        memory = RecentListenMemory(userLimit: options.recentUserLimit, listenLimit: options.recentListenLimit)
        folded = metrics.counter("segue_sessions_folded_total", "Vectors made of recent listens.")
        failures = metrics.counter(
            "segue_sessions_failures_total", "Times the recent listens could not be read from the store.")
        foldSeconds = metrics.histogram("segue_session_fold_seconds", "Making a vector of recent listens.")
    }

    /// Whether the layer is on.
    var isOn: Bool { options.recentUserLimit > 0 }

    /// Listeners whose recent listens are in memory.
    var userCount: Int { memory.count }

    /// Whether a listen is among those in memory: then the log has it.
    func holds(_ event: ListeningEvent) -> Bool { memory.holds(RecentListen(event), of: event.userID) }

    /// The recent listens of a listener in memory, newest first.
    func recentListens(of userID: String) -> [RecentListen] { memory.listens(of: userID) }

    // MARK: - Listens

    /// Takes listens that this process put into the log. May wait for the store, where a listener's vector is not in memory.
    func take(_ events: [ListeningEvent]) {
        guard isOn else { return }
        var users: [String: [RecentListen]] = [:]
        for event in events { users[event.userID, default: []].append(RecentListen(event)) }
        let changed = users.filter { memory.add($0.value, of: $0.key) }.keys.sorted()
        for userID in changed.prefix(Self.listenersAtOnce) { fold(userID, into: current.value.model) }
        let rest = changed.dropFirst(Self.listenersAtOnce)
        if !rest.isEmpty { waiting.withLock { $0.formUnion(rest) } }
    }

    /// Lets what listeners rated count.
    func takeRatings(of userIDs: [String]) {
        guard isOn else { return }
        for userID in userIDs { fold(userID, into: current.value.model) }
    }

    /// Forgets a listener.
    func forget(_ userID: String) {
        _ = memory.remove(userID)
        current.value.model?.sessions.remove(userID)
    }

    /// Follows the store's changes until it is stopped.
    func run(until stop: StopSignal) {
        guard isOn else { return }
        var cursor: Int64?
        var complaint: String?
        repeat {
            do {
                cursor = try follow(from: cursor, until: stop)
                if complaint != nil { logger.notice("works again", ["after": "reading recent listens"]) }
                complaint = nil
            } catch {
                failures.increment()
                let reason = "\(error)"
                if complaint != reason { logger.error("cannot read recent listens", ["error": reason]) }
                complaint = reason
            }
            foldWaiting(until: stop)
        } while !stop.wait(for: options.recentPollInterval)
    }

    /// Reads the changes after `cursor`; at first those of the listeners who listened last.
    ///
    /// - Returns: where to go on.
    func follow(from cursor: Int64?, until stop: StopSignal = StopSignal()) throws -> Int64 {
        var cursor = try cursor ?? max(0, documents.newestRecentChange() - Int64(options.recentUserLimit))
        while !stop.isStopped {
            let part = try documents.recentChanges(after: cursor, limit: Self.changesAPart)
            for user in part.users {
                if user.listens.isEmpty {
                    forget(user.userID)
                } else if memory.add(user.listens, of: user.userID) {
                    fold(user.userID, into: current.value.model)
                }
            }
            cursor = part.cursor
            if part.users.count < Self.changesAPart { break }
        }
        return cursor
    }

    private func foldWaiting(until stop: StopSignal) {
        let users = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for userID in users where !stop.isStopped { fold(userID, into: current.value.model) }
    }

    // MARK: - Vectors

    /// Makes the vectors of all listeners in memory, for a model that is about to serve.
    ///
    /// - Returns: what `follow(_:after:)` wants once the model serves.
    func prepare(_ model: ServingModel, _ pace: BackgroundPace) throws -> UInt64 {
        let (users, change) = memory.usersChanged(after: 0)
        let rated = isOn ? ratings.userIDs(limit: options.recentUserLimit) : []
        for userID in Set(users).union(rated) {
            try pace.breathe()
            fold(userID, into: model)
        }
        return change
    }

    /// Makes the vectors of those who listened while the model was on its way.
    func catchUp(_ model: ServingModel, after change: UInt64) {
        for userID in memory.usersChanged(after: change).userIDs { fold(userID, into: model) }
    }

    /// Makes a listener's vector. When listens come meanwhile it is made again: of two threads with one listener, the last to
    /// finish has seen all.
    private func fold(_ userID: String, into model: ServingModel?) {
        guard let model else { return }
        while true {
            let (listens, change) = memory.entry(of: userID)
            var session: [Float]?
            let prior = vector(of: userID, model)
            let taste = ratings.taste(of: userID)
            do {
                let since = model.manifest.createdAt - Self.trainingMilliseconds
                session = try foldSeconds.time {
                    try model.folding.vector(of: listens, prior: prior, since: since, taste: taste)
                }
                folded.increment()
            } catch {
                logger.warning("cannot fold in recent listens", ["error": "\(error)"])
            }
            if let session {
                model.sessions.insert(
                    session, of: userID, origin: prior == nil ? .recentListens : .model,
                    heard: model.folding.heard(listens))
            } else {
                model.sessions.remove(userID)
            }
            if memory.entry(of: userID).change == change { return }
        }
    }

    /// The model's own vector of a listener; asks the store when it is not in memory.
    private func vector(of userID: String, _ model: ServingModel) -> [Float]? {
        var values = [Float](repeating: 0, count: model.index.dimension)
        func copy() -> UserVectorCache.Answer {
            values.withUnsafeMutableBufferPointer { values in
                guard let target = values.baseAddress else { return .absent }
                return model.users.copyVector(of: userID, into: target, now: MonotonicTime.now.nanoseconds)
            }
        }
        var answer = copy()
        if answer == .unknown {
            loader.load(userID, for: model)
            answer = copy()
        }
        return answer == .found ? values : nil
    }
}
