public import Learning
public import ServiceKit
public import Storage

/// The listens of a window, read once, to be evaluated on.
public struct LakeListens: Sendable {
    /// The matrices.
    let matrix: ListenMatrix

    /// Events read.
    public var events: Int64 { matrix.events }
    /// Version of the lake that was read.
    public var lakeVersion: Int64 { matrix.lakeVersion }
    /// First and last day read.
    public var window: (from: String, through: String) {
        ("\(matrix.window.lowerBound)", "\(matrix.window.upperBound)")
    }
    /// First and last held-out day; nil when nothing can be held out.
    public var heldOut: (from: String, through: String)? {
        matrix.heldOutDays.map { ("\($0.lowerBound)", "\($0.upperBound)") }
    }

    /// All pairs of the window, weighted: listeners × songs.
    public var weighted: SparseMatrix { matrix.all }

    /// Reads the window that ends with the day of `now` (epoch milliseconds).
    ///
    /// - Throws: `TrainingError.nothingToLearn` with what is missing, `StorageError` of the lake.
    public init(
        of lake: any EventLake, options: TrainingOptions, now: Int64, observer: (any TrainingObserver)? = nil,
        until stop: StopSignal = StopSignal()
    ) throws {
        try options.validate()
        matrix = try ListenMatrixReader(lake: lake, options: options, now: now, observer: observer, stop: stop).read()
    }
}
