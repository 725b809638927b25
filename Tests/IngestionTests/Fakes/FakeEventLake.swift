import Domain
import ServiceKit
import Storage
import Synchronization

/// A lake in memory with the fencing rule of docs/design.md §3.3 and failures on demand.
final class FakeEventLake: EventLake {
    struct Commit {
        var record: LakeCommit
        var events: [ListeningEvent]
        var positions: [Int32: Int64]
    }
    struct State {
        var commits: [Commit] = []
        var positions: [Int32: Int64] = [:]
        var failuresBeforeCommit: [StorageError] = []
        /// Whether every append fails in a way that may pass.
        var isAway = false
        /// Runs inside the next append, before the commit: another writer, a stop.
        var intruder: (@Sendable () -> Void)?
    }

    let state = Mutex(State())

    var events: [ListeningEvent] { state.withLock { $0.commits.flatMap(\.events) } }

    func version() throws -> Int64? { state.withLock { $0.commits.last?.record.version } }
    func identity() throws -> String? { state.withLock { $0.commits.isEmpty ? nil : "fake" } }
    func positions(topic: String) throws -> [Int32: Int64] { state.withLock { $0.positions } }

    func append(
        _ batches: [EventDay: EventBatch], topic: String, from: [Int32: Int64], to: [Int32: Int64],
        beforeCommit: () throws -> Void
    ) throws -> LakeCommit {
        let (failure, intruder) = state.withLock { state -> (StorageError?, (@Sendable () -> Void)?) in
            if state.isAway { return (StorageError(.unavailable, "the lake is away"), nil) }
            defer { state.intruder = nil }
            return (state.failuresBeforeCommit.isEmpty ? nil : state.failuresBeforeCommit.removeFirst(), state.intruder)
        }
        if let failure { throw failure }
        try beforeCommit()
        intruder?()
        let events = batches.sorted { $0.key < $1.key }.flatMap { Self.rows(of: $0.value) }
        return try state.withLock { state in
            for partition in to.keys where state.positions[partition] != from[partition] {
                throw StorageError(.fenced, "partition \(partition) was advanced by another writer")
            }
            let record = LakeCommit(
                version: Int64(state.commits.count), timestamp: 0, rowCount: Int64(events.count), changesData: true)
            state.commits.append(Commit(record: record, events: events, positions: to))
            state.positions.merge(to) { $1 }
            return record
        }
    }

    /// Commits as another daemon would.
    func commitElsewhere(_ events: [ListeningEvent], positions: [Int32: Int64]) {
        state.withLock { state in
            let record = LakeCommit(
                version: Int64(state.commits.count), timestamp: 0, rowCount: Int64(events.count), changesData: true)
            state.commits.append(Commit(record: record, events: events, positions: positions))
            state.positions.merge(positions) { $1 }
        }
    }

    func commits(after version: Int64?) throws -> [LakeCommit] {
        state.withLock { $0.commits.map(\.record).filter { $0.version > version ?? -1 } }
    }

    func plays(ofCommit version: Int64) throws -> CommitPlays {
        var plays: [String: [EventDay: Int64]] = [:]
        for event in state.withLock({ $0.commits[Int(version)].events }) where event.action.isPlay {
            plays[event.trackID, default: [:]][event.day, default: 0] += 1
        }
        return CommitPlays(lakeVersion: version, plays: plays)
    }

    func forget(userID: String, until stop: StopSignal) throws -> Int64 {
        throw StorageError(.invalid, "this lake forgets nobody")
    }
    func readRows(ofCommit version: Int64, columns: Set<EventColumn>, _ body: (EventColumns) throws -> Void) throws {
        let events = state.withLock { $0.commits[Int(version)].events }
        func column(_ values: [String]) -> DictionaryColumn {
            DictionaryColumn(codes: values.indices.map(UInt32.init), values: values)
        }
        try body(
            EventColumns(
                count: events.count, users: column(events.map(\.userID)), tracks: column(events.map(\.trackID)),
                timestamps: events.map(\.timestamp)))
    }

    func read(
        days: ClosedRange<EventDay>, columns: Set<EventColumn>, version: Int64?,
        _ body: (EventDay, EventColumns) throws -> Void
    ) throws -> Int64 { 0 }
    func days(version: Int64?) throws -> [LakeDay] { [] }
    func checkHealth() throws {}

    static func rows(of batch: EventBatch) -> [ListeningEvent] {
        (0..<batch.count).map { row in
            ListeningEvent(
                userID: batch.users[batch.userCodes[row]], trackID: batch.tracks[batch.trackCodes[row]],
                timestamp: batch.timestamps[row], action: EventAction(rawValue: batch.actions[row]) ?? .listen,
                duration: batch.durations[row], totalDuration: batch.totalDurations[row],
                source: EventSource(rawValue: batch.sources[row]) ?? .simulation)
        }
    }
}
