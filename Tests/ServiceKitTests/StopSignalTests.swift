import ServiceKit
import Synchronization
import TestSupport
import Testing

@Suite struct StopSignalTests {
    @Test func waitingRunsOutWhenNobodyStops() {
        let signal = StopSignal()
        let start = MonotonicTime.now
        #expect(!signal.wait(for: .milliseconds(20)))
        #expect(start.elapsed >= .milliseconds(20))
        #expect(!signal.isStopped)
    }

    @Test func stopWakesAWaiterOnAnotherThread() throws {
        let signal = StopSignal()
        let thread = try WorkerThread(name: "waiter") { signal.wait() }
        signal.stop()
        try thread.join()
        #expect(signal.isStopped)
        #expect(signal.wait(for: .seconds(60)))
    }

    @Test func stopReachesChildrenButNotParents() {
        let parent = StopSignal()
        let (first, second) = (parent.makeChild(), parent.makeChild())
        first.stop()
        #expect(!parent.isStopped && !second.isStopped)
        parent.stop()
        #expect(second.isStopped)
        #expect(parent.makeChild().isStopped)
    }

    @Test func handlersRunOnceAndNotAfterTheyWereTakenBack() {
        let signal = StopSignal()
        let calls = Atomic<Int>(0)
        signal.addHandler { calls.wrappingAdd(1, ordering: .relaxed) }
        let cancel = signal.addHandler { calls.wrappingAdd(100, ordering: .relaxed) }
        cancel()
        signal.stop()
        signal.stop()
        #expect(calls.load(ordering: .relaxed) == 1)
        signal.addHandler { calls.wrappingAdd(10, ordering: .relaxed) }
        #expect(calls.load(ordering: .relaxed) == 11)
    }
}
