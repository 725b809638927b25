import Learning
import Testing

@Suite struct SparseMatrixTests {
    @Test func tripletsInAnyOrderAreSortedAndEqualPairsAdded() {
        let matrix = SparseMatrix(
            rows: 3, columns: 4, rowIndices: [2, 0, 2, 2, 0], columnIndices: [3, 1, 0, 3, 1], values: [1, 2, 3, 4, 5])
        #expect(matrix.offsets == [0, 1, 1, 3])
        #expect(matrix.columnIndices == [1, 0, 3])
        #expect(matrix.values == [7, 3, 5])
    }

    @Test func transposingTwiceGivesTheMatrixBack() {
        var random = SeededGenerator(seed: 31)
        let count = 2_000
        let matrix = SparseMatrix(
            rows: 70, columns: 50, rowIndices: (0..<count).map { _ in .random(in: 0..<70, using: &random) },
            columnIndices: (0..<count).map { _ in .random(in: 0..<50, using: &random) }, values: random.floats(count))
        let turned = matrix.transposed()
        #expect(turned.rows == 50 && turned.columns == 70)
        #expect(turned.transposed() == matrix)
        let row = 17
        for (column, value) in zip(matrix.columns(ofRow: row), matrix.values(ofRow: row)) {
            let place = turned.columns(ofRow: Int(column)).firstIndex(of: Int32(row))
            #expect(place.map { turned.values[$0] } == value)
        }
    }

    @Test func arraysThatAreNoMatrixAreRefusedNamingTheRow() {
        let wrong: [(offsets: [Int], columns: [Int32])] = [
            ([0, 1], [0]), ([0, 2, 1], [0]), ([0, 1, 2], [0, 4]), ([0, 2, 2], [1, 1]), ([0, 2, 2], [2, 1]),
            ([1, 1, 2], [0, 1]), ([0, 1, 2], [0, -1]),
        ]
        for (offsets, columns) in wrong {
            #expect(throws: LearningError.self) {
                try SparseMatrix(
                    rows: 2, columns: 4, offsets: offsets, columnIndices: columns,
                    values: [Float](repeating: 1, count: columns.count))
            }
        }
    }

    @Test func anEmptyMatrixIsAMatrix() {
        let matrix = SparseMatrix(rows: 0, columns: 0, rowIndices: [], columnIndices: [], values: [])
        #expect(matrix.count == 0 && matrix.offsets == [0])
        #expect(matrix.transposed() == matrix)
    }
}
