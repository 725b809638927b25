import Domain
import ServiceKit
import Storage
import Synchronization

/// Forgets listeners: in store and memory at once, in the lake in the background.
///
/// ```
/// DELETE /users/{id}   request noted in the store ─► user, vectors, recent listens removed ─► 202
/// this thread          lake rewritten without them, again until all that the log held then has arrived
///                      store cleaned again: a training may have read the lake before        ─► request removed
/// ```
/// A request outlives the process: whoever serves that store next carries it out. Two at once do the same twice, for nothing.
final class ListenerForgetting: Sendable {
    private struct State {
        /// Where the log ended when this process first saw a request: what is not in the lake yet may be the listener's.
        var logEnds: [ForgettingRequest: [Int32: Int64]] = [:]
        /// Requests whose listeners are out of the lake.
        var rewritten: Set<ForgettingRequest> = []
    }

    private let documents: any DocumentStore
    private let lake: (any EventLake)?
    private let log: any EventLog
    private let speed: SpeedLayer
    private let current: CurrentSnapshot
    private let clock: any WallClock
    private let logger: Logger
    private let interval: Duration
    /// How long after a request a training that began before it may still publish the listener.
    private let trainingMilliseconds: Int64
    private let state = Mutex(State())
    private let isAsked = Monitor(false)

    init(
        documents: any DocumentStore, lake: (any EventLake)?, log: any EventLog, speed: SpeedLayer,
        current: CurrentSnapshot, options: ServingOptions, clock: any WallClock, logger: Logger
    ) {
        self.documents = documents
        self.lake = lake
        self.log = log
        self.speed = speed
        self.current = current
        self.clock = clock
        self.logger = logger
        interval = options.forgettingInterval
        trainingMilliseconds = Int64(options.longestTraining.secondCount * 1000)
    }

    /// Removes a listener from store and memory, and sees to the rest.
    ///
    /// - Returns: whether the lake is still to be rewritten.
    func forget(_ userID: String) throws -> Bool {
        // Noted first: whatever fails after this is made good.
        let request = ForgettingRequest(userID: userID, requestedAt: clock.now)
        try documents.addForgetting(request)
        try removeFromStore(userID)
        guard lake != nil else { return false }
        isAsked.withLock { $0 = true }
        return true
    }

    private func removeFromStore(_ userID: String) throws {
        try documents.removeUser(id: userID)
        try documents.removeRecentListens(userID: userID, now: clock.now)
        try documents.removeRatings(userID: userID, now: clock.now)
        _ = try documents.removeListenerTokens(userID: userID)
        speed.forget(userID)
        forgetVector(of: userID)
    }

    /// Carries requests out until it is stopped.
    func run(until stop: StopSignal) {
        var complaint: String?
        while !stop.isStopped {
            do {
                try carryOut(until: stop)
                complaint = nil
            } catch {
                let reason = "\(error)"
                if complaint != reason { logger.error("cannot forget a listener yet", ["error": reason]) }
                complaint = reason
            }
            _ = isAsked.wait(upTo: interval) { isAsked -> Bool? in
                guard isAsked || stop.isStopped else { return nil }
                isAsked = false
                return true
            }
        }
    }

    /// Wakes the thread, so that it sees that it is stopped.
    func wake() { isAsked.withLock { $0 = true } }

    /// Takes one turn at every request.
    func carryOut(until stop: StopSignal) throws {
        for request in try documents.forgettings() where !stop.isStopped {
            if state.withLock({ $0.rewritten.contains(request) }) {
                try removeWhatTrainingPublished(request)
                continue
            }
            let isDone = try rewriteLake(for: request, stop)
            try removeFromStore(request.userID)
            if isDone { state.withLock { _ = $0.rewritten.insert(request) } }
        }
    }

    /// A training that read the lake before it was rewritten may publish the listener's vector after.
    private func removeWhatTrainingPublished(_ request: ForgettingRequest) throws {
        if try documents.user(id: request.userID)?.vector != nil {
            try documents.removeUser(id: request.userID)
            forgetVector(of: request.userID)
        }
        guard clock.now - request.requestedAt >= trainingMilliseconds else { return }
        try documents.removeForgetting(request)
        state.withLock { state in
            state.logEnds[request] = nil
            state.rewritten.remove(request)
        }
    }

    private func forgetVector(of userID: String) {
        let expiry = MonotonicTime.now.advanced(by: .seconds(20)).nanoseconds
        current.value.model?.users.insertAbsent(userID, expiry: expiry)
    }

    /// - Returns: whether everything the log held when the request was first seen is in the lake, and nothing of the listener.
    private func rewriteLake(for request: ForgettingRequest, _ stop: StopSignal) throws -> Bool {
        guard let lake else { return true }
        let ends = try state.withLock { $0.logEnds[request] } ?? logEnds(for: request)
        // Read first: what arrives after this is looked at in the next turn.
        let positions = try lake.positions(topic: log.topic)
        let removed = try lake.forget(userID: request.userID, until: stop)
        if removed > 0 { logger.notice("a listener's rows were removed from the lake", ["rows": "\(removed)"]) }
        return !stop.isStopped && ends.allSatisfy { (positions[$0.key] ?? 0) >= $0.value }
    }

    private func logEnds(for request: ForgettingRequest) throws -> [Int32: Int64] {
        let ends = Dictionary(uniqueKeysWithValues: try log.offsets().map { ($0.partition, $0.end) })
        state.withLock { $0.logEnds[request] = ends }
        return ends
    }
}
