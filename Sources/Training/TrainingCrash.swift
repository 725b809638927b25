import Glibc
import Synchronization

/// Named moments of a run at which a harness can have the process killed (`SEGUE_CRASH_AT`).
public enum TrainingStep: String, Sendable, CaseIterable {
    /// The lake was read.
    case read
    /// An iteration ended.
    case iteration
    /// A checkpoint is durable under another name.
    case checkpointWriting = "checkpoint-writing"
    /// A checkpoint is there.
    case checkpoint
    /// The held-out days were measured.
    case measured
    /// The index is written, its folder not yet renamed.
    case indexWritten = "index-written"
    /// The files have their name, the store knows nothing of them.
    case filesPublished = "files-published"
    /// A batch of user vectors is in the store.
    case vectors
    /// The record is in the store, and not current.
    case recorded
    /// The model is current.
    case current
}

/// Where a harness wants the process to die.
public struct TrainingCrash: Sendable, Equatable {
    /// Step to die at.
    public var step: TrainingStep
    /// On which passing of that step, from 1.
    public var occurrence: Int

    /// Dies at the given passing of a step.
    public init(step: TrainingStep, occurrence: Int = 1) {
        self.step = step
        self.occurrence = occurrence
    }

    /// Reads `vectors` or `vectors:3`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let step = TrainingStep(rawValue: String(parts[0])) else { return nil }
        guard let occurrence = parts.count == 2 ? Int(parts[1]) : 1, occurrence > 0 else { return nil }
        self.init(step: step, occurrence: occurrence)
    }
}

/// Kills the process at a named step, as `kill -9` would: no handler, no flush.
final class TrainingCrashPoint: Sendable {
    private let crash: TrainingCrash?
    private let passings = Atomic<Int>(0)

    init(_ crash: TrainingCrash?) { self.crash = crash }

    /// Passes a step; a comparison with nil in production.
    func pass(_ step: TrainingStep) {
        guard let crash, crash.step == step else { return }
        guard passings.wrappingAdd(1, ordering: .relaxed).newValue == crash.occurrence else { return }
        let status = kill(getpid(), SIGKILL)
        precondition(status == 0, "a process may always kill itself")
    }
}
