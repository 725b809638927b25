public import Learning

/// How a model is made from the lake. Every field has the default that docs/training.md explains.
public struct TrainingOptions: Sendable, Equatable {
    /// Days read, the day of `now` included.
    public var windowDays = 90
    /// Last days held out to measure with; at most a fifth of the days that have events. 0 measures nothing.
    public var heldOutDays = 7
    /// Whether songs a listener has heard before count in the held-out days.
    public var relevance = HeldOutRelevance.discoveries
    /// Listeners measured at most; more are sampled.
    public var evaluatedUsersLimit = 10_000
    /// What a listen says.
    public var confidence = ListenConfidence()
    /// What is minimised, and how.
    public var als = TrainingOptions.defaultALS
    /// Iterations on all days, going on from the factors that were measured.
    public var finalIterations = 4
    /// How much worse than the current model a run may be, relative, before it is not published.
    public var tolerance = 0.05
    /// Publish a run that is worse than the current model.
    public var isForced = false
    /// Iterations between two checkpoints, from which a killed run goes on; 0 for none.
    public var checkpointInterval = 5
    /// Looks at the held-out days (every `earlyStopInterval` iterations) without a better one after which training ends;
    /// 0 for never.
    public var earlyStopPatience = 2
    /// Iterations between two looks.
    public var earlyStopInterval = 3
    /// Whether songs begin with the vectors that the current model's run left to start from.
    public var isWarmStart = false
    /// Where a harness wants the process killed; nil in production.
    public var crash: TrainingCrash?
    /// Songs in each song's list of similar ones, which are written once the model serves; 0 for no lists.
    public var similarSongs = 50
    /// Lists of the index; nil chooses by the number of songs.
    public var indexLists: Int?
    /// Threads; nil for one a processor.
    public var threadCount: Int?
    /// Models kept, the current one and its predecessor always among them; older ones' files are removed.
    public var keptModels = 5

    /// MLflow tracking server that is told of every run, `http://HOST:PORT`; empty for none.
    public var trackingURI = ""
    /// Experiment the runs are filed under there.
    public var trackingExperiment = "segue"

    /// Defaults for everything.
    public init() {}

    /// What ALS does unless told otherwise.
    public static var defaultALS: ALSOptions {
        var options = ALSOptions()
        options.factors = 64
        options.alpha = 5
        options.regularization = 1
        options.regularizationExponent = 0.5
        options.iterations = 15
        options.solver = .conjugateGradient(steps: 3)
        return options
    }

    /// Throws what is wrong with the options, naming the option and what is allowed.
    public func validate() throws {
        guard (1...3_650).contains(windowDays) else {
            throw TrainingError.invalid("window is \(windowDays) days, allowed is 1 to 3650")
        }
        guard (0...365).contains(heldOutDays) else {
            throw TrainingError.invalid("held-out days are \(heldOutDays), allowed is 0 to 365")
        }
        guard evaluatedUsersLimit > 0 else {
            throw TrainingError.invalid("evaluated users are \(evaluatedUsersLimit), at least 1 is needed")
        }
        guard (0...1_000).contains(finalIterations) else {
            throw TrainingError.invalid("final iterations are \(finalIterations), allowed is 0 to 1000")
        }
        guard tolerance.isFinite, (0...1).contains(tolerance) else {
            throw TrainingError.invalid("tolerance is \(tolerance), allowed is 0 to 1")
        }
        guard (0...1_000).contains(similarSongs) else {
            throw TrainingError.invalid("similar songs are \(similarSongs) a list, allowed is 0 (no lists) to 1000")
        }
        guard keptModels >= 2 else {
            throw TrainingError.invalid("kept models are \(keptModels), at least 2 are needed")
        }
        guard (0...1_000).contains(checkpointInterval) else {
            throw TrainingError.invalid("checkpoint interval is \(checkpointInterval), allowed is 0 (never) to 1000")
        }
        guard (0...1_000).contains(earlyStopPatience), (1...1_000).contains(earlyStopInterval) else {
            throw TrainingError.invalid(
                "early stop patience is \(earlyStopPatience) and interval \(earlyStopInterval), allowed is 0 (never) and 1 to 1000"
            )
        }
        try confidence.validate()
        try als.validate()
    }

    /// Every parameter by its command-line name, for the manifest.
    public var parameters: [String: String] {
        var solver = "exact"
        if case .conjugateGradient(let steps) = als.solver { solver = "cg\(steps)" }
        return [
            "window-days": "\(windowDays)", "held-out-days": "\(heldOutDays)", "relevance": relevance.rawValue,
            "skip-weight": "\(confidence.skip)", "minimum-listen": "\(confidence.minimumListen)",
            "half-life-days": "\(confidence.halfLifeDays)", "confidence": confidence.weighting.form.rawValue,
            "confidence-exponent": "\(confidence.weighting.exponent)",
            "confidence-scale": "\(confidence.weighting.scale)",
            "popularity-discount": "\(confidence.weighting.popularityDiscount)",
            "factors": "\(als.factors)", "alpha": "\(als.alpha)", "regularization": "\(als.regularization)",
            "regularization-exponent": "\(als.regularizationExponent)", "iterations": "\(als.iterations)",
            "final-iterations": "\(finalIterations)", "solver": solver, "seed": "\(als.seed)",
            "tolerance": "\(tolerance)", "checkpoint-interval": "\(checkpointInterval)",
            "early-stop-patience": "\(earlyStopPatience)", "early-stop-interval": "\(earlyStopInterval)",
            "warm-start": "\(isWarmStart)",
        ]
    }
}

/// What counts as right in the held-out days. Music is replayed: most plays of a day are of songs heard before, which any memory
/// can list, so the two questions are told apart.
public enum HeldOutRelevance: String, Sendable, CaseIterable {
    /// Songs the listener had not heard before: heard ones are left out of the list and of what is right. The harder and
    /// more useful question, and the default.
    case discoveries
    /// All songs the listener played: heard ones stay in the list.
    case replays
}
