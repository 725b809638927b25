import Glibc
import Synchronization

/// Kills the process at a named step, as `kill -9` would: no handler, no flush.
final class CrashPoint: Sendable {
    private let crash: IngestionCrash?
    private let passings = Atomic<Int>(0)

    init(_ crash: IngestionCrash?) { self.crash = crash }

    /// Passes a step; a comparison with nil in production.
    func pass(_ step: IngestionStep) {
        guard let crash, crash.step == step else { return }
        let passing = passings.wrappingAdd(1, ordering: .relaxed).newValue
        guard passing == crash.occurrence else { return }
        let status = kill(getpid(), SIGKILL)
        precondition(status == 0, "a process may always kill itself")
    }
}
