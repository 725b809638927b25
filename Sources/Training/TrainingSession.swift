import Learning
import ServiceKit

/// The learning of a run: first on the earlier days, to be measured, then on all.
struct TrainingSession {
    /// A model and how it came about.
    struct Trained {
        var model: ALSModel
        var objective: [Double]
        var report: HeldOutReport?
    }

    let options: TrainingOptions
    let pool: WorkerPool
    let observer: (any TrainingObserver)?
    let stop: StopSignal
    let stages: StageClock

    /// Trains on the earlier days and measures the held-out ones; nil when nothing is held out.
    func measure(_ matrix: ListenMatrix) throws -> Trained? {
        guard let earlier = matrix.earlier, let evaluation = try HeldOutEvaluation(matrix, options: options, pool: pool)
        else { return nil }
        var trained = try stages.time(.train) { try train(earlier, from: nil, options: options.als, isFinal: false) }
        let report = stages.time(.evaluate) { evaluation.report(on: trained.model) }
        observer?.observe(.evaluated(report))
        trained.report = report
        return trained
    }

    /// Learns from all days, going on from the measured factors when there are some.
    func finish(_ matrix: ListenMatrix, from measured: ALSModel?) throws -> Trained {
        var als = options.als
        if measured != nil { als.iterations = max(1, options.finalIterations) }
        return try stages.time(.finish) { try train(matrix.all, from: measured, options: als, isFinal: true) }
    }

    private func train(_ matrix: SparseMatrix, from start: ALSModel?, options: ALSOptions, isFinal: Bool) throws
        -> Trained
    {
        var objective: [Double] = []
        var former = MonotonicTime.now
        let model = try ALSTrainer(options: options, pool: pool).train(matrix, from: start) { progress in
            let elapsed = former.elapsed.components
            former = MonotonicTime.now
            objective.append(progress.objective)
            observer?.observe(
                .iteration(
                    TrainingIteration(
                        isFinal: isFinal, number: progress.iteration, total: progress.iterations,
                        objective: progress.objective,
                        seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18)))
            return stop.isStopped ? .stop : .proceed
        }
        guard !stop.isStopped else { throw TrainingError.stopped() }
        return Trained(model: model, objective: objective, report: nil)
    }
}
