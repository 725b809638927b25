import CKernels
import Learning
import Synchronization
import Testing

/// The neighbours of all rows against cosines in double, one by one.
@Suite struct SimilarItemsTests {
    static func matrix(rows: Int, factors: Int, seed: UInt64) -> FactorMatrix {
        var random = SeededGenerator(seed: seed)
        let matrix = FactorMatrix(rows: rows, factors: factors)
        for row in 0..<rows {
            let length = Float.random(in: 0.01...30, using: &random)
            matrix.setRow(row, to: random.floats(factors).map { $0 * length })
        }
        return matrix
    }

    static func cosine(_ a: [Float], _ b: [Float]) -> Double {
        var dot = 0.0, left = 0.0, right = 0.0
        for (x, y) in zip(a, b) {
            dot += Double(x) * Double(y)
            left += Double(x) * Double(x)
            right += Double(y) * Double(y)
        }
        return left > 0 && right > 0 ? dot / (left * right).squareRoot() : 0
    }

    @Test(arguments: InstructionSet.allCases.filter(\.isAvailable), [(17, 8), (333, 24), (64, 128)])
    func everyListHoldsTheHighestCosinesInOrder(set: InstructionSet, size: (rows: Int, factors: Int)) throws {
        let matrix = Self.matrix(rows: size.rows, factors: size.factors, seed: 61)
        try withInstructionSet(set) {
            // One thread: a set is chosen a thread.
            let similar = try SimilarItems(of: matrix, count: 10, pool: WorkerPool(threadCount: 1))
            #expect(similar.rows == size.rows)
            let rows = (0..<size.rows).map { matrix[$0] }
            for row in 0..<size.rows {
                let exact = (0..<size.rows).filter { $0 != row }.map { Self.cosine(rows[row], rows[$0]) }
                    .filter { $0 > 0 }.sorted(by: >)
                let found = similar[row]
                #expect(found.count == min(10, exact.count))
                for (neighbor, score) in zip(found, exact) {
                    #expect(Int(neighbor.row) != row)
                    #expect(abs(Double(neighbor.score) - score) < 1e-5)
                    #expect(abs(Self.cosine(rows[row], rows[Int(neighbor.row)]) - score) < 1e-5)
                }
                #expect(Set(found.map(\.row)).count == found.count)
            }
        }
    }

    @Test func threadsChangeNothing() throws {
        let matrix = Self.matrix(rows: 1_500, factors: 20, seed: 62)
        let single = try SimilarItems(of: matrix, count: 7, pool: WorkerPool(threadCount: 1))
        let many = try SimilarItems(of: matrix, count: 7, pool: WorkerPool(threadCount: 5))
        for row in 0..<1_500 { #expect(single[row] == many[row]) }
    }

    @Test func amongEqualCosinesTheLowerRowsAreKept() throws {
        let matrix = FactorMatrix(rows: 900, factors: 16)
        for row in 0..<900 { matrix.setRow(row, to: (0..<16).map { $0 == row % 3 ? 2 : 0 }) }
        let similar = try SimilarItems(of: matrix, count: 5, pool: WorkerPool(threadCount: 2))
        #expect(similar[7].map(\.row) == [1, 4, 10, 13, 16])
        #expect(similar[899].map(\.row) == [2, 5, 8, 11, 14])
    }

    @Test func rowsOfZerosHaveNoNeighborsAndAreNobodys() throws {
        let matrix = Self.matrix(rows: 40, factors: 8, seed: 63)
        for row in [0, 13, 39] { matrix.setRow(row, to: [Float](repeating: 0, count: 8)) }
        let similar = try SimilarItems(of: matrix, count: 39, pool: WorkerPool(threadCount: 2))
        for row in [0, 13, 39] { #expect(similar[row].isEmpty) }
        for row in 0..<40 { for neighbor in similar[row] { #expect(![0, 13, 39].contains(neighbor.row)) } }
    }

    @Test func progressReachesTheEndAndStopEndsTheSearch() throws {
        let matrix = Self.matrix(rows: 700, factors: 8, seed: 64)
        let pool = WorkerPool(threadCount: 2)
        let seen = Mutex<[Int]>([])
        _ = try SimilarItems(of: matrix, count: 3, pool: pool) { done, all in
            seen.withLock { $0.append(done) }
            return all == 700 ? .proceed : .stop
        }
        let marks = seen.withLock { $0 }
        #expect(marks.last == 700 && marks == marks.sorted())
        let error = #expect(throws: LearningError.self) {
            try SimilarItems(of: matrix, count: 3, pool: pool) { _, _ in .stop }
        }
        #expect(error?.code == .stopped)
    }

    @Test func aRowThatIsNotFiniteIsNamed() throws {
        let matrix = Self.matrix(rows: 40, factors: 8, seed: 65)
        matrix.setRow(21, to: (0..<8).map { $0 == 3 ? Float.nan : 1 })
        let error = #expect(throws: LearningError.self) {
            try SimilarItems(of: matrix, pool: WorkerPool(threadCount: 1))
        }
        #expect(error?.reason.contains("row 21") == true)
    }
}
