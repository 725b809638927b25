public import Learning

/// Is told how a run goes on: for a progress bar, a log, a test. One call at a time, from the thread that trains or
/// one that reads for it.
public protocol TrainingObserver: Sendable {
    /// Something happened.
    func observe(_ event: TrainingEvent)
}

/// What happens in a run, in this order.
public enum TrainingEvent: Sendable {
    /// A part of the lake was read; told once before the first.
    case reading(TrainingReadProgress)
    /// The matrix is there.
    case matrixBuilt(users: Int, items: Int, entries: Int, events: Int64)
    /// A killed run of the same options and window was found: it goes on from there.
    case resuming(iteration: Int, of: Int, lakeVersion: Int64)
    /// A checkpoint could not be used; why.
    case checkpointIgnored(reason: String)
    /// Songs begin with vectors of a former run.
    case warmStart(version: String, known: Int, new: Int)
    /// Nothing of the current model can be started from; why.
    case coldStart(reason: String)
    /// The metric on the held-out days has stopped rising.
    case stoppedEarly(iteration: Int, of: Int)
    /// A training of so many iterations begins, or goes on.
    case training(isFinal: Bool, total: Int)
    /// An iteration ended.
    case iteration(TrainingIteration)
    /// The held-out days were measured.
    case evaluated(HeldOutReport)
    /// The run will not be published; why.
    case rejected(reason: String)
    /// The index is being built.
    case buildingIndex(items: Int)
    /// User vectors were written; told once before the first.
    case storingVectors(done: Int, of: Int)
    /// Similar songs were found for some of the songs. The model serves by then.
    case findingSimilar(done: Int, of: Int)
    /// Lists of similar songs were written.
    case storingSimilar(done: Int, of: Int)
    /// The model serves.
    case published(version: String)
    /// How long a stage took, in seconds.
    case stageEnded(TrainingStage, seconds: Double)
}

/// Stages whose time is told.
public enum TrainingStage: String, Sendable, CaseIterable {
    /// Reading the lake and adding up pairs.
    case read
    /// Training on the earlier days.
    case train
    /// Measuring the held-out days.
    case evaluate
    /// Going on with all days.
    case finish
    /// Gathering what the report shows.
    case report
    /// Building and writing the index.
    case index
    /// Writing user vectors and the record.
    case store
    /// Finding similar songs and writing their lists, once the model serves.
    case similar
}

/// How far reading is.
public struct TrainingReadProgress: Sendable, Equatable {
    /// Events so far.
    public var events: Int64
    /// Events in the window.
    public var expectedEvents: Int64
}

/// An iteration of ALS.
public struct TrainingIteration: Sendable, Equatable {
    /// Whether it learns from all days (true) or only from those before the held-out ones.
    public var isFinal: Bool
    /// Which, from 1.
    public var number: Int
    /// Of how many.
    public var total: Int
    /// The objective after it.
    public var objective: Double
    /// Seconds it took.
    public var seconds: Double
}

/// What the held-out days say.
public struct HeldOutReport: Sendable, Equatable {
    /// First held-out day, `YYYY-MM-DD`.
    public var from: String
    /// Last held-out day.
    public var through: String
    /// The model at 10 and at 20.
    public var model: [RankingMetrics]
    /// Popularity at 10 and at 20.
    public var popularity: [RankingMetrics]

    /// Metric name to value, as in the manifest.
    public var values: [String: Double] {
        var values: [String: Double] = [:]
        for (prefix, list) in [("", model), ("popularity.", popularity)] {
            for metrics in list {
                let suffix = "@\(metrics.cutoff)"
                values[prefix + "ndcg" + suffix] = metrics.ndcg.mean
                values[prefix + "recall" + suffix] = metrics.recall.mean
                values[prefix + "precision" + suffix] = metrics.precision.mean
                values[prefix + "map" + suffix] = metrics.map.mean
                values[prefix + "mrr" + suffix] = metrics.mrr.mean
                values[prefix + "hit-rate" + suffix] = metrics.hitRate.mean
                values[prefix + "coverage" + suffix] = metrics.coverage.mean
                values[prefix + "novelty" + suffix] = metrics.novelty.mean
                values[prefix + "ndcg-error" + suffix] = metrics.ndcg.standardError
                values[prefix + "recall-error" + suffix] = metrics.recall.standardError
            }
        }
        values["users"] = Double(model.first?.users ?? 0)
        return values
    }
}
