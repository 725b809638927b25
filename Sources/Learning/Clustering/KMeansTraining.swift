import CKernels

/// The state of one run of Lloyd's algorithm over a sample.
struct KMeansTraining {
    private let sample: KMeansSample
    private let isSpherical: Bool
    private let pool: WorkerPool
    private(set) var centroids: [Float] = []
    private var assignment: [Int32]
    private var scores: [Float]

    private var dimension: Int { sample.dimension }
    private var clusterCount: Int { centroids.count / dimension }

    init(sample: KMeansSample, options: KMeans.Options, pool: WorkerPool) {
        self.sample = sample
        isSpherical = options.isSpherical
        self.pool = pool
        assignment = [Int32](repeating: 0, count: sample.rowCount)
        scores = [Float](repeating: 0, count: sample.rowCount)
    }

    /// Rows a cluster that seeding looks at: k-means++ costs a pass for each cluster.
    private static let seedingRowsPerCluster = 8

    /// k-means++: each next seed is a row, chosen with a probability proportional to the square of its distance to the
    /// seeds so far.
    mutating func seed(
        clusterCount: Int, using generator: inout SplitMix64, isStopped: () -> Bool
    ) throws {
        let rows = min(sample.rowCount, max(clusterCount * Self.seedingRowsPerCluster, 256))
        let candidates = KMeansSeeding(
            values: sample.values, rowStep: Double(sample.rowCount) / Double(rows), rows: rows, dimension: dimension)
        centroids = try candidates.choose(clusterCount, pool: pool, using: &generator, isStopped: isStopped)
    }

    /// One round: assign every row, move every centroid to the middle of its rows.
    ///
    /// - Returns: the objective before the move.
    mutating func iterate(using generator: inout SplitMix64) -> Double {
        let panels = CentroidPanels(centroids, dimension: dimension, isSpherical: isSpherical)
        sample.values.withUnsafeBufferPointer { values in
            assignment.withUnsafeMutableBufferPointer { best in
                scores.withUnsafeMutableBufferPointer { scores in
                    panels.assign(values, to: best, scores: scores, pool: pool)
                }
            }
        }
        moveCentroids()
        return scores.reduce(0.0) { $0 + Double($1) } / Double(scores.count)
    }

    /// Rows by cluster, in row order, so that the sums do not depend on who adds them.
    private func rowsByCluster() -> (offsets: [Int], rows: [Int32]) {
        var offsets = [Int](repeating: 0, count: clusterCount + 1)
        for cluster in assignment { offsets[Int(cluster) + 1] += 1 }
        for cluster in 0..<clusterCount { offsets[cluster + 1] += offsets[cluster] }
        var next = offsets
        var rows = [Int32](repeating: 0, count: assignment.count)
        for (row, cluster) in assignment.enumerated() {
            rows[next[Int(cluster)]] = Int32(row)
            next[Int(cluster)] += 1
        }
        return (offsets, rows)
    }

    private mutating func moveCentroids() {
        let (offsets, rows) = rowsByCluster()
        let dimension = self.dimension
        let isSpherical = self.isSpherical
        centroids.withUnsafeMutableBufferPointer { centroids in
            guard let target = centroids.baseAddress else { return }
            sample.values.withUnsafeBufferPointer { values in
                guard let source = values.baseAddress else { return }
                pool.run(WorkPlan(count: offsets.count - 1, chunkSize: 16)) { clusters, _ in
                    for cluster in clusters where offsets[cluster + 1] > offsets[cluster] {
                        let sum = target + cluster * dimension
                        sum.update(repeating: 0, count: dimension)
                        for row in rows[offsets[cluster]..<offsets[cluster + 1]] {
                            let values = source + Int(row) * dimension
                            for component in 0..<dimension { sum[component] += values[component] }
                        }
                        Self.scale(sum, dimension, rows: offsets[cluster + 1] - offsets[cluster], isSpherical)
                    }
                }
            }
        }
        refillEmptyClusters(offsets)
    }

    private static func scale(_ sum: UnsafeMutablePointer<Float>, _ dimension: Int, rows: Int, _ isSpherical: Bool) {
        var factor = 1 / Float(rows)
        if isSpherical {
            var square: Float = 0
            for component in 0..<dimension { square += sum[component] * sum[component] }
            guard square > 0 else { return }
            factor = 1 / square.squareRoot()
        }
        for component in 0..<dimension { sum[component] *= factor }
    }

    /// An empty cluster gets half of the largest one: its centroid, pushed a little to the other side.
    private mutating func refillEmptyClusters(_ offsets: [Int]) {
        var sizes = (0..<clusterCount).map { offsets[$0 + 1] - offsets[$0] }
        for cluster in 0..<clusterCount where sizes[cluster] == 0 {
            guard let largest = sizes.indices.max(by: { sizes[$0] < sizes[$1] }), sizes[largest] > 1 else { return }
            for component in 0..<dimension {
                let value = centroids[largest * dimension + component]
                let push: Float = component % 2 == 0 ? 1 + 1 / 1024 : 1 - 1 / 1024
                centroids[cluster * dimension + component] = value * push
                centroids[largest * dimension + component] = value * (2 - push)
            }
            sizes[cluster] = sizes[largest] / 2
            sizes[largest] -= sizes[cluster]
        }
    }
}
