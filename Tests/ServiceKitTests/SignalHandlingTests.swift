import Glibc
import ServiceKit
import TestSupport
import Testing

@Suite struct SignalHandlingTests {
    /// One test for the whole of it, since a process installs its handlers once. What a second Ctrl-C does ends the
    /// process and is tested with the program itself.
    @Test func terminationGivesTheSignalAndABrokenPipeIsAnError() throws {
        let stop = StopSignal()
        try SignalHandling.install(stopping: stop)
        #expect(kill(getpid(), SIGTERM) == 0)
        #expect(stop.wait(for: .seconds(20)))
        #expect(SignalHandling.lastSignal == SIGTERM)
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        #expect(close(ends[0]) == 0)
        #expect(write(ends[1], "x", 1) == -1 && errno == EPIPE)
        #expect(close(ends[1]) == 0)
    }
}
