import Domain
import ServiceKit
import Storage

/// Reads vectors the cache does not hold from the store: many requests for one listener make one query.
final class UserVectorLoader: Sendable {
    /// How long it is believed that a listener has no vector.
    private static let absenceLifetime = Duration.seconds(20)

    private struct Key: Hashable {
        var userID: String
        var modelVersion: String
    }

    private let documents: any DocumentStore
    private let loading = Monitor<Set<Key>>([])
    private let queries: Counter
    private let failures: Counter
    private let logger: Logger

    init(documents: any DocumentStore, metrics: MetricsRegistry, logger: Logger) {
        self.documents = documents
        self.logger = logger
        queries = metrics.counter("segue_user_vector_queries_total", "User vectors asked from the store.")
        failures = metrics.counter(
            "segue_user_vector_failures_total", "User vectors the store failed to tell; popular songs were answered.")
    }

    /// Puts the listener's vector of that model, or its absence, into the model's cache. Waits for the store, or for
    /// another thread that asks it for the same.
    ///
    /// A store that fails is no reason to fail the listener: the cache stays as it is and the caller, finding nothing,
    /// answers popular songs.
    func load(_ userID: String, for model: ServingModel) {
        let key = Key(userID: userID, modelVersion: model.version)
        let isMine = loading.withLock { $0.insert(key).inserted }
        guard isMine else {
            _ = loading.wait(upTo: nil) { $0.contains(key) ? nil : true }
            return
        }
        defer { loading.withLock { _ = $0.remove(key) } }
        // Another thread may have asked between this one's look into the cache and here.
        guard !model.users.knows(userID, now: MonotonicTime.now.nanoseconds) else { return }
        queries.increment()
        do {
            let vector = try documents.user(id: userID)?.vector(ofModel: model.version)
            if vector == nil || !model.keep(vector?.values ?? [], of: userID) {
                let expiry = MonotonicTime.now.advanced(by: Self.absenceLifetime)
                model.users.insertAbsent(userID, expiry: expiry.nanoseconds)
            }
        } catch {
            failures.increment()
            logger.warning("cannot read a user's vector; answering popular songs", ["error": "\(error)"])
        }
    }
}
