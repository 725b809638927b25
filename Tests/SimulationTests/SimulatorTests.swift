import Domain
import Foundation
import ServiceKit
import Simulation
import TestSupport
import Testing

@Suite struct SimulatorTests {
    static let today = EventDay("2025-06-15")

    private static func options(
        users: Int = 150, songs: Int = 600, events: Int64 = 6000, daysBack: Int = 12, seed: UInt64 = 7, threads: Int = 2
    ) throws -> SimulationOptions {
        SimulationOptions(
            users: users, songs: songs, events: events, daysBack: daysBack, seed: seed, today: try #require(today),
            threads: threads)
    }

    private static func backfill(_ options: SimulationOptions) throws -> [ListeningEvent] {
        let log = CollectingEventLog()
        let report = try Simulator(options: options).backfill(into: log)
        #expect(report.events == Int64(log.events.count) && !report.wasStopped)
        return log.events
    }

    @Test func theSameSeedGivesTheSameEventsWithAnyNumberOfThreads() throws {
        // More users than one block, so that threads have something to share.
        let first = try Self.backfill(Self.options(users: 1300, threads: 1))
        #expect(try Self.backfill(Self.options(users: 1300, threads: 1)) == first)
        #expect(try Self.backfill(Self.options(users: 1300, threads: 5)) == first)
        #expect(try Self.backfill(Self.options(users: 1300, seed: 8, threads: 1)) != first)
    }

    @Test(arguments: [(150, 6000, 12), (3, 1, 30), (500, 40, 3), (1, 2500, 2)] as [(Int, Int64, Int)])
    func exactlyTheEventsAskedForAreWrittenInOrderOfTime(_ users: Int, _ events: Int64, _ days: Int) throws {
        let options = try Self.options(users: users, events: events, daysBack: days)
        let written = try Self.backfill(options)
        #expect(written.count == Int(events))
        #expect(zip(written, written.dropFirst()).allSatisfy { $0.timestamp <= $1.timestamp })
        #expect(written.allSatisfy { options.days.contains($0.day) })
    }

    @Test func everyDayIsCoveredAndWeekendsAreBusier() throws {
        let options = try Self.options(users: 300, events: 30_000, daysBack: 28)
        var byDay: [EventDay: Int] = [:]
        for event in try Self.backfill(options) { byDay[event.day, default: 0] += 1 }
        #expect(byDay.count == 28)
        #expect(byDay.values.allSatisfy { $0 > 700 })
        let weekday = { (day: EventDay) in UTCTime(epochMilliseconds: day.startMilliseconds).weekday }
        let saturdays = byDay.filter { weekday($0.key) == 6 }.map(\.value).reduce(0, +)
        let mondays = byDay.filter { weekday($0.key) == 1 }.map(\.value).reduce(0, +)
        #expect(Double(saturdays) > 1.1 * Double(mondays))
    }

    @Test func eveningsAreBusierThanNightsAndNobodyHearsTwoSongsAtOnce() throws {
        let events = try Self.backfill(Self.options(events: 20_000))
        var byHour = [Int](repeating: 0, count: 24)
        for event in events { byHour[UTCTime(epochMilliseconds: event.timestamp).hour] += 1 }
        #expect(byHour[18...20].reduce(0, +) > 3 * byHour[2...4].reduce(0, +))
        for (_, plays) in Dictionary(grouping: events, by: \.userID) {
            #expect(zip(plays, plays.dropFirst()).allSatisfy { $0.timestamp + Int64($0.duration) <= $1.timestamp })
        }
    }

    @Test func popularityFollowsAPowerLaw() throws {
        let events = try Self.backfill(Self.options(users: 400, songs: 2000, events: 60_000))
        var counts: [String: Int] = [:]
        for event in events { counts[event.trackID, default: 0] += 1 }
        let sorted = counts.values.sorted(by: >)
        let total = Double(events.count)
        let topHundredth = Double(sorted.prefix(20).reduce(0, +)) / total
        let topTenth = Double(sorted.prefix(200).reduce(0, +)) / total
        #expect((0.12...0.4).contains(topHundredth), "top 1 %: \(topHundredth)")
        #expect((0.45...0.8).contains(topTenth), "top 10 %: \(topTenth)")
        // Slope of log frequency over log rank in the middle of the curve, where neither head offset nor noise rules.
        let (low, high) = (sorted[40], sorted[799])
        let slope = log(Double(high) / Double(low)) / log(800.0 / 41.0)
        #expect((-1.25 ... -0.6).contains(slope), "slope \(slope)")
    }

    @Test func skipsAreShortAndFallOnWhatIsDisliked() throws {
        let options = try Self.options(users: 200, events: 40_000)
        let simulator = try Simulator(options: options)
        let truth = simulator.truth
        let log = CollectingEventLog()
        let report = try simulator.backfill(into: log)
        #expect(report.listens + report.skips + report.completes == 40_000)
        var skips = [Double](repeating: 0, count: 4)
        var plays = [Double](repeating: 0, count: 4)
        for event in log.events {
            let user = try #require(truth.userNumber(ofID: event.userID))
            let song = try #require(truth.songNumber(ofID: event.trackID))
            let bin = min(3, Int(truth.affinity(user: user, song: song) * 4))
            plays[bin] += 1
            switch event.action {
            case .skip:
                skips[bin] += 1
                #expect(event.duration < 30_000 && event.duration < event.totalDuration / 2)
            case .listen:
                #expect(event.duration >= 30_000 && event.duration <= event.totalDuration)
            case .complete:
                #expect(Double(event.duration) >= 0.95 * Double(event.totalDuration) - 1)
            }
        }
        let rates = zip(skips, plays).map { $0 / $1 }
        #expect(rates[0] > 0.3 && rates[3] < 0.12, "skip rates by affinity: \(rates)")
        #expect(rates[0] > rates[1] && rates[1] > rates[2] && rates[2] > rates[3])
    }

    @Test func newSongsAppearDuringTheWindowAndNotBefore() throws {
        let options = try Self.options(users: 300, songs: 800, events: 30_000)
        let simulator = try Simulator(options: options)
        let released = Dictionary(
            uniqueKeysWithValues: (0..<options.songs).map {
                (simulator.song($0).trackID, simulator.song($0).releaseDate)
            })
        let fresh = released.values.compactMap { $0 }.filter { options.days.contains($0) }
        #expect((50...150).contains(fresh.count))
        let log = CollectingEventLog()
        _ = try simulator.backfill(into: log)
        for event in log.events {
            let day = try #require(released[event.trackID] ?? nil)
            #expect(day <= event.day)
        }
    }

    @Test func favouritesArePlayedAgain() throws {
        let events = try Self.backfill(Self.options(users: 100, songs: 3000, events: 20_000))
        var seen: Set<String> = []
        let repeats = events.filter { !seen.insert($0.userID + " " + $0.trackID).inserted }.count
        #expect((0.25...0.7).contains(Double(repeats) / 20_000), "\(repeats) repeats")
    }

    @Test func beingToldToStopKeepsWhatWasWritten() throws {
        let stop = StopSignal()
        let log = CollectingEventLog(onAppend: { if $0 == 2000 { stop.stop() } })
        let report = try Simulator(options: Self.options(events: 50_000)).backfill(into: log, until: stop)
        #expect(report.wasStopped)
        #expect((2000...3100).contains(report.events))
        #expect(log.events.count == Int(report.events) && log.flushedCount == log.events.count)
    }

    @Test func anErrorOfTheLogIsThrown() throws {
        let simulator = try Simulator(options: Self.options())
        #expect(throws: CollectingEventLog.Full.self) {
            try simulator.backfill(into: CollectingEventLog(capacity: 100))
        }
    }

    @Test func progressReachesTheTotal() throws {
        var last: SimulationProgress?
        var isRising = true
        _ = try Simulator(options: Self.options()).backfill(into: CollectingEventLog()) { progress in
            isRising = isRising && progress.events >= last?.events ?? 0
            last = progress
        }
        #expect(isRising && last?.events == 6000 && last?.total == 6000)
    }

    @Test func optionsOutOfRangeAreRefused() throws {
        for options in [
            try Self.options(users: 0), try Self.options(songs: 9), try Self.options(events: 0),
            try Self.options(daysBack: 0), try Self.options(threads: 0),
        ] {
            #expect(throws: SimulationError.self) { try Simulator(options: options) }
        }
    }
}
