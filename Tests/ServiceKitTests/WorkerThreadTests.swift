import Foundation
import ServiceKit
import Synchronization
import TestSupport
import Testing

@Suite struct WorkerThreadTests {
    struct Failure: Error {}

    @Test func joinThrowsWhatTheBodyThrew() throws {
        let thread = try WorkerThread(name: "failing") { throw Failure() }
        #expect(throws: Failure.self) { try thread.join() }
        #expect(throws: Failure.self) { try thread.join() }
        #expect(thread.isEnded)
    }

    @Test func joinRunsOutWhileTheBodyRuns() throws {
        let release = StopSignal()
        let thread = try WorkerThread(name: "slow") { release.wait() }
        #expect(thread.join(upTo: .milliseconds(5)) == nil)
        release.stop()
        #expect(thread.join(upTo: .seconds(20)) != nil)
    }

    @Test func theThreadHasItsNameAndItsStack() throws {
        let seen = Mutex((name: "", lastByte: UInt8(0)))
        let thread = try WorkerThread(name: "a name that is long", stackByteCount: 16 << 20) {
            let name = try String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
            // Would overflow the 512 KiB stack of Foundation's threads.
            withUnsafeTemporaryAllocation(byteCount: 12 << 20, alignment: 16) { buffer in
                buffer.initializeMemory(as: UInt8.self, repeating: 1)
                seen.withLock { $0 = (name, buffer[12 << 20 - 1]) }
            }
        }
        try thread.join()
        #expect(seen.withLock { $0.name } == "a name that is \n")
        #expect(seen.withLock { $0.lastByte } == 1)
    }

    @Test func anImpossibleStackIsAnErrorAndNotATrap() {
        #expect(throws: ServiceKitError.self) { try WorkerThread(name: "tiny", stackByteCount: 1) {} }
    }
}
