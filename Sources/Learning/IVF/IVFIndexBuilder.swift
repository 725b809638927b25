/// Builds an index file: clusters the directions of the item vectors, puts each item into the list of its direction, and
/// writes the lists one after the other (Jégou, Douze and Schmid 2011, https://doi.org/10.1109/TPAMI.2010.57, without the codes).
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
        public var iterationLimit = 10

        /// Defaults for everything.
        public init() {}
    }

    /// What came out.
    public struct Report: Sendable, Equatable {
        /// Lists made.
        public var listCount: Int
        /// Items of the largest list.
        public var largestList: Int
        /// Size of the file.
        public var byteCount: Int
    }

    /// How to build.
    public let options: Options

    /// Takes the options.
    public init(options: Options = Options()) { self.options = options }

    /// Builds the index of `items` and writes it to `path`, whole or not at all: it is written beside, fsynced and renamed.
    ///
    /// - Parameter isStopped: asked now and then; true ends with `LearningError.stopped` and leaves nothing behind.
    /// - Throws: `LearningError` when the items are not usable, the disk refuses, or the caller stops it.
    @discardableResult
    public func build(_ items: IVFItems, to path: String, isStopped: () -> Bool = { false }) throws -> Report {
        try items.validate()
        let pool = WorkerPool(threadCount: options.threadCount)
        var clustering = KMeans.Options(
            clusterCount: min(options.listCount ?? Self.listCount(for: items), items.ids.count))
        guard clustering.clusterCount > 0 else { throw LearningError.invalid("an index needs at least one list") }
        clustering.isSpherical = true
        clustering.seed = options.seed
        clustering.iterationLimit = options.iterationLimit
        let (means, assignment) = try items.vectors.withUnsafeBufferPointer { vectors in
            let means = try KMeans(
                vectors: vectors, dimension: items.dimension, options: clustering, pool: pool, isStopped: isStopped)
            return (means, means.assign(vectors, isSpherical: true, pool: pool))
        }
        guard !isStopped() else { throw LearningError.stopped() }
        let lists = IVFLists(assignment: assignment, listCount: means.clusterCount)
        let byteCount = try IVFWriter(items: items, centroids: means.centroids, lists: lists).write(to: path)
        return Report(listCount: lists.count, largestList: lists.largest, byteCount: byteCount)
    }

    /// About four times the square root of the number of items, so that comparing centroids costs as much as scanning.
    private static func listCount(for items: IVFItems) -> Int {
        let count = 4 * Double(items.ids.count).squareRoot()
        return max(1, min(Int(count), items.ids.count / 32))
    }
}

/// Which item goes where: items by list, in the order of their rows.
struct IVFLists {
    /// List `l` is `order[offsets[l]..<offsets[l + 1]]`.
    let offsets: [UInt32]
    /// Rows of the input in the order of the file.
    let order: [Int32]

    var count: Int { offsets.count - 1 }
    var largest: Int { (0..<count).map { Int(offsets[$0 + 1] - offsets[$0]) }.max() ?? 0 }

    init(assignment: [Int32], listCount: Int) {
        var offsets = [UInt32](repeating: 0, count: listCount + 1)
        for list in assignment { offsets[Int(list) + 1] += 1 }
        for list in 0..<listCount { offsets[list + 1] += offsets[list] }
        var next = offsets
        var order = [Int32](repeating: 0, count: assignment.count)
        for (row, list) in assignment.enumerated() {
            order[Int(next[Int(list)])] = Int32(row)
            next[Int(list)] += 1
        }
        self.offsets = offsets
        self.order = order
    }
}
