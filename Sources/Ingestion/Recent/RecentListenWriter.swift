import Domain
import ServiceKit
import Storage

/// Writes the newest listens of the listeners met to the store every quarter of a second, beside the way to the lake, so that
/// recommendations follow within a second.
///
/// Hints only: nothing waits for them. The polling thread looks at no more than `recentListenRate` rows a second, what waits is
/// bounded, the oldest goes first, and after a write that took long the thread rests longer. What is left out here is in
/// the lake all the same.
final class RecentListenWriter: Sendable {
    private struct Pending {
        var listens: [(userID: String, listen: RecentListen)] = []
        var isClosed = false
    }

    /// Listens that wait at most.
    static let capacity = 20_000
    private static let usersPerWrite = 1_000
    /// Rest after a write that took long, in times of how long it took, up to `longestRest`: a second is all there is from a
    /// listen to a recommendation.
    private static let restFactor = 4
    private static let longestRest = Duration.milliseconds(500)

    private let store: any DocumentStore
    private let options: IngestionOptions
    private let context: IngestionContext
    private let pending = Monitor(Pending())

    init(store: any DocumentStore, options: IngestionOptions, context: IngestionContext) {
        self.store = store
        self.options = options
        self.context = context
    }

    /// Takes listens, the newest last; the oldest that wait go when there are too many.
    func offer(_ listens: [(userID: String, listen: RecentListen)]) {
        let dropped = pending.withLock { pending in
            pending.listens += listens
            let excess = max(0, pending.listens.count - Self.capacity)
            pending.listens.removeFirst(excess)
            return excess
        }
        context.metrics.recentDropped.increment(by: dropped)
    }

    /// What waits is tried once more, then the thread ends.
    func close() { pending.withLock { $0.isClosed = true } }

    /// Works until closed.
    func run() {
        var pause = options.recentInterval
        var isComplaining = false
        while true {
            let isClosed = pending.wait(upTo: pause) { $0.isClosed ? true : nil } ?? false
            let listens = pending.withLock { pending in
                defer { pending.listens = [] }
                return pending.listens
            }
            let began = MonotonicTime.now
            do {
                try write(listens)
                if isComplaining { context.logger.notice("works again", ["what": "writing recent listens"]) }
                isComplaining = false
            } catch {
                context.metrics.recentFailures.increment()
                if !isComplaining {
                    context.logger.warning("cannot write recent listens; trying again", ["error": "\(error)"])
                }
                isComplaining = true
                putBack(listens)
            }
            if isClosed { return }
            pause = max(options.recentInterval, min(began.elapsed * Self.restFactor, Self.longestRest))
        }
    }

    /// Before what came meanwhile; a listen that was written already is written again for nothing.
    private func putBack(_ listens: [(userID: String, listen: RecentListen)]) {
        let dropped = pending.withLock { pending in
            let room = max(0, Self.capacity - pending.listens.count)
            pending.listens = listens.suffix(room) + pending.listens
            return listens.count - min(room, listens.count)
        }
        context.metrics.recentDropped.increment(by: dropped)
    }

    private func write(_ listens: [(userID: String, listen: RecentListen)]) throws {
        let users = Self.byUser(listens, keeping: options.recentListenCount)
        for start in stride(from: 0, to: users.count, by: Self.usersPerWrite) {
            let slice = Array(users[start..<min(start + Self.usersPerWrite, users.count)])
            try store.appendRecentListens(slice, keeping: options.recentListenCount, now: context.now)
        }
        context.metrics.recentWritten.increment(by: listens.count)
    }

    /// The newest listens by listener, listeners in order of their first.
    static func byUser(_ listens: [(userID: String, listen: RecentListen)], keeping limit: Int) -> [RecentListens] {
        var places: [String: Int] = [:]
        var users: [RecentListens] = []
        for (userID, listen) in listens {
            if let place = places[userID] {
                users[place].listens.append(listen)
            } else {
                places[userID] = users.count
                users.append(RecentListens(userID: userID, listens: [listen]))
            }
        }
        for place in users.indices {
            users[place].listens = RecentListen.merge([], users[place].listens, keeping: limit)
        }
        return users
    }
}
