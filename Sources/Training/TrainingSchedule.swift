import Domain
public import ServiceKit
import Storage

/// Trains whenever a schedule says so: the nightly daemon.
///
/// A run that fails is logged and counted; the model that serves stays, and the next time of the schedule tries again.
public struct TrainingSchedule: Service {
    /// Name for logs and threads.
    public let name = "train"
    private let schedule: CronSchedule
    private let clock: any WallClock
    private let observer: (any TrainingObserver)?
    private let makeRun: @Sendable () throws -> TrainingRun
    private let logger = Logger(label: "training")
    /// How long a sleep lasts at most, so that a clock that is set is noticed.
    private let longestSleep: Duration

    /// Takes when to train and what.
    ///
    /// - Parameter makeRun: called before each run, so that it sees the configuration of that moment.
    public init(
        _ schedule: CronSchedule, clock: any WallClock = SystemWallClock(), observer: (any TrainingObserver)? = nil,
        run makeRun: @escaping @Sendable () throws -> TrainingRun
    ) {
        self.init(schedule, clock: clock, observer: observer, longestSleep: .seconds(30), run: makeRun)
    }

    package init(
        _ schedule: CronSchedule, clock: any WallClock, observer: (any TrainingObserver)?, longestSleep: Duration,
        run makeRun: @escaping @Sendable () throws -> TrainingRun
    ) {
        self.schedule = schedule
        self.clock = clock
        self.observer = observer
        self.longestSleep = longestSleep
        self.makeRun = makeRun
    }

    /// Waits for each time of the schedule and trains, until stopped.
    ///
    /// - Throws: `TrainingError` when the schedule never fires.
    public func run(until stop: StopSignal) throws {
        while !stop.isStopped {
            guard let next = schedule.next(after: clock.now) else {
                throw TrainingError.invalid("the schedule \"\(schedule)\" never fires")
            }
            logger.info("next training", ["at": UTCTime(epochMilliseconds: next).text])
            while clock.now < next {
                let remaining = Duration.milliseconds(next - clock.now)
                if stop.wait(for: min(remaining, longestSleep)) { return }
            }
            trainOnce(until: stop)
        }
    }

    private func trainOnce(until stop: StopSignal) {
        do {
            let outcome = try makeRun().run(observer: observer, until: stop)
            logger.notice(
                "training done",
                [
                    "version": outcome.record.manifest.version, "status": outcome.record.status.rawValue,
                    "reason": outcome.record.reason ?? "",
                ])
        } catch let error as TrainingError where error.code == .stopped {
            logger.info("training was stopped", [:])
        } catch {
            logger.error("training failed; the current model stays", ["error": "\(error)"])
        }
    }
}
