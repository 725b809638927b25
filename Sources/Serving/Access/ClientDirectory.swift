import HTTPServer
import ServiceKit
import Storage
import Synchronization

/// The clients that came lately, as the store told not long ago: a client that is removed, or is given another limit, is
/// another one on every server within half a minute.
final class ClientDirectory: Sendable {
    private struct Entry {
        var client: APIClient?
        var readAt: Int64
    }

    /// How long an entry is believed, milliseconds.
    private static let lifetime: Int64 = 30_000
    private static let entryLimit = 10_000

    private let documents: any ClientStore
    private let clock: any WallClock
    private let entries = Mutex<[String: Entry]>([:])

    init(documents: any ClientStore, clock: any WallClock) {
        self.documents = documents
        self.clock = clock
    }

    /// The client of an id; nil when there is none.
    ///
    /// - Throws: `HTTPRetryOnWorker` when the store must be asked and may not; the store's error.
    func client(id: String, mayBlock: Bool) throws -> APIClient? {
        let now = clock.now
        if let entry = entries.withLock({ $0[id] }), (0..<Self.lifetime).contains(now - entry.readAt) {
            return entry.client
        }
        guard mayBlock else { throw HTTPRetryOnWorker() }
        let client = try documents.client(id: id)
        entries.withLock { entries in
            if entries.count >= Self.entryLimit { entries.removeAll(keepingCapacity: true) }
            entries[id] = Entry(client: client, readAt: now)
        }
        return client
    }

    /// Asks the store anew for that client.
    func forget(id: String) { entries.withLock { _ = $0.removeValue(forKey: id) } }
}
