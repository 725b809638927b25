import Domain
import ServiceKit
import Simulation
import TestSupport
import Testing

@Suite struct LiveTrafficTests {
    private static func simulator(users: Int = 2000, seed: UInt64 = 3) throws -> Simulator {
        try Simulator(
            options: SimulationOptions(users: users, songs: 300, events: 1, daysBack: 1, seed: seed, threads: 1))
    }

    /// Runs until the log has `count` events.
    private static func run(_ simulator: Simulator, rate: Double, count: Int) throws -> (
        SimulationReport, CollectingEventLog
    ) {
        let stop = StopSignal()
        let log = CollectingEventLog(onAppend: { if $0 == count { stop.stop() } })
        return (try simulator.runLive(into: log, rate: rate, until: stop), log)
    }

    @Test func eventsComeAtTheRateAndEndNow() throws {
        let start = SystemWallClock().now
        let (report, log) = try Self.run(Self.simulator(), rate: 500, count: 150)
        let end = SystemWallClock().now
        // Never faster than asked for; slower only as far as the machine is busy.
        #expect(report.elapsed >= .milliseconds(250), "\(report.elapsed)")
        #expect(report.events >= 150 && log.flushedCount == log.events.count)
        for event in log.events {
            let ended = event.timestamp + Int64(event.duration)
            #expect((start - 1...end).contains(ended))
        }
    }

    @Test func whoPlaysWhatIsDecidedByTheSeed() throws {
        func plays(_ seed: UInt64) throws -> [String] {
            try Self.run(Self.simulator(seed: seed), rate: 20_000, count: 400).1.events.prefix(400)
                .map { "\($0.userID) \($0.trackID) \($0.action) \($0.duration)" }
        }
        let first = try plays(3)
        #expect(try plays(3) == first)
        #expect(try plays(4) != first)
    }

    @Test func aSmallAudienceAtAHighRateStillRuns() throws {
        let (_, log) = try Self.run(Self.simulator(users: 2), rate: 20_000, count: 300)
        #expect(Set(log.events.map(\.userID)).count == 2)
        let (_, single) = try Self.run(Self.simulator(users: 1), rate: 20_000, count: 50)
        #expect(single.events.count >= 50)
    }

    @Test func aRateOutOfRangeIsRefused() throws {
        for rate in [0, -1, 2e6, .nan] {
            #expect(throws: SimulationError.self) {
                try Self.simulator().runLive(into: CollectingEventLog(), rate: rate, until: StopSignal())
            }
        }
    }

    @Test func theServiceStopsCleanly() throws {
        let log = CollectingEventLog()
        let options = SimulationOptions(users: 50, songs: 50, events: 1, daysBack: 1, seed: 1, threads: 1)
        let stop = StopSignal()
        let traffic = LiveTraffic(options: options, rate: 1000, log: log)
        let thread = try WorkerThread(name: "traffic") { try traffic.run(until: stop) }
        #expect(eventually { log.events.count > 20 })
        stop.stop()
        try thread.join()
        #expect(log.flushedCount == log.events.count)
    }

    @Test func aBreakIsNotMadeUpFor() {
        let start = MonotonicTime(nanoseconds: 1_000_000_000)
        var pace = LivePace(rate: 100, now: start)
        #expect(pace.takeDueCount(now: start.advanced(by: .milliseconds(55))) == 5)
        #expect(pace.takeDueCount(now: start.advanced(by: .milliseconds(60))) == 1)
        #expect(pace.takeDueCount(now: start.advanced(by: .seconds(3600))) == 100)
        #expect(pace.waitForNext(atMost: .seconds(1)) <= .milliseconds(10))
        var slow = LivePace(rate: 0.5, now: start)
        #expect(slow.takeDueCount(now: start.advanced(by: .milliseconds(900))) == 0)
        #expect(slow.takeDueCount(now: start.advanced(by: .milliseconds(1800))) == 0)
        #expect(slow.takeDueCount(now: start.advanced(by: .milliseconds(2100))) == 1)
    }
}
