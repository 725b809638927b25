import Domain
public import ServiceKit
public import Storage

extension Simulator {
    /// Writes the days of the past, in order of time, as fast as the log takes them.
    ///
    /// One thread per day generates the next day while the calling thread writes the one before. When it returns,
    /// everything written is durable.
    /// - Parameter progress: told often, on the calling thread.
    /// - Throws: the log's error. Being stopped is no error: the report tells.
    public func backfill(
        into log: any EventLog, until stop: StopSignal = StopSignal(),
        progress: (SimulationProgress) -> Void = { _ in }
    ) throws -> SimulationReport {
        let start = MonotonicTime.now
        let producer = try log.makeProducer()
        var writer = EventWriter(producer: producer, listening: listening)
        var wasStopped = false
        do {
            try write(with: &writer, until: stop, progress)
        } catch let error as ServiceKitError where error.code == .stopped {
            wasStopped = true
        } catch {
            Self.closeAfterFailure(producer)
            throw error
        }
        try producer.close()
        var report = writer.report
        report.wasStopped = wasStopped
        report.elapsed = start.elapsed
        return report
    }

    /// The first failure is the one to throw; what closing says besides is for the log.
    static func closeAfterFailure(_ producer: any EventLogProducer) {
        do {
            try producer.close()
        } catch {
            Logger(label: "simulation").warning("cannot close the event log's producer", ["error": "\(error)"])
        }
    }

    private struct DayOfPlays: Sendable {
        let day: EventDay
        let plays: [Play]
    }

    private func write(
        with writer: inout EventWriter, until stop: StopSignal, _ progress: (SimulationProgress) -> Void
    ) throws {
        let generating = stop.makeChild()
        let queue = BoundedQueue<DayOfPlays>(capacity: 1)
        let thread = try startGenerator(into: queue, until: generating)
        do {
            while let next = queue.pop() {
                for (index, play) in next.plays.enumerated() {
                    if index & 0x3ff == 0 {
                        if stop.isStopped { throw ServiceKitError.stopped("the simulation") }
                        progress(.init(events: writer.report.events, total: options.events, day: next.day))
                    }
                    try writer.write(play)
                }
            }
        } catch {
            generating.stop()
            queue.close()
            _ = thread.join(upTo: nil)
            throw error
        }
        try thread.join()
        progress(.init(events: writer.report.events, total: options.events, day: options.today.advanced(by: -1)))
    }

    private func startGenerator(into queue: BoundedQueue<DayOfPlays>, until stop: StopSignal) throws -> WorkerThread {
        let plan = ActivityPlan(
            audience: listening.audience, eventCount: options.events, days: options.days, seed: options.seed)
        let (listening, favourites, options) = (listening, favourites, options)
        return try WorkerThread(name: "simulate") {
            defer { queue.close() }
            let generator = DayGenerator(
                listening: listening, plan: plan, favourites: favourites, threadCount: options.threads,
                seed: options.seed)
            for day in options.days {
                let plays = try generator.plays(on: day, until: stop)
                guard queue.push(DayOfPlays(day: day, plays: plays)) else { return }
            }
        }
    }
}
