import Domain
import ServiceKit
import Storage
import Synchronization

/// A lake in memory that remembers what it was asked for.
final class MemoryLake: EventLake {
    private let events: [EventDay: [ListeningEvent]]
    private let requests = Mutex<[(days: ClosedRange<EventDay>, columns: Set<EventColumn>)]>([])
    private let committedVersion: Int64?

    init(_ events: [ListeningEvent], version: Int64? = 7) {
        self.events = Dictionary(grouping: events, by: \.day)
        committedVersion = version
    }

    var lastRequest: (days: ClosedRange<EventDay>, columns: Set<EventColumn>)? { requests.withLock { $0.last } }

    func version() throws -> Int64? { committedVersion }
    func identity() throws -> String? { committedVersion.map { _ in "memory" } }
    func positions(topic: String) throws -> [Int32: Int64] { [:] }
    func commits(after version: Int64?) throws -> [LakeCommit] { [] }
    func plays(ofCommit version: Int64) throws -> CommitPlays { CommitPlays(lakeVersion: version, plays: [:]) }
    func forget(userID: String, until stop: StopSignal) throws -> Int64 {
        throw StorageError(.invalid, "this lake only reads")
    }
    func readRows(ofCommit version: Int64, columns: Set<EventColumn>, _ body: (EventColumns) throws -> Void) throws {}
    func checkHealth() throws {}

    func append(
        _ batches: [EventDay: EventBatch], topic: String, from: [Int32: Int64], to: [Int32: Int64],
        beforeCommit: () throws -> Void
    ) throws -> LakeCommit {
        throw StorageError(.invalid, "this lake only reads")
    }

    func days(version: Int64?) throws -> [LakeDay] {
        events.map { LakeDay(day: $0.key, rowCount: Int64($0.value.count), fileCount: 1, byteCount: 1) }
    }

    /// Two files a day, each with a dictionary of its own.
    func read(
        days: ClosedRange<EventDay>, columns: Set<EventColumn>, version: Int64?,
        _ body: (EventDay, EventColumns) throws -> Void
    ) throws -> Int64 {
        requests.withLock { $0.append((days, columns)) }
        for (day, rows) in events.sorted(by: { $0.key < $1.key }) where days.contains(day) {
            let half = rows.count / 2
            for part in [rows[..<half], rows[half...]] { try body(day, Self.file(part, columns)) }
        }
        return version ?? committedVersion ?? 0
    }

    private static func file(_ rows: ArraySlice<ListeningEvent>, _ columns: Set<EventColumn>) -> EventColumns {
        var batch = EventBatch()
        for row in rows { batch.append(row) }
        func dictionary(_ codes: [UInt32], _ strings: InternedStrings) -> DictionaryColumn {
            DictionaryColumn(codes: codes, values: (0..<UInt32(strings.count)).map { strings[$0] })
        }
        return EventColumns(
            count: batch.count,
            users: columns.contains(.userID) ? dictionary(batch.userCodes, batch.users) : .init(),
            tracks: columns.contains(.trackID) ? dictionary(batch.trackCodes, batch.tracks) : .init(),
            timestamps: columns.contains(.timestamp) ? batch.timestamps : [],
            actions: columns.contains(.action) ? batch.actions : [],
            durations: columns.contains(.duration) ? batch.durations : [],
            totalDurations: columns.contains(.totalDuration) ? batch.totalDurations : [],
            sources: columns.contains(.source) ? batch.sources : [])
    }
}

extension ListeningEvent {
    /// A play of a three-minute song.
    static func play(
        _ user: String, _ track: String, day: EventDay, _ action: EventAction = .complete, heard: Int32 = 180_000
    ) -> ListeningEvent {
        ListeningEvent(
            userID: user, trackID: track, timestamp: day.startMilliseconds + 3_600_000, action: action, duration: heard,
            totalDuration: 180_000, source: .simulation)
    }
}
