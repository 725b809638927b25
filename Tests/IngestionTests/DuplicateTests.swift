import Domain
import Ingestion
import ServiceKit
import Storage
import Synchronization
import TestSupport
import Testing

/// The same listen sent twice is in lake and counts once, and positions move on all the same.
@Suite(.timeLimit(.minutes(2))) struct DuplicateTests {
    private func event(_ user: String, _ track: String, _ timestamp: Int64, duration: Int32 = 0) -> ListeningEvent {
        ListeningEvent(
            userID: user, trackID: track, timestamp: 1_700_000_000_000 + timestamp, action: .complete,
            duration: duration, totalDuration: 200_000, source: .realUser)
    }

    private func plays(_ stage: Stage) throws -> [String: Int64] {
        let songs = try stage.store.songs(after: nil, limit: 100)
        return Dictionary(uniqueKeysWithValues: songs.map { ($0.trackID, $0.playsCumulative) })
    }

    @Test func theSameListenCountsOnceWithinABatchAndAcrossThemAndAReplayTwice() throws {
        let stage = try Stage()
        let listens = (0..<40).map { event("u\($0 % 3)", "t\($0 % 4)", Int64($0)) }
        for listen in listens + listens.prefix(30) { stage.log.add(listen.json, to: 0) }
        // Told with another action or length it is still the listen that began then.
        stage.log.add(event("u0", "t0", 0, duration: 7).json, to: 0)
        // A replay: the same song at another time.
        stage.log.add(event("u0", "t0", 1_000).json, to: 0)
        let service = stage.service { $0.batchEventCount = 13 }
        try service.run(until: StopSignal())
        #expect(stage.lake.events.count == 41)
        #expect(Set(stage.lake.events).count == 41)
        #expect(service.status.duplicates == 31 && service.status.events == 41)
        #expect(try plays(stage) == ["t0": 11, "t1": 10, "t2": 10, "t3": 10])
        #expect(stage.lake.state.withLock { $0.positions } == [0: 72])
        #expect(stage.log.state.withLock { $0.groupOffsets } == [0: 72])
    }

    @Test func aBatchOfNothingButDuplicatesMovesItsPosition() throws {
        let stage = try Stage()
        for _ in 0..<10 { stage.log.add(event("u", "t", 0).json, to: 0) }
        try stage.service { $0.batchEventCount = 5 }.run(until: StopSignal())
        #expect(stage.lake.events.count == 1)
        #expect(stage.lake.state.withLock { $0.positions } == [0: 10])
        #expect(try plays(stage) == ["t": 1])
    }

    @Test func aRestartedDaemonKnowsWhatTheLakeHolds() throws {
        let stage = try Stage()
        let listens = (0..<25).map { event("u\($0)", "t", Int64($0)) }
        for listen in listens { stage.log.add(listen.json, to: 0) }
        try stage.service().run(until: StopSignal())
        for listen in listens + [event("new", "t", 0)] { stage.log.add(listen.json, to: 1) }
        let service = stage.service()
        try service.run(until: StopSignal())
        #expect(stage.lake.events.count == 26)
        #expect(service.status.duplicates == 25)
        #expect(try plays(stage) == ["t": 26])
    }

    @Test func whatAFencedBatchHeldIsTakenWhenItIsReadAgain() throws {
        let stage = try Stage()
        stage.produce(25)
        let (lake, first) = (stage.lake, Array(stage.produced.prefix(4)))
        lake.state.withLock { $0.intruder = { lake.commitElsewhere(first, positions: [0: 4]) } }
        let service = stage.service()
        try service.run(until: StopSignal())
        #expect(service.status.fenced == 1)
        #expect(service.status.duplicates == 0)
        try stage.expectEverythingOnce()
    }

    @Test func turnedOffEveryRecordIsAnEvent() throws {
        let stage = try Stage()
        for _ in 0..<10 { stage.log.add(event("u", "t", 0).json, to: 0) }
        try stage.service { $0.duplicateReach = 0 }.run(until: StopSignal())
        #expect(stage.lake.events.count == 10)
    }
}
