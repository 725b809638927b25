import Learning
import Testing

@Suite struct ConfidenceWeightingTests {
    @Test(arguments: [
        (ConfidenceWeighting.Form.power, 0.5, 1.0, 9.0, 3.0),
        (.power, 0, 1, 9, 1), (.power, 1, 1, 9, 9), (.logarithm, 1, 2, 4, 1.0986122886681098), (.capped, 1, 4, 9, 1),
        (.capped, 1, 4, 1, 0.25),
    ])
    func aValueIsShapedAndKeepsItsSign(
        form: ConfidenceWeighting.Form, exponent: Double, scale: Double, value: Double, expected: Double
    ) {
        var weighting = ConfidenceWeighting()
        (weighting.form, weighting.exponent, weighting.scale) = (form, exponent, scale)
        #expect(abs(weighting.shape(value) - expected) < 1e-12)
        #expect(abs(weighting.shape(-value) + expected) < 1e-12)
    }

    @Test func popularItemsWeighLessByThePowerOfTheirShare() throws {
        let matrix = try SparseMatrix(
            rows: 4, columns: 3, offsets: [0, 2, 3, 4, 5], columnIndices: [0, 1, 0, 0, 0], values: [4, 4, 4, 4, 4])
        var weighting = ConfidenceWeighting()
        weighting.popularityDiscount = 0.5
        // Item 0 has four entries, item 1 one, item 2 none: the mean of those that have any is 2.5.
        let weighted = weighting.apply(to: matrix)
        #expect(abs(weighted.values[0] - 4 * Float((2.5 / 4.0).squareRoot())) < 1e-5)
        #expect(abs(weighted.values[1] - 4 * Float((2.5).squareRoot())) < 1e-5)
        #expect(weighted.columnIndices == matrix.columnIndices)
    }

    @Test(arguments: [-0.1, 2.1, .nan]) func anExponentOutOfRangeIsRefused(exponent: Double) {
        var weighting = ConfidenceWeighting()
        weighting.exponent = exponent
        #expect(throws: LearningError.self) { try weighting.validate() }
    }
}
