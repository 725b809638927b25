import Learning
import ServiceKit

/// The learning of a run: first on the earlier days, to be measured, then on all.
struct TrainingSession {
    /// A model and how it came about.
    struct Trained {
        var model: ALSModel
        var course: TrainingCourse
        var report: HeldOutReport?
    }

    let options: TrainingOptions
    let pool: WorkerPool
    let observer: (any TrainingObserver)?
    let stop: StopSignal
    let stages: StageClock
    let keeper: CheckpointKeeper
    let crash: TrainingCrashPoint

    /// What one training is to do.
    private struct Plan {
        var als: ALSOptions
        var start: ALSModel?
        var startedFrom: String?
        var isFinal: Bool
        var isKept: Bool
        var watch: ((ALSModel) throws -> Double)?
    }

    /// Trains on the earlier days and measures the held-out ones; nil when nothing is held out.
    func measure(_ matrix: ListenMatrix, from start: StartFactors.Start?) throws -> Trained? {
        guard let earlier = matrix.earlier, let evaluation = try HeldOutEvaluation(matrix, options: options, pool: pool)
        else { return nil }
        let plan = Plan(
            als: options.als, start: start?.model, startedFrom: start?.version, isFinal: false, isKept: true,
            watch: { model in try evaluation.score(of: model) })
        var trained = try stages.time(.train) { try train(earlier, plan) }
        let (score, report) = try stages.time(.evaluate) {
            (try evaluation.score(of: trained.model), evaluation.report(on: trained.model))
        }
        trained.course.finalScore = score
        observer?.observe(.evaluated(report))
        trained.report = report
        crash.pass(.measured)
        return trained
    }

    /// Learns from all days, going on from the measured factors when there are some.
    func finish(_ matrix: ListenMatrix, from measured: ALSModel?, or start: StartFactors.Start?) throws -> Trained {
        var als = options.als
        if measured != nil { als.iterations = max(1, options.finalIterations) }
        let plan = Plan(
            als: als, start: measured ?? start?.model, startedFrom: measured == nil ? start?.version : nil,
            isFinal: true, isKept: measured == nil)
        return try stages.time(.finish) { try train(matrix.all, plan) }
    }

    private func train(_ matrix: SparseMatrix, _ plan: Plan) throws -> Trained {
        let total = plan.als.iterations
        var course = TrainingCourse(startedFrom: plan.startedFrom)
        var start = plan.start
        if plan.isKept, let former = keeper.resume(isFinal: plan.isFinal, total: total),
            let users = former.users, let items = former.items
        {
            let header = former.header
            course = TrainingCourse(
                objective: header.objective, scores: header.scores, startedFrom: header.startedFrom)
            start = ALSModel(userFactors: users, itemFactors: items)
            if let start, header.isComplete || header.iteration >= total {
                return Trained(model: start, course: course, report: nil)
            }
        }
        let done = course.objective.count
        var als = plan.als
        als.iterations = total - done
        observer?.observe(.training(isFinal: plan.isFinal, total: total))
        var lap = MonotonicTime.now
        let model = try ALSTrainer(options: als, pool: pool).train(matrix, from: start) { progress in
            course.objective.append(progress.objective)
            tell(done + progress.iteration, of: total, progress.objective, since: &lap, plan)
            crash.pass(.iteration)
            guard !stop.isStopped else { return .stop }
            return try decide(progress, done + progress.iteration, of: total, &course, plan)
        }
        guard !stop.isStopped else { throw TrainingError.stopped() }
        return Trained(model: model, course: course, report: nil)
    }

    private func tell(_ number: Int, of total: Int, _ objective: Double, since lap: inout MonotonicTime, _ plan: Plan) {
        let elapsed = lap.elapsed.components
        lap = .now
        observer?.observe(
            .iteration(
                TrainingIteration(
                    isFinal: plan.isFinal, number: number, total: total, objective: objective,
                    seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18)))
    }

    /// Looks at the held-out days and writes a checkpoint when it is time to. Both settle the factors, so that it happens at the
    /// same iterations whether or not a run was killed between them.
    private func decide(
        _ progress: ALSProgress, _ number: Int, of total: Int, _ course: inout TrainingCourse, _ plan: Plan
    ) throws -> ALSProgress.Decision {
        var isOver = false
        if let watch = plan.watch, number % options.earlyStopInterval == 0, number < total {
            course.scores.append(try watch(progress.model()))
            isOver = course.hasStoppedRising(patience: options.earlyStopPatience)
        }
        let interval = options.checkpointInterval
        if plan.isKept, interval > 0, number % interval == 0 || number == total || isOver {
            try keeper.save(
                progress.model(), course, isFinal: plan.isFinal, isComplete: isOver || number == total)
        }
        guard isOver else { return .proceed }
        observer?.observe(.stoppedEarly(iteration: number, of: total))
        return .stop
    }
}
