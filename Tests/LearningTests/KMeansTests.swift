import Learning
import TestSupport
import Testing

/// Clustering finds what is there, spherical and not.
struct KMeansTests {
    @Test func clumpsFarApartAreFoundEachOnce() throws {
        var generator = SeededRandomNumberGenerator(seed: 5)
        let centers: [[Float]] = [[0, 0], [100, 0], [0, 100], [100, 100], [50, 300]]
        var vectors: [Float] = []
        for row in 0..<1000 {
            vectors += centers[row % 5].map { $0 + generator.normal() }
        }
        let means = try vectors.withUnsafeBufferPointer {
            try KMeans(
                vectors: $0, dimension: 2, options: KMeans.Options(clusterCount: 5), pool: WorkerPool(threadCount: 2))
        }
        for center in centers {
            let isFound = (0..<5).contains { cluster in
                abs(means.centroids[cluster * 2] - center[0]) < 1
                    && abs(means.centroids[cluster * 2 + 1] - center[1]) < 1
            }
            #expect(isFound, "no centroid near \(center): \(means.centroids)")
        }
    }

    @Test func sphericalCentroidsHaveUnitLengthAndIgnoreLengths() throws {
        let data = ClumpedItems(count: 2000, dimension: 12, clumps: 8)
        var options = KMeans.Options(clusterCount: 8)
        options.isSpherical = true
        let pool = WorkerPool(threadCount: 2)
        let means = try data.vectors.withUnsafeBufferPointer {
            try KMeans(vectors: $0, dimension: 12, options: options, pool: pool)
        }
        for cluster in 0..<8 {
            let square = means.centroids[cluster * 12..<(cluster + 1) * 12].reduce(Float(0)) { $0 + $1 * $1 }
            #expect(abs(square - 1) < 1e-4)
        }
        let scaled = data.vectors.map { $0 * 3 }
        let first = data.vectors.withUnsafeBufferPointer { means.assign($0, isSpherical: true, pool: pool) }
        let second = scaled.withUnsafeBufferPointer { means.assign($0, isSpherical: true, pool: pool) }
        #expect(first == second)
    }

    @Test func objectiveNeverFallsAndThreadsChangeNothing() throws {
        let data = ClumpedItems(count: 5000, dimension: 10)
        var options = KMeans.Options(clusterCount: 64)
        options.seed = 42
        let runs = try [1, 2, 5].map { threads in
            try data.vectors.withUnsafeBufferPointer {
                try KMeans(vectors: $0, dimension: 10, options: options, pool: WorkerPool(threadCount: threads))
            }
        }
        #expect(runs[0].centroids == runs[1].centroids && runs[1].centroids == runs[2].centroids)
        for (before, after) in zip(runs[0].objective, runs[0].objective.dropFirst()) {
            #expect(after >= before - 1e-4 * abs(before))
        }
    }

    @Test func fewerRowsThanClustersGiveACentroidARow() throws {
        let vectors: [Float] = [1, 0, 0, 1, 5, 5]
        let means = try vectors.withUnsafeBufferPointer {
            try KMeans(
                vectors: $0, dimension: 2, options: KMeans.Options(clusterCount: 10), pool: WorkerPool(threadCount: 1))
        }
        #expect(means.clusterCount == 3)
        let rows = Set((0..<3).map { Array(means.centroids[$0 * 2..<$0 * 2 + 2]) })
        #expect(rows == [[1, 0], [0, 1], [5, 5]])
    }

    @Test func nothingToClusterIsAnErrorAndSoIsAStop() throws {
        let pool = WorkerPool(threadCount: 1)
        #expect(throws: LearningError.self) {
            try KMeans(
                vectors: UnsafeBufferPointer(start: nil, count: 0), dimension: 2,
                options: KMeans.Options(clusterCount: 2), pool: pool)
        }
        let error = #expect(throws: LearningError.self) {
            try [1, 2, 3, 4].withUnsafeBufferPointer {
                try KMeans(
                    vectors: $0, dimension: 2, options: KMeans.Options(clusterCount: 2), pool: pool,
                    isStopped: { true })
            }
        }
        #expect(error?.code == .stopped)
    }
}
