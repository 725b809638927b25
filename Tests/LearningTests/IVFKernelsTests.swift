import CKernels
import TestSupport
import Testing

/// Every build of the IVF kernels this processor can run against the scalar one.
struct IVFKernelsTests {
    private func numbers(_ count: Int, seed: UInt64) -> [Float] {
        var generator = SeededRandomNumberGenerator(seed: seed)
        return (0..<count).map { _ in generator.normal() }
    }

    @Test func scanAgreesWithScalarForEveryLength() {
        for dimension in 0...67 {
            let rows = 5
            let query = numbers(dimension, seed: 1)
            let vectors = numbers(dimension * rows, seed: 2)
            var wanted = [Float](repeating: 0, count: rows)
            ck_ivf_scan_with(0, query, vectors, rows, dimension, &wanted)
            for variant in 1..<ck_ivf_variant_count() {
                var scores = [Float](repeating: 0, count: rows)
                ck_ivf_scan_with(variant, query, vectors, rows, dimension, &scores)
                for row in 0..<rows { #expect(abs(scores[row] - wanted[row]) < 1e-4) }
            }
        }
    }

    @Test func assignmentAgreesWithScalarForEveryTileRemainder() {
        let width = Int(CK_IVF_PANEL)
        for dimension in [1, 3, 16, 31, 64, 67] {
            let panels = numbers(3 * width * dimension, seed: 3)
            var biases = numbers(3 * width, seed: 4)
            for lane in 80..<96 { biases[lane] = -.infinity }
            for rows in [1, 2, 3, 11, 12, 13, 30] {
                let points = numbers(rows * dimension, seed: UInt64(rows))
                var wanted = [Int32](repeating: -1, count: rows)
                var wantedScores = [Float](repeating: 0, count: rows)
                ck_ivf_assign_with(0, points, rows, dimension, panels, biases, 3, &wanted, &wantedScores)
                for variant in 1..<ck_ivf_variant_count() {
                    var best = [Int32](repeating: -1, count: rows)
                    var scores = [Float](repeating: 0, count: rows)
                    ck_ivf_assign_with(variant, points, rows, dimension, panels, biases, 3, &best, &scores)
                    #expect(best == wanted)
                    for row in 0..<rows { #expect(abs(scores[row] - wantedScores[row]) < 1e-3) }
                }
            }
        }
    }
}
