/// The rows k-means trains on: all of them, or a uniform sample without repetition in row order.
struct KMeansSample {
    let values: [Float]
    let dimension: Int

    var rowCount: Int { values.count / dimension }

    /// Copies at most `limit` rows; `isUnitLength` scales each to length one (a row of zeros stays).
    init(
        _ vectors: UnsafeBufferPointer<Float>, dimension: Int, limit: Int, isUnitLength: Bool,
        using generator: inout SplitMix64
    ) {
        let rows = vectors.count / dimension
        self.dimension = dimension
        var values: [Float] = []
        values.reserveCapacity(min(rows, limit) * dimension)
        var wanted = min(rows, limit)
        // Selection sampling (Knuth, TAOCP 2, algorithm 3.4.2 S): one pass, in order, each subset equally likely.
        for row in 0..<rows where wanted > 0 {
            guard wanted == rows - row || generator.unit() * Double(rows - row) < Double(wanted) else { continue }
            wanted -= 1
            let source = UnsafeBufferPointer(rebasing: vectors[row * dimension..<(row + 1) * dimension])
            var scale: Float = 1
            if isUnitLength {
                let square = source.reduce(Float(0)) { $0 + $1 * $1 }
                scale = square > 0 ? 1 / square.squareRoot() : 1
            }
            for value in source { values.append(value * scale) }
        }
        self.values = values
    }
}
