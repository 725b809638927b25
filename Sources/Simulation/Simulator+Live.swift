import Domain
public import ServiceKit
public import Storage

extension Simulator {
    /// Writes events as they happen, `rate` a second, until `stop` is given. Each event is written when its song ends, so
    /// its timestamp lies the time heard in the past.
    ///
    /// Who plays what is decided by the seed, when it happens by the clock. Events become durable every second. After a
    /// pause of the machine it goes on at its rate and does not make up for what was missed.
    /// - Parameters:
    ///   - rate: events a second. A user hears a song in about three minutes, so beyond `users` / 370 events a second
    ///     plays of one user crowd together.
    ///   - clock: what timestamps are taken from.
    ///   - progress: told about ten times a second.
    /// - Throws: the log's error. Being stopped is the normal end.
    public func runLive(
        into log: any EventLog, rate: Double, clock: any WallClock = SystemWallClock(), until stop: StopSignal,
        progress: (SimulationProgress) -> Void = { _ in }
    ) throws -> SimulationReport {
        guard SimulationOptions.rateRange.contains(rate) else {
            let range = SimulationOptions.rateRange
            throw SimulationError.invalid("rate is \(rate); allowed is \(range.lowerBound) … \(range.upperBound)")
        }
        let start = MonotonicTime.now
        let producer = try log.makeProducer()
        var writer = EventWriter(producer: producer, listening: listening)
        do {
            try write(with: &writer, to: producer, rate: rate, clock: clock, until: stop, progress)
        } catch {
            Self.closeAfterFailure(producer)
            throw error
        }
        try producer.close()
        var report = writer.report
        report.wasStopped = true
        report.elapsed = start.elapsed
        return report
    }

    private func write(
        with writer: inout EventWriter, to producer: any EventLogProducer, rate: Double, clock: any WallClock,
        until stop: StopSignal, _ progress: (SimulationProgress) -> Void
    ) throws {
        var sessions = LiveSessions(listening: listening, favourites: favourites, seed: options.seed, rate: rate)
        var tables = DayTables(catalogue: listening.catalogue, day: EventDay(epochMilliseconds: clock.now))
        var pace = LivePace(rate: rate)
        var (lastProgress, lastFlush) = (MonotonicTime.now, MonotonicTime.now)
        while !stop.isStopped {
            let due = pace.takeDueCount()
            let now = clock.now
            if tables.day != EventDay(epochMilliseconds: now) {
                tables = DayTables(catalogue: listening.catalogue, day: EventDay(epochMilliseconds: now))
            }
            for _ in 0..<due { try writer.write(sessions.next(tables, now: now)) }
            if lastFlush.elapsed >= .seconds(1) {
                try producer.flush(timeout: .seconds(30))
                lastFlush = .now
            }
            if lastProgress.elapsed >= .milliseconds(100) {
                progress(SimulationProgress(events: writer.report.events, total: nil, day: tables.day))
                lastProgress = .now
            }
            stop.wait(for: pace.waitForNext(atMost: .milliseconds(100)))
        }
    }
}

/// How many events are due at a rate.
package struct LivePace {
    /// What is further behind than this is given up, so that a laptop waking up does not pour out a night's traffic.
    private static let largestBacklogSeconds = 1.0
    private let rate: Double
    private var last: MonotonicTime
    private var owed = 0.0

    package init(rate: Double, now: MonotonicTime = .now) {
        self.rate = rate
        last = now
    }

    /// Whole events due since the last call.
    package mutating func takeDueCount(now: MonotonicTime = .now) -> Int {
        owed += min(Self.largestBacklogSeconds, now.duration(since: last).secondCount) * rate
        owed = min(owed, max(1, rate * Self.largestBacklogSeconds))
        last = now
        let due = owed.rounded(.down)
        owed -= due
        return Int(due)
    }

    /// How long until another event is due; at least a millisecond, at which rate events come in small bursts.
    package func waitForNext(atMost limit: Duration) -> Duration {
        min(limit, max(.milliseconds(1), .seconds((1 - owed) / rate)))
    }
}

/// Live traffic as a service of a daemon.
public struct LiveTraffic: Service {
    /// `simulate`.
    public let name = "simulate"
    private let options: SimulationOptions
    private let rate: Double
    private let log: any EventLog
    private let progress: @Sendable (SimulationProgress) -> Void

    /// Traffic of the world that `options` describe, `rate` events a second into `log`.
    public init(
        options: SimulationOptions, rate: Double, log: any EventLog,
        progress: @escaping @Sendable (SimulationProgress) -> Void = { _ in }
    ) {
        self.options = options
        self.rate = rate
        self.log = log
        self.progress = progress
    }

    /// Writes events until it is stopped.
    public func run(until stop: StopSignal) throws {
        let report = try Simulator(options: options).runLive(into: log, rate: rate, until: stop, progress: progress)
        Logger(label: name).info("live traffic ended", ["events": "\(report.events)"])
    }
}
