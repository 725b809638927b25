/// Lloyd's k-means with k-means++ seeding (Arthur and Vassilvitskii 2007, https://dl.acm.org/doi/10.5555/1283383.1283494) on a
/// sample, and its spherical form (Dhillon and Modha 2001, https://doi.org/10.1023/A:1007612920971) for inner products.
///
/// The result depends on data, options and seed only, not on the number of threads.
public struct KMeans: Sendable {
    /// What to look for and how long.
    public struct Options: Sendable {
        /// Clusters to make; fewer when there are fewer rows.
        public var clusterCount: Int
        /// Rounds at most; it ends earlier when nothing moves much any more.
        public var iterationLimit = 10
        /// Rows a cluster that training looks at; more rows than that are sampled.
        public var rowsPerCluster = 100
        /// Directions instead of places: centroids have unit length and a row belongs to the largest inner product.
        public var isSpherical = false
        /// Seed of sampling and seeding.
        public var seed: UInt64 = 1

        /// Defaults for everything but the number of clusters.
        public init(clusterCount: Int) { self.clusterCount = clusterCount }
    }

    /// Centroids, row-major.
    public let centroids: [Float]
    /// Floats a centroid.
    public let dimension: Int
    /// Objective after each round: mean inner product with the own centroid (spherical), or mean of <x, c> − ½|c|²;
    /// it rises.
    public let objective: [Double]

    /// Number of centroids.
    public var clusterCount: Int { centroids.count / dimension }

    /// Clusters row-major `vectors`.
    ///
    /// - Parameter isStopped: asked once a round; true ends with `LearningError.stopped`.
    /// - Complexity: O(rounds · sampled rows · clusters · dimension)
    public init(
        vectors: UnsafeBufferPointer<Float>, dimension: Int, options: Options, pool: WorkerPool,
        isStopped: () -> Bool = { false }
    ) throws {
        precondition(dimension > 0 && vectors.count % dimension == 0, "vectors must be whole rows of \(dimension)")
        precondition(options.clusterCount > 0 && options.iterationLimit > 0 && options.rowsPerCluster > 0)
        guard !vectors.isEmpty else {
            throw LearningError.invalid("there is nothing to cluster: no vectors were given")
        }
        var generator = SplitMix64(seed: options.seed)
        let rows = vectors.count / dimension
        let clusters = min(options.clusterCount, rows)
        let sample = KMeansSample(
            vectors, dimension: dimension, limit: clusters * options.rowsPerCluster, isUnitLength: options.isSpherical,
            using: &generator)
        var training = KMeansTraining(sample: sample, options: options, pool: pool)
        try training.seed(clusterCount: clusters, using: &generator, isStopped: isStopped)
        var objective: [Double] = []
        for _ in 0..<options.iterationLimit {
            guard !isStopped() else { throw LearningError.stopped() }
            let value = training.iterate(using: &generator)
            objective.append(value)
            if let previous = objective.dropLast().last, value - previous < 1e-4 * abs(previous) { break }
        }
        self.centroids = training.centroids
        self.dimension = dimension
        self.objective = objective
    }

    /// Nearest centroid of every row.
    ///
    /// - Complexity: O(rows · clusters · dimension)
    public func assign(_ vectors: UnsafeBufferPointer<Float>, isSpherical: Bool, pool: WorkerPool) -> [Int32] {
        let panels = CentroidPanels(centroids, dimension: dimension, isSpherical: isSpherical)
        return [Int32](unsafeUninitializedCapacity: vectors.count / dimension) { best, count in
            count = vectors.count / dimension
            panels.assign(vectors, to: UnsafeMutableBufferPointer(rebasing: best[..<count]), pool: pool)
        }
    }
}
