import Domain
import Learning
package import ServiceKit
package import Storage
import Synchronization

/// Reads a window of the lake into matrices, files shared out over threads. Memory is bounded by the distinct pairs, users and
/// tracks, not by the events. What comes out depends on the events alone: not on the threads, nor on how the events are
/// spread over files, so that a lake version gives the same matrix before and after compaction.
package struct ListenMatrixReader {
    private let lake: any EventLake
    private let options: TrainingOptions
    private let now: Int64
    private let observer: (any TrainingObserver)?
    private let stop: StopSignal

    package init(
        lake: any EventLake, options: TrainingOptions, now: Int64, observer: (any TrainingObserver)? = nil,
        stop: StopSignal = StopSignal()
    ) {
        self.lake = lake
        self.options = options
        self.now = now
        self.observer = observer
        self.stop = stop
    }

    /// - Parameter lakeVersion: version to read; nil for the newest.
    /// - Throws: `TrainingError.nothingToLearn` with what is missing and what to do about it, `.notFound` for a version that is
    ///   not there yet or not any more.
    package func read(lakeVersion: Int64? = nil) throws -> ListenMatrix {
        let version = try version(wanted: lakeVersion)
        let last = EventDay(epochMilliseconds: now)
        let window = last.advanced(by: 1 - options.windowDays)...last
        let days = try lake.days(version: version).sorted { $0.day < $1.day }
        let inWindow = days.filter { window.contains($0.day) && $0.rowCount > 0 }
        guard let firstDay = inWindow.first, let lastDay = inWindow.last else {
            throw TrainingError.nothingToLearn(noEvents(window, days))
        }
        let heldOut = heldOutDays(from: firstDay.day, through: lastDay.day)
        let threadCount = options.threadCount ?? WorkerPool.processorCount
        let sums = PairSums(options: options, reference: last, heldOutFrom: heldOut?.lowerBound)
        let progress = ReadProgress(expected: inWindow.reduce(0) { $0 + $1.rowCount }, observer: observer)
        let stop = stop
        try lake.read(
            days: window, columns: [.userID, .trackID, .action, .duration, .totalDuration], version: version,
            threadCount: threadCount
        ) { day, columns in
            guard !stop.isStopped else { throw TrainingError.stopped() }
            sums.add(columns, day: day)
            progress.add(Int64(columns.count))
        }
        let pool = WorkerPool(threadCount: threadCount)
        return try ListenMatrixAssembly(sums: sums, options: options, pool: pool).finish(
            window: window, heldOutDays: heldOut, lakeVersion: version)
    }

    private func version(wanted: Int64?) throws -> Int64 {
        guard let newest = try lake.version() else {
            throw TrainingError.nothingToLearn(
                "the lake is empty: nothing was ever committed to it; run 'segue ingest' (or 'segue up') first")
        }
        guard let wanted else { return newest }
        guard (0...newest).contains(wanted) else {
            throw TrainingError.notFound(
                "there is no version \(wanted) of the lake, the newest is \(newest); 'segue lake history' lists them")
        }
        return wanted
    }

    /// The held-out days of the window, without reading events; nil when there are none to hold out.
    func heldOutDays() throws -> ClosedRange<EventDay>? {
        let last = EventDay(epochMilliseconds: now)
        let window = last.advanced(by: 1 - options.windowDays)...last
        let days = try lake.days().filter { window.contains($0.day) && $0.rowCount > 0 }.map(\.day)
        guard let first = days.min(), let end = days.max() else { return nil }
        return heldOutDays(from: first, through: end)
    }

    /// The last days, at most a fifth of what there is; nil when that is less than a day.
    private func heldOutDays(from first: EventDay, through last: EventDay) -> ClosedRange<EventDay>? {
        let span = first.distance(to: last) + 1
        let count = min(options.heldOutDays, span / 5 > 0 ? span / 5 : (span > 1 ? 1 : 0))
        guard count > 0 else { return nil }
        return last.advanced(by: 1 - count)...last
    }

    private func noEvents(_ window: ClosedRange<EventDay>, _ days: [LakeDay]) -> String {
        let known = days.filter { $0.rowCount > 0 }
        let found =
            known.first.flatMap { first in known.last.map { "the lake's events are of \(first.day) to \($0.day)" } }
            ?? "the lake has no events at all"
        return
            "no events between \(window.lowerBound) and \(window.upperBound): \(found); move the window with --now or widen it with --window-days"
    }
}

/// Tells the observer how far several threads are, one call at a time.
private final class ReadProgress: Sendable {
    private let expected: Int64
    private let observer: (any TrainingObserver)?
    private let events = Mutex<Int64>(0)

    init(expected: Int64, observer: (any TrainingObserver)?) {
        self.expected = expected
        self.observer = observer
        observer?.observe(.reading(TrainingReadProgress(events: 0, expectedEvents: expected)))
    }

    func add(_ count: Int64) {
        events.withLock { events in
            events += count
            observer?.observe(.reading(TrainingReadProgress(events: events, expectedEvents: expected)))
        }
    }
}
