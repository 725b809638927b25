import ServiceKit
import Synchronization
import TestSupport
import Testing

@Suite struct ServiceGroupTests {
    struct Failure: Error, Equatable { var number: Int }

    /// Writes down when it starts and ends, and does what it is told in between.
    struct Probe: Service {
        let name: String
        let journal: Journal
        var work: @Sendable (StopSignal) throws -> Void = { $0.wait() }

        func run(until stop: StopSignal) throws {
            journal.add("\(name) starts")
            defer { journal.add("\(name) ends") }
            try work(stop)
        }
    }

    final class Journal: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    @Test func servicesStopInReverseOrder() throws {
        let (journal, stop) = (Journal(), StopSignal())
        let group = ServiceGroup(["a", "b", "c"].map { Probe(name: $0, journal: journal) })
        let thread = try WorkerThread(name: "group") { try group.run(until: stop) }
        #expect(eventually { journal.all.count == 3 })
        stop.stop()
        try thread.join()
        #expect(Set(journal.all.prefix(3)) == ["a starts", "b starts", "c starts"])
        #expect(journal.all.suffix(3) == ["c ends", "b ends", "a ends"])
    }

    @Test func theFirstFailureStopsTheOthersAndIsThrown() {
        let journal = Journal()
        let group = ServiceGroup([
            Probe(name: "steady", journal: journal),
            Probe(name: "broken", journal: journal) { _ in throw Failure(number: 7) },
        ])
        #expect(throws: Failure(number: 7)) { try group.run(until: StopSignal()) }
        #expect(journal.all.contains("steady ends"))
    }

    @Test func servicesThatAreDoneEndTheGroup() throws {
        let journal = Journal()
        try ServiceGroup(["a", "b"].map { Probe(name: $0, journal: journal) { _ in } }).run(until: StopSignal())
        #expect(journal.all.count == 4)
    }

    @Test func aSlowServiceIsReportedAndStillWaitedFor() throws {
        let (journal, stop, output, release) = (Journal(), StopSignal(), RecordingLogOutput(), StopSignal())
        let slow = Probe(name: "slow", journal: journal) { stop in
            stop.wait()
            release.wait()
        }
        let group = ServiceGroup([slow], grace: .milliseconds(5), logger: Logger(label: "test", output: output))
        let thread = try WorkerThread(name: "group") { try group.run(until: stop) }
        #expect(eventually { !journal.all.isEmpty })
        stop.stop()
        #expect(eventually { output.records.contains { $0.level == .warning && $0.metadata["service"] == "slow" } })
        #expect(!thread.isEnded)
        release.stop()
        try thread.join()
    }

    @Test func stoppedBeforeItStartsRunsNothing() throws {
        let (journal, stop) = (Journal(), StopSignal())
        stop.stop()
        try ServiceGroup([Probe(name: "a", journal: journal)]).run(until: stop)
        #expect(journal.all.isEmpty)
    }
}
