import Domain
import HTTPServer
import ServiceKit
import Storage
import Synchronization

/// `GET /users/{id}/history?limit=&cursor=`: what a listener heard, newest first: the recent listens of the store, then the lake.
///
/// A page may hold fewer listens than asked for, even none, while `next_cursor` leads on: a request reads a bounded part of the
/// lake.
enum HistoryRoute {
    static func add(to router: inout Router, _ context: ServingContext) {
        let lake = context.lake.map { LakeListens($0) }
        router.add(.get, "/users/{id}/history", .blocking) { request in
            let userID = request.capture("id")
            try context.check(identifier: userID, "id")
            let query = try request.query()
            let limit = try context.limit(query)
            let cursor = try TimeCursor.decode(query)
            let recent = try context.documents.recentListens(userID: userID)
                .map { Listen(trackID: $0.trackID, timestamp: $0.timestamp, action: $0.action) }
                .filter { listen in cursor.map { $0.precedes(listen.cursor) } ?? true }
            let history = context.current.value.parts.history
            var page = LakeListens.Page(listens: [], isLast: true)
            if let lake {
                page = try lake.read(userID, after: cursor, limit: limit + 1, history: history)
            }
            return answer(userID, recent, page, limit, context.current.value.catalogue)
        }
    }

    /// A listen of the answer.
    struct Listen: Hashable {
        var trackID: String
        var timestamp: Int64
        var action: EventAction

        /// Where it stands.
        var cursor: TimeCursor { TimeCursor(time: timestamp, id: trackID) }
    }

    private static func answer(
        _ userID: String, _ recent: [Listen], _ page: LakeListens.Page, _ limit: Int, _ songs: SongCatalogue
    ) -> HTTPResponse {
        // Beyond the part of the lake that was read, recent listens would be out of order.
        let known = recent.filter { listen in page.end.map { listen.cursor.precedes($0) } ?? true }
        var seen = Set<TimeCursor>()
        let all = (page.listens + known).filter { seen.insert($0.cursor).inserted }
            .sorted { $0.cursor.precedes($1.cursor) }
        let listens = all.prefix(limit)
        let next = all.count > limit ? listens.last?.cursor : page.isLast ? nil : page.end
        return HTTPResponse.json(capacity: 96 + listens.count * 360) { writer in
            writer.beginObject()
            writer.member("user_id", userID)
            writer.key("listens")
            writer.beginArray()
            for listen in listens {
                writer.beginObject()
                writer.key("song")
                songs.write(id: listen.trackID, to: &writer)
                writer.member("listened_at", ISOTime.text(listen.timestamp))
                writer.member("action", listen.action.wireName)
                writer.endObject()
            }
            writer.endArray()
            writer.member("next_cursor", next?.text)
            writer.endObject()
        }
    }
}

/// Reads one listener's listens from the lake, day by day backwards.
final class LakeListens: Sendable {
    /// A part of a listener's listens.
    struct Page {
        /// In no order.
        var listens: [HistoryRoute.Listen]
        /// Whether there is nothing after them.
        var isLast: Bool
        /// Behind the last day that was read; nil when all were.
        var end: TimeCursor?
    }

    /// Rows read for one answer; a day is read whole.
    private static let rowBudget: Int64 = 20_000_000
    /// Answers made at once: each takes a processor for up to seconds.
    private static let readerLimit = 2

    private let lake: any EventLake
    private let readers = Mutex(0)

    init(_ lake: any EventLake) { self.lake = lake }

    /// The listens after `cursor`, whole days of them, until there are `limit` or enough rows were read.
    ///
    /// - Parameter history: tells days the listener is not in, which need not be read.
    /// - Throws: `HTTPError` 503 when others are reading.
    func read(
        _ userID: String, after cursor: TimeCursor?, limit: Int, history: ListeningHistory?
    ) throws -> Page {
        var page = Page(listens: [], isLast: true)
        guard let version = try lake.version() else { return page }
        try enter()
        defer { readers.withLock { $0 -= 1 } }
        var rows: Int64 = 0
        let newest = cursor.map { EventDay(epochMilliseconds: $0.time) }
        for day in try lake.days(version: version).sorted(by: { $0.day > $1.day })
        where newest.map({ day.day <= $0 }) ?? true {
            guard page.listens.count < limit, rows < Self.rowBudget else {
                page.isLast = false
                return page
            }
            // A day as it was read for the history holds all its listeners only while nothing was added since.
            let isCurrent = history?.days.contains { $0.source == day } ?? false
            if !isCurrent || history?.lacks(userID, on: day.day) != true {
                rows += day.rowCount
                try read(userID, day.day, version) { listen in
                    if cursor.map({ $0.precedes(listen.cursor) }) ?? true { page.listens.append(listen) }
                }
            }
            page.end = TimeCursor(time: day.day.startMilliseconds - 1, id: "")
        }
        page.end = nil
        return page
    }

    private func enter() throws {
        let isFree = readers.withLock { readers in
            guard readers < Self.readerLimit else { return false }
            readers += 1
            return true
        }
        guard isFree else {
            throw HTTPError.unavailable("other listeners' histories are being read; try again", retryAfterSeconds: 1)
        }
    }

    private func read(
        _ userID: String, _ day: EventDay, _ version: Int64, _ body: (HistoryRoute.Listen) -> Void
    ) throws {
        try lake.read(
            days: day...day, columns: [.userID, .trackID, .timestamp, .action], version: version
        ) { _, columns in
            guard let code = columns.users.values.firstIndex(of: userID) else { return }
            for row in 0..<columns.count where columns.users.codes[row] == UInt32(code) {
                guard let action = EventAction(rawValue: columns.actions[row]) else { continue }
                body(
                    HistoryRoute.Listen(
                        trackID: columns.tracks[row], timestamp: columns.timestamps[row], action: action))
            }
        }
    }
}
