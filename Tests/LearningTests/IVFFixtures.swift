import Foundation
import Learning
import TestSupport

/// Items with a shape like a trained model's: directions in clumps, lengths spread wide. The same for the same seed.
struct ClumpedItems {
    let ids: [String]
    let vectors: [Float]
    let dimension: Int
    private var generator: SeededRandomNumberGenerator

    init(count: Int, dimension: Int, clumps: Int = 20, seed: UInt64 = 7) {
        var generator = SeededRandomNumberGenerator(seed: seed)
        let centers = (0..<clumps * dimension).map { _ in generator.normal() }
        var vectors: [Float] = []
        for _ in 0..<count {
            let clump = Int(generator.next() % UInt64(clumps))
            let length = Float.exp(generator.normal() * 0.5)
            for component in 0..<dimension {
                vectors.append(length * (centers[clump * dimension + component] + 0.5 * generator.normal()))
            }
        }
        self.vectors = vectors
        self.dimension = dimension
        self.generator = generator
        ids = (0..<count).map { "track-\($0)" }
    }

    /// A query near some items, other each time.
    mutating func query() -> [Float] {
        let row = Int(generator.next() % UInt64(ids.count))
        return (0..<dimension).map { vectors[row * dimension + $0] + 0.3 * generator.normal() }
    }

    func items(version: String = "20260101T000000Z-abc123") -> IVFItems {
        let values = (0..<dimension * dimension).map { Double($0) }
        return IVFItems(
            ids: ids, vectors: vectors, dimension: dimension, gram: GramMatrix(factors: dimension, values: values),
            regularization: 0.01, alpha: 40, modelVersion: version)
    }
}

extension Float {
    static func exp(_ value: Float) -> Float { Float(Foundation.exp(Double(value))) }
}

extension SeededRandomNumberGenerator {
    /// Uniform in 0..<1.
    mutating func unit() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// About normal: the sum of twelve uniforms.
    mutating func normal() -> Float { (0..<12).reduce(Float(-6)) { sum, _ in sum + unit() } }
}

/// Share of `exact` that `found` holds.
func recall(_ found: [SearchHit], _ exact: [SearchHit]) -> Double {
    let wanted = Set(exact.map(\.item))
    return Double(found.filter { wanted.contains($0.item) }.count) / Double(exact.count)
}
