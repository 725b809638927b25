import Domain
import Learning
import ServiceKit
import Storage

/// Finds where a killed run of the same options and window was, and writes down where this one is.
final class CheckpointKeeper {
    private let checkpoints: TrainingCheckpoints?
    private let identity: CheckpointIdentity
    private let observer: (any TrainingObserver)?
    private let crash: TrainingCrashPoint
    private var found: Checkpoint?
    private var matrixChecksum: UInt32 = 0
    private var matrixLakeVersion: Int64 = 0

    /// - Parameter lakeVersion: version that is asked for; nil takes that of the checkpoint.
    init(
        options: TrainingOptions, windowThrough: EventDay, lakeVersion: Int64?, folder: String,
        observer: (any TrainingObserver)?, crash: TrainingCrashPoint
    ) throws {
        identity = CheckpointIdentity(parameters: options.parameters, windowThrough: "\(windowThrough)")
        self.observer = observer
        self.crash = crash
        checkpoints = options.checkpointInterval > 0 ? try TrainingCheckpoints(folder: folder) : nil
        if options.checkpointInterval > 0, checkpoints == nil {
            observer?.observe(.checkpointIgnored(reason: "another run is at work beside these models"))
        }
        do {
            found = try checkpoints?.find(identity)
        } catch let error as TrainingError where error.code == .file {
            ignore(error.reason)
        }
        if let version = lakeVersion, let found, found.header.lakeVersion != version {
            ignore("it is of lake version \(found.header.lakeVersion), wanted is \(version)")
        }
    }

    /// The lake version to go on with; nil when nothing was found.
    var lakeVersion: Int64? { found?.header.lakeVersion }

    /// Begins anew instead.
    func ignore(_ reason: String) {
        found = nil
        observer?.observe(.checkpointIgnored(reason: reason))
    }

    /// Says what was read; a checkpoint of something else is not used.
    func match(_ matrix: ListenMatrix) {
        matrixChecksum = matrix.checksum
        matrixLakeVersion = matrix.lakeVersion
        guard let found, found.header.matrixChecksum != matrixChecksum else { return }
        ignore("its listeners and songs are not those that were read")
    }

    /// Where to go on: the factors and how they came about. Handed out once.
    func resume(isFinal: Bool, total: Int) -> Checkpoint? {
        guard let checkpoint = found, checkpoint.header.isFinal == isFinal else { return nil }
        found = nil
        observer?.observe(
            .resuming(
                iteration: checkpoint.header.iteration, of: total, lakeVersion: checkpoint.header.lakeVersion))
        return checkpoint
    }

    /// Model the run began from, as the checkpoint has it.
    var startedFrom: String?? { found.map(\.header.startedFrom) }

    func save(_ model: ALSModel, _ course: TrainingCourse, isFinal: Bool, isComplete: Bool) throws {
        guard let checkpoints else { return }
        let header = CheckpointHeader(
            identity: identity, lakeVersion: matrixLakeVersion, matrixChecksum: matrixChecksum, isFinal: isFinal,
            iteration: course.objective.count, isComplete: isComplete, objective: course.objective,
            scores: course.scores, startedFrom: course.startedFrom)
        let checkpoint = Checkpoint(header: header, users: model.userFactors, items: model.itemFactors)
        try checkpoints.save(checkpoint) { crash.pass(.checkpointWriting) }
        crash.pass(.checkpoint)
    }

    /// Forgets the run: it has come to its end.
    func finish() throws { try checkpoints?.remove(identity) }
}

/// How a training went so far.
struct TrainingCourse {
    /// The objective after each iteration.
    var objective: [Double] = []
    /// The held-out metric at each look.
    var scores: [Double] = []
    /// Model the songs' vectors began from.
    var startedFrom: String?
    /// The held-out metric of what came out.
    var finalScore: Double?

    /// A look must beat the best one by this share to count as a rise.
    private static let leastRise = 0.001

    /// The held-out metric by iteration: at each look, `interval` iterations apart, and at the end.
    func metric(every interval: Int) -> (iterations: [Int], values: [Double]) {
        var iterations = scores.indices.map { ($0 + 1) * interval }
        var values = scores
        if let finalScore, iterations.last != objective.count {
            iterations.append(objective.count)
            values.append(finalScore)
        }
        return (iterations, values)
    }

    /// Whether the last `patience` looks brought no rise.
    func hasStoppedRising(patience: Int) -> Bool {
        guard patience > 0 else { return false }
        var best = -Double.infinity, without = 0
        for score in scores {
            if score > best + abs(best.isFinite ? best : 0) * Self.leastRise {
                best = score
                without = 0
            } else {
                without += 1
            }
        }
        return without >= patience
    }
}
