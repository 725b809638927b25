public import Learning
public import ServiceKit
public import Training

/// How the least-squares systems of a training are solved.
enum SolverChoice: String, SettingChoice, CaseIterable {
    /// Cholesky, to the end.
    case exact
    /// A few steps of conjugate gradient.
    case cg
}

extension ConfidenceWeighting.Form: SettingValue {}
extension ConfidenceWeighting.Form: SettingChoice {}

extension HeldOutRelevance: SettingValue {}
extension HeldOutRelevance: SettingChoice {}

extension Settings {
    enum Train {
        private static let standard = TrainingOptions()

        static let windowDays = ConfigurationKey(
            "train", "window_days", default: standard.windowDays, in: 1...3650, "Days of listens a model learns from.")
        static let heldOutDays = ConfigurationKey(
            "train", "held_out_days", default: standard.heldOutDays, in: 0...365,
            "Last days a run is measured on before it is published.")
        static let relevance = ConfigurationKey(
            "train", "relevance", default: standard.relevance,
            "What counts as a hit: discoveries (songs not heard before) or replays (all).")
        static let factors = ConfigurationKey(
            "train", "factors", default: standard.als.factors, in: 1...512, "Latent factors a vector.")
        static let regularization = ConfigurationKey(
            "train", "regularization", default: standard.als.regularization, in: 0...1e6, "λ.")
        static let regularizationExponent = ConfigurationKey(
            "train", "regularization_exponent", default: standard.als.regularizationExponent, in: 0...2,
            "λ grows with a row's weight to this power (Rendle et al. 2022); 0 for a plain λ.")
        static let alpha = ConfigurationKey(
            "train", "alpha", default: standard.als.alpha, in: 0...1e6, "Confidence is 1 + alpha · weight.")
        static let iterations = ConfigurationKey(
            "train", "iterations", default: standard.als.iterations, in: 1...1000, "Iterations on the earlier days.")
        static let finalIterations = ConfigurationKey(
            "train", "final_iterations", default: standard.finalIterations, in: 0...1000,
            "Iterations on all days, going on from there.")
        static let solver = ConfigurationKey(
            "train", "solver", default: SolverChoice.exact,
            "exact (Cholesky) or cg (three steps of conjugate gradient).")
        static let halfLifeDays = ConfigurationKey(
            "train", "half_life_days", default: standard.confidence.halfLifeDays, in: 0...1e6,
            "A listen this old weighs half; 0: age does not matter.")
        static let skipWeight = ConfigurationKey(
            "train", "skip_weight", default: standard.confidence.skip, in: -10...10,
            "Weight of a skip; a complete is 1.")
        static let confidence = ConfigurationKey(
            "train", "confidence", default: standard.confidence.weighting.form,
            "How a pair's weights add up: power (of the sum), logarithm (ln(1 + sum ÷ scale)) or capped (at the scale)."
        )
        static let confidenceExponent = ConfigurationKey(
            "train", "confidence_exponent", default: standard.confidence.weighting.exponent, in: 0...2,
            "The power: 1 counts every play, 0 only asks whether there was one.")
        static let confidenceScale = ConfigurationKey(
            "train", "confidence_scale", default: standard.confidence.weighting.scale, in: 1e-6...1e6,
            "Where a logarithm bends or a cap ends.")
        static let popularityDiscount = ConfigurationKey(
            "train", "popularity_discount", default: standard.confidence.weighting.popularityDiscount, in: 0...1,
            "Power by which listens of popular songs weigh less; 0 treats all songs alike.")
        static let seed = ConfigurationKey(
            "train", "seed", default: Int(standard.als.seed), in: 0...Int.max, "Same seed and lake, same model.")
        static let threads = ConfigurationKey(
            "train", "threads", default: 0, in: 0...1024, "Threads; 0 for one a processor.")
        static let tolerance = ConfigurationKey(
            "train", "tolerance", default: standard.tolerance, in: 0...1,
            "How much worse than the current model, relatively, a run may be and still be published.")
        static let checkpointInterval = ConfigurationKey(
            "train", "checkpoint_interval", default: standard.checkpointInterval, in: 0...1000,
            "Iterations between two checkpoints, from which a killed run goes on; 0 for none.")
        static let earlyStopPatience = ConfigurationKey(
            "train", "early_stop_patience", default: standard.earlyStopPatience, in: 0...1000,
            "Looks at the held-out days without a better one after which training ends; 0 for never.")
        static let earlyStopInterval = ConfigurationKey(
            "train", "early_stop_interval", default: standard.earlyStopInterval, in: 1...1000,
            "Iterations between two looks at the held-out days.")
        static let warmStart = ConfigurationKey(
            "train", "warm_start", default: standard.isWarmStart,
            "Songs begin with what the current model's run left to start from, not at random.")
        static let similarSongs = ConfigurationKey(
            "train", "similar_songs", default: standard.similarSongs, in: 0...1000,
            "Songs in each song's list of similar ones, written to the store once the model serves; 0 for no lists.")
        static let mlflowURI = ConfigurationKey(
            "train", "mlflow_uri", default: "",
            "MLflow tracking server that is told of every run, http://HOST:PORT; empty for none.")
        static let mlflowExperiment = ConfigurationKey(
            "train", "mlflow_experiment", default: standard.trackingExperiment, "Experiment the runs are filed under.")
        static let schedule = ConfigurationKey(
            "train", "schedule", default: "0 3 * * *", "When `segue up` trains: minute hour day month weekday, UTC.",
            allowed: "five cron fields"
        ) { (try? CronSchedule($0)) != nil }

        static var keys: [any ConfigurationDeclaration] {
            [
                windowDays, heldOutDays, relevance, factors, regularization, regularizationExponent, alpha, iterations,
                finalIterations, solver, halfLifeDays, skipWeight, confidence, confidenceExponent, confidenceScale,
                popularityDiscount, seed, threads, tolerance, checkpointInterval, earlyStopPatience, earlyStopInterval,
                warmStart, similarSongs, mlflowURI, mlflowExperiment, schedule,
            ]
        }
    }
}

extension TrainingOptions {
    /// What the configuration says.
    init(_ configuration: Configuration) {
        self.init()
        typealias Keys = Settings.Train
        windowDays = configuration[Keys.windowDays]
        heldOutDays = configuration[Keys.heldOutDays]
        relevance = configuration[Keys.relevance]
        als.factors = configuration[Keys.factors]
        als.regularization = configuration[Keys.regularization]
        als.regularizationExponent = configuration[Keys.regularizationExponent]
        als.alpha = configuration[Keys.alpha]
        als.iterations = configuration[Keys.iterations]
        finalIterations = configuration[Keys.finalIterations]
        als.solver = configuration[Keys.solver] == .exact ? .exact : .conjugateGradient(steps: 3)
        confidence.halfLifeDays = configuration[Keys.halfLifeDays]
        confidence.skip = configuration[Keys.skipWeight]
        confidence.weighting.form = configuration[Keys.confidence]
        confidence.weighting.exponent = configuration[Keys.confidenceExponent]
        confidence.weighting.scale = configuration[Keys.confidenceScale]
        confidence.weighting.popularityDiscount = configuration[Keys.popularityDiscount]
        als.seed = UInt64(configuration[Keys.seed])
        threadCount = configuration[Keys.threads] == 0 ? nil : configuration[Keys.threads]
        tolerance = configuration[Keys.tolerance]
        checkpointInterval = configuration[Keys.checkpointInterval]
        earlyStopPatience = configuration[Keys.earlyStopPatience]
        earlyStopInterval = configuration[Keys.earlyStopInterval]
        isWarmStart = configuration[Keys.warmStart]
        similarSongs = configuration[Keys.similarSongs]
        trackingURI = configuration[Keys.mlflowURI]
        trackingExperiment = configuration[Keys.mlflowExperiment]
        keptModels = configuration[Settings.Models.kept]
    }
}
