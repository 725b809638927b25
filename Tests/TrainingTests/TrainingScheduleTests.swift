import ServiceKit
import Storage
import Synchronization
import TestSupport
import Testing
import Training

@Suite struct TrainingScheduleTests {
    @Test func trainsAtEachTimeOfTheScheduleAndOutlivesARunThatFails() throws {
        let tastes = TasteGroups()
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let lake = MemoryLake(tastes.events())
        let attempts = Mutex(0)
        let service = TrainingSchedule(
            try CronSchedule("0 3 * * *"), clock: bench.clock, observer: nil, longestSleep: .milliseconds(1)
        ) {
            // The first night the lake is empty.
            let isFirst = attempts.withLock { number in
                number += 1
                return number == 1
            }
            return try bench.run(isFirst ? MemoryLake([], version: nil) : lake)
        }
        let stop = StopSignal()
        let thread = try WorkerThread(name: "schedule") { try service.run(until: stop) }
        // The clock moves on by itself here, so that it does not matter when the service first looks at it.
        #expect(
            try eventually {
                bench.clock.advance(milliseconds: 3_600_000)
                return try bench.documents.currentModel() != nil
            })
        #expect(attempts.withLock { $0 } >= 2)
        stop.stop()
        try thread.join()
    }

    @Test func aScheduleThatNeverFiresIsRefused() throws {
        let service = TrainingSchedule(try CronSchedule("0 0 30 2 *")) {
            throw CancellationError()
        }
        #expect(throws: TrainingError.self) { try service.run(until: StopSignal()) }
    }
}
