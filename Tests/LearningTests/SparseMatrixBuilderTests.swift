import Learning
import Testing

@Suite struct SparseMatrixBuilderTests {
    @Test(arguments: [1, 2, 7, 1_000])
    func sumsAreThoseOfTheTripletsHoweverOftenItMerges(minimumBuffer: Int) {
        var random = SeededGenerator(seed: 61)
        let count = 3_000
        let rows = (0..<count).map { _ in Int32.random(in: 0..<40, using: &random) }
        let columns = (0..<count).map { _ in Int32.random(in: 0..<3_000, using: &random) / 50 * 50 }
        // Whole numbers: their float sums do not depend on the order.
        let values = (0..<count).map { _ in Float(Int.random(in: 1...9, using: &random)) }
        var builder = SparseMatrixBuilder(minimumBuffer: minimumBuffer)
        for index in 0..<count {
            builder.append(row: UInt32(rows[index]), column: UInt32(columns[index]), value: values[index])
        }
        #expect(builder.appended == count)
        let expected = SparseMatrix(
            rows: 40, columns: 3_000, rowIndices: rows, columnIndices: columns, values: values)
        #expect(builder.finish(rows: 40, columns: 3_000) == expected)
        #expect(builder.finish(rows: 1, columns: 1).count == 0)
    }

    @Test func pairsThatSumToZeroAreLeftOut() {
        var builder = SparseMatrixBuilder()
        builder.append(row: 1, column: 1, value: 0.5)
        builder.append(row: 0, column: 2, value: 1)
        builder.append(row: 1, column: 1, value: -0.5)
        let matrix = builder.finish(rows: 2, columns: 3)
        #expect(matrix.columnIndices == [2] && matrix.offsets == [0, 1, 1])
    }

    @Test func addingRemovingAndFilteringGoEntryByEntry() {
        let left = SparseMatrix(
            rows: 2, columns: 4, rowIndices: [0, 0, 1], columnIndices: [0, 2, 3], values: [1, 2, -3])
        let right = SparseMatrix(
            rows: 2, columns: 4, rowIndices: [0, 0, 1], columnIndices: [1, 2, 3], values: [5, -2, 4])
        let sum = left.adding(right)
        #expect(sum.offsets == [0, 2, 3] && sum.columnIndices == [0, 1, 3] && sum.values == [1, 5, 1])
        let rest = left.removing(right)
        #expect(rest.offsets == [0, 1, 1] && rest.columnIndices == [0] && rest.values == [1])
        #expect(left.filtered { $0 > 0 }.values == [1, 2])
    }

    @Test func renumberingMovesAndDropsRowsAndColumns() {
        let matrix = SparseMatrix(
            rows: 3, columns: 3, rowIndices: [0, 0, 1, 2], columnIndices: [0, 2, 1, 2], values: [1, 2, 3, 4])
        let moved = matrix.renumbered(rows: [1, -1, 0], count: 2, columns: [1, -1, 0], count: 2)
        #expect(moved.offsets == [0, 1, 3] && moved.columnIndices == [0, 0, 1] && moved.values == [4, 2, 1])
    }
}
