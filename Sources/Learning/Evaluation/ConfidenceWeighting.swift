/// How a raw value of a pair (plays, or weighted plays) becomes the `r` of the confidence `1 + alpha·|r|`.
public struct ConfidenceWeighting: Sendable, Equatable, Codable {
    /// The shape of the curve.
    public enum Form: String, Sendable, Codable, CaseIterable {
        /// `|v|^exponent`: 1 counts plays as they are, 0 only asks whether there was one.
        case power
        /// `ln(1 + |v| ÷ scale)` (Hu, Koren, Volinsky 2008, equation 6).
        case logarithm
        /// `min(|v|, scale) ÷ scale`: beyond `scale` another play says nothing.
        case capped
    }

    /// The shape.
    public var form = Form.power
    /// Power of `.power`, 0…2.
    public var exponent = 1.0
    /// Where `.logarithm` bends and `.capped` ends, above 0.
    public var scale = 1.0
    /// Power by which a popular item's entries weigh less: `r·(n_i ÷ n̄)^−p`, where `n_i` are the item's entries and `n̄`
    /// their mean. 0 treats all items alike, 0…1.
    public var popularityDiscount = 0.0

    /// Plain values.
    public init() {}

    /// Throws what is wrong, naming the option and what is allowed.
    public func validate() throws {
        guard exponent.isFinite, (0...2).contains(exponent) else {
            throw LearningError.invalid("confidence exponent is \(exponent), allowed is 0 to 2")
        }
        guard scale.isFinite, scale > 0 else {
            throw LearningError.invalid("confidence scale is \(scale), it must be above 0")
        }
        guard popularityDiscount.isFinite, (0...1).contains(popularityDiscount) else {
            throw LearningError.invalid("popularity discount is \(popularityDiscount), allowed is 0 to 1")
        }
    }

    /// Shapes one value; the sign is kept.
    public func shape(_ value: Double) -> Double {
        let size = value.magnitude
        let shaped: Double
        switch form {
        case .power where exponent == 1: shaped = size
        case .power where exponent == 0.5: shaped = size.squareRoot()
        case .power: shaped = Numerics.power(size, exponent)
        case .logarithm: shaped = Numerics.logarithm(1 + size / scale)
        case .capped: shaped = min(size, scale) / scale
        }
        return value < 0 ? -shaped : shaped
    }

    /// Shapes every entry and discounts popular items.
    ///
    /// - Complexity: O(entries)
    public func apply(to matrix: SparseMatrix) -> SparseMatrix {
        let isPlain = form == .power && exponent == 1
        return discountingPopularItems(
            of: isPlain ? matrix : matrix.mapValues { _, _, value in Float(shape(Double(value))) })
    }

    /// Makes the entries of popular items weigh less, values shaped already.
    ///
    /// - Complexity: O(entries); nothing when there is no discount.
    public func discountingPopularItems(of matrix: SparseMatrix) -> SparseMatrix {
        guard popularityDiscount != 0, matrix.count > 0 else { return matrix }
        var counts = [Double](repeating: 0, count: matrix.columns)
        for column in matrix.columnIndices { counts[Int(column)] += 1 }
        let mean = Double(matrix.count) / Double(max(1, counts.count { $0 > 0 }))
        let discounts = counts.map { $0 > 0 ? Float(Numerics.power($0 / mean, -popularityDiscount)) : 0 }
        return matrix.mapValues { _, column, value in value * discounts[column] }
    }
}
