import CKernels
import Glibc
import ServiceKit

/// Builds an index file: clusters the directions of the item vectors, puts each item into the list of its direction, longest
/// vector first, adds a copy of the vectors as bytes, and measures on held-back queries how far a search has to
/// read for which recall.
///
/// Inverted files: Jégou, Douze and Schmid 2011, https://doi.org/10.1109/TPAMI.2010.57; reading by length: Teflioudi,
/// Gemulla and Mykytiuk 2015, https://doi.org/10.1145/2723372.2747647.
public struct IVFIndexBuilder: Sendable {
    /// How to build.
    public struct Options: Sendable {
        /// Lists to make; nil chooses by the number of items.
        public var listCount: Int?
        /// Seed of sampling and seeding; the same input and seed give the same file.
        public var seed: UInt64 = 1
        /// Threads to work with; nil takes one a processor.
        public var threadCount: Int?
        /// Rounds of k-means at most.
        public var iterationLimit = 8
        /// Vectors a list that k-means looks at.
        public var rowsPerList = 64
        /// Recall a search aims at when it is not told otherwise.
        public var targetRecall = 0.99
        /// Queries to measure recall with, at most.
        public var calibrationQueryLimit = 1000

        /// Defaults for everything.
        public init() {}
    }

    /// What came out.
    public struct Report: Sendable {
        /// Lists made.
        public var listCount: Int
        /// Items of the largest list.
        public var largestList: Int
        /// Size of the file.
        public var byteCount: Int
        /// What a search costs and finds.
        public var calibration: IVFCalibration
        /// Time of each part: clustering, assigning, writing, measuring, making durable.
        public var durations: [(part: String, duration: Duration)]
    }

    /// How to build.
    public let options: Options

    /// Takes the options.
    public init(options: Options = Options()) { self.options = options }

    /// Builds the index of `items` and writes it to `path`, whole or not at all: it is written beside, fsynced and renamed.
    ///
    /// - Parameters:
    ///   - queries: row-major vectors to measure recall with, users held back from nothing but this; when there are none,
    ///     sums of two items each stand in for them.
    ///   - isStopped: asked now and then; true ends with `LearningError.stopped` and leaves nothing behind.
    /// - Throws: `LearningError` when the items are not usable, the disk refuses, or the caller stops it.
    @discardableResult
    public func build(
        _ items: IVFItems, to path: String, queries: [Float] = [], isStopped: () -> Bool = { false }
    ) throws -> Report {
        try items.validate()
        try validateOptions(items, queries)
        let pool = WorkerPool(threadCount: options.threadCount)
        var durations = PartTimer()
        let (centroids, assignment) = try cluster(items, pool: pool, durations: &durations, isStopped: isStopped)
        guard !isStopped() else { throw LearningError.stopped() }
        let lists = try items.vectors.withUnsafeBufferPointer { vectors in
            let lists = IVFLists(
                assignment: assignment, listCount: centroids.count / items.dimension, vectors: vectors,
                dimension: items.dimension, pool: pool)
            guard let bad = lists.lengths.firstIndex(where: { !$0.isFinite }) else { return lists }
            throw LearningError.invalid("the vector of item \(items.ids[bad]) is too long: its square is not finite")
        }
        let writer = IVFWriter(
            items: items, centroids: centroids, lists: lists, targetRecall: options.targetRecall, pool: pool)
        let calibrator = IVFCalibrator(
            queries: queries.isEmpty ? standInQueries(items) : queries, options: options, pool: pool)
        let (byteCount, calibration) = try writer.write(
            to: path, calibrator: calibrator, durations: &durations, isStopped: isStopped)
        return Report(
            listCount: lists.count, largestList: (0..<lists.count).map { lists.size(of: $0) }.max() ?? 0,
            byteCount: byteCount, calibration: calibration, durations: durations.parts)
    }

    private func validateOptions(_ items: IVFItems, _ queries: [Float]) throws {
        guard options.listCount.map({ $0 > 0 }) ?? true, options.iterationLimit > 0, options.rowsPerList > 0 else {
            throw LearningError.invalid("an index needs at least one list, one round and one vector a list")
        }
        guard options.targetRecall > 0, options.targetRecall <= 1 else {
            throw LearningError.invalid("a recall of \(options.targetRecall) cannot be aimed at: above 0, at most 1")
        }
        guard queries.count % items.dimension == 0, queries.allSatisfy(\.isFinite) else {
            throw LearningError.invalid("calibration queries must be whole rows of \(items.dimension) finite floats")
        }
    }

    private func cluster(
        _ items: IVFItems, pool: WorkerPool, durations: inout PartTimer, isStopped: () -> Bool
    ) throws -> (centroids: [Float], assignment: [Int32]) {
        var clustering = KMeans.Options(
            clusterCount: min(options.listCount ?? Self.listCount(for: items.ids.count), items.ids.count))
        clustering.isSpherical = true
        clustering.seed = options.seed
        clustering.iterationLimit = options.iterationLimit
        clustering.rowsPerCluster = options.rowsPerList
        return try items.vectors.withUnsafeBufferPointer { vectors in
            let means = try KMeans(
                vectors: vectors, dimension: items.dimension, options: clustering, pool: pool, isStopped: isStopped)
            durations.end("cluster")
            let assignment = means.assign(vectors, isSpherical: true, pool: pool)
            durations.end("assign")
            return (means.centroids, assignment)
        }
    }

    /// More lists cost more to choose among and leave less to read: the best number grows more slowly than the square root
    /// of the items (docs/index.md).
    static func listCount(for itemCount: Int) -> Int {
        let wanted = Int((3.3 * pow(Double(itemCount), 0.4)).rounded(.up))
        let rounded = IVFFormat.blockCount(wanted) * IVFFormat.blockSize
        return max(1, min(rounded, itemCount / IVFFormat.blockSize))
    }

    /// Listeners of two tastes, as far as items tell.
    private func standInQueries(_ items: IVFItems) -> [Float] {
        var generator = SplitMix64(seed: options.seed &+ 1)
        let count = min(options.calibrationQueryLimit, 4 * items.ids.count)
        var queries: [Float] = []
        queries.reserveCapacity(count * items.dimension)
        for _ in 0..<count {
            let first = Int(generator.next() % UInt64(items.ids.count)) * items.dimension
            let second = Int(generator.next() % UInt64(items.ids.count)) * items.dimension
            for component in 0..<items.dimension {
                queries.append(items.vectors[first + component] + items.vectors[second + component])
            }
        }
        return queries
    }
}

/// How long each part of a job took.
struct PartTimer {
    private(set) var parts: [(part: String, duration: Duration)] = []
    private var start = MonotonicTime.now

    /// Ends the running part and begins the next.
    mutating func end(_ part: String) {
        parts.append((part, start.elapsed))
        start = .now
    }
}
