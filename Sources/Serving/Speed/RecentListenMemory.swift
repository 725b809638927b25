import Storage
import Synchronization

/// The recent listens of the listeners who listened last, in bounded memory.
///
/// Event threads never come here: they read the vectors that were made of it.
final class RecentListenMemory: Sendable {
    private struct Entry {
        var listens: [RecentListen]
        /// Number of the change: ascending.
        var change: UInt64
    }

    private struct State {
        var users: [String: Entry] = [:]
        var change: UInt64 = 0
    }

    private let userLimit: Int
    private let listenLimit: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - userLimit: listeners held at most.
    ///   - listenLimit: listens held of each.
    init(userLimit: Int, listenLimit: Int) {
        self.userLimit = max(1, userLimit)
        self.listenLimit = listenLimit
    }

    /// Listeners held.
    var count: Int { state.withLock { $0.users.count } }

    /// Listens held of a listener, newest first.
    func listens(of userID: String) -> [RecentListen] { state.withLock { $0.users[userID]?.listens ?? [] } }

    /// Listens held of a listener, newest first, and the number of their change; 0 for none.
    func entry(of userID: String) -> (listens: [RecentListen], change: UInt64) {
        state.withLock { state in state.users[userID].map { ($0.listens, $0.change) } ?? ([], 0) }
    }

    /// Whether a listen is held.
    func holds(_ listen: RecentListen, of userID: String) -> Bool {
        state.withLock { state in state.users[userID]?.listens.contains { $0.isSame(as: listen) } ?? false }
    }

    /// Adds listens.
    ///
    /// - Returns: whether any of them was not held.
    func add(_ listens: [RecentListen], of userID: String) -> Bool {
        state.withLock { state in
            let known = state.users[userID]?.listens ?? []
            let merged = RecentListen.merge(known, listens, keeping: listenLimit)
            guard merged != known else { return false }
            state.change += 1
            state.users[userID] = Entry(listens: merged, change: state.change)
            if state.users.count > userLimit { Self.dropOldest(from: &state) }
            return true
        }
    }

    /// Forgets a listener.
    ///
    /// - Returns: whether any was held.
    func remove(_ userID: String) -> Bool {
        state.withLock { state in
            state.change += 1
            return state.users.removeValue(forKey: userID) != nil
        }
    }

    /// Listeners whose listens changed after a change, and the newest change.
    ///
    /// - Complexity: O(listeners)
    func usersChanged(after change: UInt64) -> (userIDs: [String], newest: UInt64) {
        state.withLock { state in (state.users.filter { $0.value.change > change }.map(\.key), state.change) }
    }

    private static func dropOldest(from state: inout State) {
        let changes = state.users.values.map(\.change).sorted()
        let oldest = changes[changes.count / 8]
        state.users = state.users.filter { $0.value.change > oldest }
    }
}
