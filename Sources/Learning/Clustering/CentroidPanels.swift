import CKernels

/// Centroids laid out for the assignment kernel: 32 side by side, dimension after dimension, with a bias each.
struct CentroidPanels {
    let count: Int
    let dimension: Int
    private let panels: [Float]
    private let biases: [Float]

    /// Lays out row-major centroids. `isSpherical` compares by inner product; otherwise by Euclidean distance, whose order
    /// is that of <x, c> − ½|c|².
    init(_ centroids: [Float], dimension: Int, isSpherical: Bool) {
        let width = Int(CK_IVF_PANEL)
        count = centroids.count / dimension
        self.dimension = dimension
        let panelCount = (count + width - 1) / width
        var panels = [Float](repeating: 0, count: panelCount * width * dimension)
        var biases = [Float](repeating: -.infinity, count: panelCount * width)
        for centroid in 0..<count {
            let base = centroid / width * width * dimension + centroid % width
            var square: Float = 0
            for component in 0..<dimension {
                let value = centroids[centroid * dimension + component]
                panels[base + component * width] = value
                square += value * value
            }
            biases[centroid] = isSpherical ? 0 : -square / 2
        }
        self.panels = panels
        self.biases = biases
    }

    /// Nearest centroid of each row, rows dealt to the pool's threads; the answer does not depend on their number.
    ///
    /// - Complexity: O(rows · centroids · `dimension`)
    func assign(
        _ points: UnsafeBufferPointer<Float>, to best: UnsafeMutableBufferPointer<Int32>,
        scores: UnsafeMutableBufferPointer<Float>? = nil, pool: WorkerPool
    ) {
        precondition(points.count == best.count * dimension && (scores?.count ?? best.count) == best.count)
        guard let rows = points.baseAddress, let best = best.baseAddress else { return }
        let scores = scores?.baseAddress
        pool.run(WorkPlan(count: points.count / dimension, chunkSize: 768)) { chunk, _ in
            ck_ivf_current().pointee.assign(
                rows + chunk.lowerBound * dimension, chunk.count, dimension, panels, biases,
                biases.count / Int(CK_IVF_PANEL), best + chunk.lowerBound, scores.map { $0 + chunk.lowerBound })
        }
    }
}
