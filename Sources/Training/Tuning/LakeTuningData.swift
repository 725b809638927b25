import Domain
public import Learning
public import ServiceKit
public import Storage

/// Listens of the lake without the held-out days, which stay unseen: the days before them are the validation part.
public final class LakeTuningData: TuningData {
    private let lake: any EventLake
    private let options: TrainingOptions
    private let end: Int64
    private let pool: WorkerPool
    private let stop: StopSignal
    /// The last few, newest last: a rung goes through its half-lives one after the other.
    private var remembered: [(halfLifeDays: Double, split: TuningSplit)] = []
    private static let rememberedLimit = 2

    /// Finds where the held-out days of the window begin that ends with the day of `now` (epoch milliseconds).
    public init(lake: any EventLake, options: TrainingOptions, now: Int64, until stop: StopSignal = StopSignal()) throws
    {
        try options.validate()
        self.lake = lake
        self.options = options
        self.stop = stop
        pool = WorkerPool(threadCount: options.threadCount)
        guard let heldOut = try ListenMatrixReader(lake: lake, options: options, now: now).heldOutDays() else {
            throw TrainingError.nothingToLearn(
                "the lake has too few days in the window to hold any out: a search needs days to validate on, and days after them to test on"
            )
        }
        end = heldOut.lowerBound.startMilliseconds - 1
    }

    /// Sums of weights with this half-life, before the confidence's shape.
    public func split(halfLifeDays: Double?) throws -> TuningSplit {
        var options = options
        options.confidence.halfLifeDays = halfLifeDays ?? options.confidence.halfLifeDays
        options.confidence.weighting = ConfidenceWeighting()
        let halfLife = options.confidence.halfLifeDays
        if let known = remembered.first(where: { $0.halfLifeDays == halfLife }) { return known.split }
        let matrix = try ListenMatrixReader(lake: lake, options: options, now: end, stop: stop).read()
        guard let earlier = matrix.earlier,
            let evaluation = try HeldOutEvaluation(matrix, options: options, pool: pool)
        else {
            throw TrainingError.nothingToLearn(
                "nobody plays anything to hit in the days before the held-out ones: there is nothing to validate on; widen --window-days"
            )
        }
        let split = TuningSplit(train: earlier, evaluator: evaluation.evaluator)
        remembered.append((halfLife, split))
        if remembered.count > Self.rememberedLimit { remembered.removeFirst() }
        return split
    }
}
