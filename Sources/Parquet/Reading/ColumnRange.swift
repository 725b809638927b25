/// Values of a column from `lower` to `upper`, both included: what a reader can skip row groups and pages by.
public struct ColumnRange: Sendable, Equatable {
    /// Dotted path of the column.
    public var column: String
    /// Least value wanted; nil: no bound.
    public var lower: ScalarValue?
    /// Greatest value wanted; nil: no bound.
    public var upper: ScalarValue?

    /// Makes a range.
    public init(_ column: String, from lower: ScalarValue? = nil, through upper: ScalarValue? = nil) {
        self.column = column
        self.lower = lower
        self.upper = upper
    }
}

/// A range in the form that bounds are compared in.
struct BoundFilter {
    let leaf: SchemaLeaf
    private let order: ValueOrder?
    private let lower: [UInt8]?
    private let upper: [UInt8]?

    init(_ range: ColumnRange, _ leaf: SchemaLeaf) throws {
        self.leaf = leaf
        order = ValueOrder(leaf)
        func encoded(_ value: ScalarValue?) throws -> [UInt8]? {
            guard let value else { return nil }
            guard let bytes = value.encoded(for: leaf.type) else {
                throw ParquetError.mismatch("column \(leaf.name) holds \(leaf.type.name), a bound is \(value)")
            }
            return bytes
        }
        lower = try encoded(range.lower)
        upper = try encoded(range.upper)
    }

    /// Whether values between the bounds may lie in the range. What is not known may.
    func mayHold(minimum: [UInt8]?, maximum: [UInt8]?) -> Bool {
        guard let order else { return true }
        if let lower, let maximum, order.accepts(maximum), order.isLess(maximum, lower) { return false }
        if let upper, let minimum, order.accepts(minimum), order.isLess(upper, minimum) { return false }
        return true
    }
}
