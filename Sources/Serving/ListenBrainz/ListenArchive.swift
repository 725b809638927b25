import Domain
import HTTPServer
import ServiceKit
import Storage
import Synchronization

/// One listener's plays, read from the lake day by day.
///
/// The lake is kept by day and not by listener, so a question reads the column of listeners of every file it cannot leave
/// out. One question is answered at a time, and only for so long: a client cannot keep the disk busy.
final class ListenArchive: Sendable {
    /// One play.
    struct Listen: Equatable {
        /// Start of the play, epoch milliseconds.
        var timestamp: Int64
        var trackID: String
    }

    private let lake: (any EventLake)?
    private let timeLimit: Duration
    private let turn = Mutex(())

    init(lake: (any EventLake)?, timeLimit: Duration = .seconds(10)) {
        self.lake = lake
        self.timeLimit = timeLimit
    }

    /// At most `limit` plays between two instants, both exclusive, newest first: the newest, or with nothing but `after` the
    /// oldest.
    ///
    /// - Throws: `HTTPError` 503 when reading takes too long.
    func listens(of userID: String, after: Int64?, before: Int64?, limit: Int) throws -> [Listen] {
        let isForward = after != nil && before == nil
        var listens: [Listen] = []
        try forEachDay(isForward: isForward) { lake, version, day, deadline in
            if let after, day.advanced(by: 1).startMilliseconds <= after { return true }
            if let before, day.startMilliseconds >= before { return true }
            try lake.read(days: day...day, columns: [.userID, .trackID, .timestamp, .action], version: version) {
                _, columns in
                try Self.check(deadline)
                Self.forEachPlay(of: userID, in: columns) { row in
                    let timestamp = columns.timestamps[row]
                    guard after.map({ timestamp > $0 }) ?? true, before.map({ timestamp < $0 }) ?? true else { return }
                    listens.append(Listen(timestamp: timestamp, trackID: columns.tracks[row]))
                }
            }
            return listens.count < limit
        }
        listens.sort { ($0.timestamp, $0.trackID) > ($1.timestamp, $1.trackID) }
        return Array(isForward ? listens.suffix(limit) : listens.prefix(limit))
    }

    /// How many plays there are.
    ///
    /// - Throws: `HTTPError` 503 when reading takes too long.
    func count(of userID: String) throws -> Int {
        var count = 0
        try forEachDay(isForward: false) { lake, version, day, deadline in
            try lake.read(days: day...day, columns: [.userID, .action], version: version) { _, columns in
                try Self.check(deadline)
                Self.forEachPlay(of: userID, in: columns) { _ in count += 1 }
            }
            return true
        }
        return count
    }

    /// - Parameter body: returns whether to go on.
    private func forEachDay(
        isForward: Bool, _ body: (any EventLake, Int64, EventDay, MonotonicTime) throws -> Bool
    ) throws {
        guard let lake else { return }
        try turn.withLock { _ in
            guard let version = try lake.version() else { return }
            let deadline = MonotonicTime.now.advanced(by: timeLimit)
            let days = try lake.days(version: version).filter { $0.rowCount > 0 }.map(\.day).sorted()
            for day in isForward ? days : days.reversed() {
                guard try body(lake, version, day, deadline) else { return }
            }
        }
    }

    private static func check(_ deadline: MonotonicTime) throws {
        guard MonotonicTime.now < deadline else {
            throw HTTPError.unavailable(
                "the lake is too large to be read for one listener in time; ask for a later min_ts",
                retryAfterSeconds: 60)
        }
    }

    private static func forEachPlay(of userID: String, in columns: EventColumns, _ body: (Int) -> Void) {
        for (code, value) in columns.users.values.enumerated() where value == userID {
            for row in 0..<columns.count where columns.users.codes[row] == UInt32(code) {
                guard let action = EventAction(rawValue: columns.actions[row]), action.isPlay else { continue }
                body(row)
            }
        }
    }
}
