import ServiceKit

/// Searches settings of ALS: random search whose settings are thinned out by successive halving (Jamieson and Talwalkar,
/// "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS 2016), in brackets. Every bracket after the
/// first draws half of its settings near the best so far.
///
/// ```
/// bracket   18 settings × 5 iterations  →  best 6 × 10 iterations  →  best 2 × 20 iterations
/// ```
///
/// What a setting scores depends on the data, the options and the setting alone, and what is drawn on the seed and the scores:
/// a search that goes on with the trials of a former one does what that would have done.
public struct Tuner: Sendable {
    /// How to search.
    public struct Options: Sendable {
        /// What may be tried.
        public var space = TuningSpace()
        /// What is to be highest: `ndcg@10`, `recall@20`, …
        public var metric = "ndcg@20"
        /// Settings a bracket begins with.
        public var bracketSize = 18
        /// One in so many goes on to the next rung.
        public var reduction = 3
        /// Iterations of each rung, ascending.
        public var rungs = [5, 10, 20]
        /// Settings drawn in all; nil for no end.
        public var settingLimit: Int?
        /// Solver and seed of the trainings; the rest of it is overwritten.
        public var base = ALSOptions()
        /// Seed of the draws.
        public var seed: UInt64 = 1

        /// Defaults for everything.
        public init() {}
    }

    /// How to search.
    public let options: Options
    private let pool: WorkerPool

    /// Checks and takes the options.
    public init(options: Options, pool: WorkerPool) throws {
        try options.space.validate()
        guard options.bracketSize > 0, options.reduction > 1, !options.rungs.isEmpty, options.rungs[0] > 0,
            zip(options.rungs, options.rungs.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            throw LearningError.invalid(
                "a search needs a bracket of at least 1, a reduction of at least 2 and rungs of ascending iterations")
        }
        self.options = options
        self.pool = pool
    }

    /// Searches until the settings are drawn or it is told to stop.
    ///
    /// - Parameters:
    ///   - known: trials of a former search with the same options, taken over instead of being trained again.
    ///   - isStopped: asked between trials and iterations; a trial that is cut short is forgotten.
    ///   - observe: is told every new trial.
    /// - Returns: all trials, those of `known` that were needed included.
    public func run(
        on data: some TuningData, known: [TuningTrial] = [], isStopped: () -> Bool = { false },
        observe: (TuningTrial) -> Void = { _ in }
    ) throws -> [TuningTrial] {
        var trials: [TuningTrial] = []
        var bracket = 0
        while options.settingLimit.map({ bracket * options.bracketSize < $0 }) ?? true {
            var running = draw(bracket, best: best(trials))
            for (rung, iterations) in options.rungs.enumerated() {
                var scored: [(number: Int, candidate: TuningCandidate, score: Double)] = []
                // Settings of the same half-life share a matrix: they come one after the other.
                let ordered = running.sorted {
                    ($0.candidate.halfLifeDays ?? 0, $0.number) < ($1.candidate.halfLifeDays ?? 0, $1.number)
                }
                for (number, candidate) in ordered {
                    guard !isStopped() else { return trials }
                    let trial: TuningTrial
                    if let former = known.first(where: { former in
                        former.number == number && former.iterations == iterations && former.candidate == candidate
                    }) {
                        trial = former
                    } else {
                        guard let new = try attempt(candidate, number, iterations, data, isStopped) else {
                            return trials
                        }
                        observe(new)
                        trial = new
                    }
                    trials.append(trial)
                    scored.append((number, candidate, trial.score(options.metric)))
                }
                guard rung < options.rungs.count - 1 else { break }
                scored.sort { ($0.score, $1.number) > ($1.score, $0.number) }
                let kept = max(1, scored.count / options.reduction)
                running = scored.prefix(kept).filter { $0.score > -.infinity }.map { ($0.number, $0.candidate) }
            }
            bracket += 1
        }
        return trials
    }

    /// The trials that were trained longest, best first: fewer iterations are not comparable.
    public func best(_ trials: [TuningTrial]) -> [TuningTrial] {
        let usable = trials.filter { $0.score(options.metric) > -.infinity }
        guard let longest = usable.map(\.iterations).max() else { return [] }
        return usable.filter { $0.iterations == longest }
            .sorted { ($0.score(options.metric), $1.number) > ($1.score(options.metric), $0.number) }
    }

    /// The settings of a bracket: all anywhere at first, then every other one near one of the three best.
    private func draw(_ bracket: Int, best: [TuningTrial]) -> [(number: Int, candidate: TuningCandidate)] {
        let first = bracket * options.bracketSize
        let end = min(first + options.bracketSize, options.settingLimit ?? .max)
        return (first..<end).map { number in
            var random = SplitMix64(seed: options.seed &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(number))
            guard !best.isEmpty, number % 2 == 1 else { return (number, options.space.sample(&random)) }
            let good = best[number / 2 % min(3, best.count)].candidate
            return (number, options.space.neighbor(of: good, &random))
        }
    }

    private func attempt(
        _ candidate: TuningCandidate, _ number: Int, _ iterations: Int, _ data: some TuningData,
        _ isStopped: () -> Bool
    ) throws -> TuningTrial? {
        let start = MonotonicTime.now
        let split = try data.split(halfLifeDays: candidate.halfLifeDays)
        let weighted = candidate.weighting.apply(to: split.train)
        let alpha = candidate.alpha(for: weighted)
        var trial = TuningTrial(
            number: number, iterations: iterations, candidate: candidate, alpha: alpha, metrics: [:], seconds: 0)
        var isCutShort = false
        do {
            let trainer = try ALSTrainer(
                options: candidate.options(options.base, alpha: alpha, iterations: iterations), pool: pool)
            let model = try trainer.train(weighted) { _ in
                isCutShort = isStopped()
                return isCutShort ? .stop : .proceed
            }
            guard !isCutShort else { return nil }
            for metrics in split.evaluator.evaluate(FactorRankingModel(model), cutoffs: [10, 20], pool: pool) {
                for (name, estimate) in metrics.named { trial.metrics["\(name)@\(metrics.cutoff)"] = estimate.mean }
            }
        } catch let error as LearningError where error.code == .invalid {
            // A setting the factors run away with is a poor one, not the end of the search.
            trial.failure = error.reason
        }
        let elapsed = start.elapsed.components
        trial.seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
        return trial
    }
}
