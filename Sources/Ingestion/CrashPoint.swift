import Glibc
import Synchronization

/// Kills the process at a named step, as `kill -9` would: no handler, no flush. Or stops it there with its batch in its
/// hands, until SIGCONT brings it back as a zombie of a group that has given it up.
final class CrashPoint: Sendable {
    private let crash: IngestionCrash?
    private let freeze: IngestionCrash?
    private let passings = Atomic<Int>(0)
    private let freezePassings = Atomic<Int>(0)

    init(_ crash: IngestionCrash?, freeze: IngestionCrash? = nil) {
        self.crash = crash
        self.freeze = freeze
    }

    /// Passes a step; two comparisons with nil in production.
    func pass(_ step: IngestionStep) {
        if let crash, crash.step == step { raise(SIGKILL, at: crash, passings) }
        if let freeze, freeze.step == step { raise(SIGSTOP, at: freeze, freezePassings) }
    }

    private func raise(_ signal: Int32, at point: IngestionCrash, _ passings: borrowing Atomic<Int>) {
        guard passings.wrappingAdd(1, ordering: .relaxed).newValue == point.occurrence else { return }
        let status = kill(getpid(), signal)
        precondition(status == 0, "a process may always signal itself")
    }
}
