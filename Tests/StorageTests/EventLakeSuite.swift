import Domain
import Storage
import Testing

/// What every event lake must do; run against each store it may live on.
struct EventLakeSuite {
    let lake: any EventLake
    /// Another handle on the same lake: another process, as far as the lake can tell.
    let other: any EventLake

    static let monday = EventDay("2023-05-01") ?? EventDay(daysSinceEpoch: 0)
    static let tuesday = monday.advanced(by: 1)

    /// Event number `index` of a small world: 7 users, 11 tracks, every fifth a skip.
    static func event(_ index: Int, day: EventDay = monday) -> ListeningEvent {
        ListeningEvent(
            userID: "user-\(index % 7)", trackID: "track-é-\(index % 11)",
            timestamp: day.startMilliseconds + Int64(index),
            action: index % 5 == 0 ? .skip : index % 2 == 0 ? .listen : .complete, duration: Int32(index),
            totalDuration: Int32(index) * 2, source: index % 3 == 0 ? .realUser : .simulation)
    }

    static func batches(_ events: [ListeningEvent]) -> [EventDay: EventBatch] {
        var batches: [EventDay: EventBatch] = [:]
        for event in events { batches[event.day, default: EventBatch()].append(event) }
        return batches
    }

    /// All events of a span of days, in the order they are read.
    static func events(
        _ lake: any EventLake, _ days: ClosedRange<EventDay> = monday...tuesday, version: Int64? = nil
    ) throws -> [ListeningEvent] {
        var events: [ListeningEvent] = []
        try lake.read(days: days, columns: Set(EventColumn.allCases), version: version) { day, columns in
            for row in 0..<columns.count {
                let event = ListeningEvent(
                    userID: columns.users[row], trackID: columns.tracks[row], timestamp: columns.timestamps[row],
                    action: try #require(EventAction(rawValue: columns.actions[row])), duration: columns.durations[row],
                    totalDuration: columns.totalDurations[row],
                    source: try #require(EventSource(rawValue: columns.sources[row])))
                #expect(event.day == day)
                events.append(event)
            }
        }
        return events
    }

    func run() throws {
        try emptyLake()
        try appendsAndReadsBack()
        try prunesDaysAndColumns()
        try countsPlays()
        try fencesWhoIsBehind()
        try movesPositionsWithoutEvents()
        try timeTravels()
        try lake.checkHealth()
    }

    private func append(
        _ lake: any EventLake, _ events: [ListeningEvent], from: [Int32: Int64], to: [Int32: Int64]
    ) throws -> LakeCommit {
        try lake.append(Self.batches(events), topic: "music_log", from: from, to: to) {}
    }

    private func emptyLake() throws {
        #expect(try lake.version() == nil)
        #expect(try lake.positions(topic: "music_log").isEmpty)
        #expect(try lake.commits(after: nil).isEmpty)
        #expect(try lake.days().isEmpty)
        let error = #expect(throws: StorageError.self) { try Self.events(lake) }
        #expect(error?.code == .notFound)
    }

    private func appendsAndReadsBack() throws {
        let events = (0..<100).map { Self.event($0, day: $0 < 60 ? Self.monday : Self.tuesday) }
        var filesSeen = -1
        let commit = try lake.append(
            Self.batches(events), topic: "music_log", from: [:], to: [0: 60, 1: 40]
        ) { filesSeen = try lake.days().count }
        // Nothing is to be seen before the commit.
        #expect(filesSeen == 0)
        #expect(commit.rowCount == 100 && commit.changesData)
        for lake in [lake, other] {
            #expect(try lake.version() == commit.version)
            #expect(try lake.positions(topic: "music_log") == [0: 60, 1: 40])
            #expect(try lake.positions(topic: "music").isEmpty)
            #expect(try Self.events(lake) == events)
            #expect(try lake.days().map(\.rowCount) == [60, 40])
            #expect(try lake.days().map(\.day) == [Self.monday, Self.tuesday])
            #expect(try lake.days().allSatisfy { $0.fileCount == 1 && $0.byteCount > 100 })
            #expect(try lake.commits(after: nil).last == commit)
            #expect(try lake.commits(after: commit.version).isEmpty)
        }
    }

    private func prunesDaysAndColumns() throws {
        #expect(try Self.events(lake, Self.tuesday...Self.tuesday).count == 40)
        #expect(try Self.events(lake, Self.tuesday.advanced(by: 1)...Self.tuesday.advanced(by: 9)).isEmpty)
        try lake.read(days: Self.monday...Self.monday, columns: [.trackID, .action], version: nil) { _, columns in
            #expect(columns.count == 60 && columns.tracks.codes.count == 60 && columns.actions.count == 60)
            #expect(columns.tracks.values.count == 11)
            #expect(columns.users.codes.isEmpty && columns.timestamps.isEmpty && columns.durations.isEmpty)
        }
        struct Enough: Error {}
        #expect(throws: Enough.self) {
            try lake.read(days: Self.monday...Self.tuesday, columns: [.userID], version: nil) { _, _ in throw Enough() }
        }
    }

    private func countsPlays() throws {
        let commit = try #require(try lake.commits(after: nil).last)
        var expected: [String: [EventDay: Int64]] = [:]
        for index in 0..<100 where index % 5 != 0 {
            let event = Self.event(index, day: index < 60 ? Self.monday : Self.tuesday)
            expected[event.trackID, default: [:]][event.day, default: 0] += 1
        }
        #expect(
            try other.plays(ofCommit: commit.version)
                == CommitPlays(lakeID: other.identity(), lakeVersion: commit.version, plays: expected))
        let error = #expect(throws: StorageError.self) { try lake.plays(ofCommit: 999) }
        #expect(error?.code == .notFound)
    }

    private func fencesWhoIsBehind() throws {
        let before = try #require(try lake.version())
        // The other takes over partition 0 and advances it.
        let taken = try append(other, [Self.event(100)], from: [0: 60], to: [0: 61])
        #expect(taken.version == before + 1)
        var reachedTheCommit = false
        for (from, to) in [([0: 60], [0: 62]), ([0: 60, 1: 40], [0: 60, 1: 41]), ([0: 62], [0: 63]), ([:], [0: 5])]
            as [([Int32: Int64], [Int32: Int64])]
        {
            let error = #expect(throws: StorageError.self) {
                try lake.append(Self.batches([Self.event(101)]), topic: "music_log", from: from, to: to) {
                    reachedTheCommit = true
                }
            }
            #expect(error?.code == .fenced, "\(from) \(to)")
        }
        #expect(!reachedTheCommit)
        // While files are written, the other advances once more: fenced at the commit.
        let error = #expect(throws: StorageError.self) {
            try lake.append(Self.batches([Self.event(102)]), topic: "music_log", from: [0: 61], to: [0: 62]) {
                _ = try append(other, [Self.event(101)], from: [0: 61], to: [0: 62])
            }
        }
        #expect(error?.code == .fenced)
        #expect(try lake.version() == before + 2)
        #expect(try Self.events(lake).count == 102)
        #expect(try lake.positions(topic: "music_log") == [0: 62, 1: 40])
        // Another partition and another topic are nobody's business.
        _ = try append(lake, [Self.event(103)], from: [1: 40], to: [1: 41])
        _ = try lake.append([:], topic: "another", from: [:], to: [0: 3]) {}
        #expect(try lake.positions(topic: "music_log") == [0: 62, 1: 41])
        #expect(try lake.positions(topic: "another") == [0: 3])
    }

    private func movesPositionsWithoutEvents() throws {
        let commit = try lake.append([Self.monday: EventBatch()], topic: "music_log", from: [2: 0], to: [2: 7]) {}
        #expect(!commit.changesData && commit.rowCount == 0)
        #expect(try lake.positions(topic: "music_log") == [0: 62, 1: 41, 2: 7])
        #expect(try lake.plays(ofCommit: commit.version).plays.isEmpty)
    }

    private func timeTravels() throws {
        let newest = try #require(try lake.version())
        #expect(try Self.events(lake, version: 1).count == 100)
        #expect(try Self.events(lake, version: newest).count == 103)
        let error = #expect(throws: StorageError.self) { try Self.events(lake, version: newest + 1) }
        #expect(error?.code == .notFound)
    }
}
