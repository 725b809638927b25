/// One value of a leaf column.
public enum ScalarValue: Sendable, Equatable {
    case boolean(Bool)
    case int32(Int32)
    case int64(Int64)
    case float(Float)
    case double(Double)
    case bytes([UInt8])

    /// The UTF-8 of a text.
    public static func text(_ text: String) -> ScalarValue { .bytes(Array(text.utf8)) }

    /// The value in the format's plain encoding, byte arrays without their length; nil when a leaf of that type does not
    /// hold such values.
    func encoded(for type: PhysicalType) -> [UInt8]? {
        switch (self, type) {
        case (.boolean(let value), .boolean): [value ? 1 : 0]
        case (.int32(let value), .int32): withUnsafeBytes(of: value) { Array($0) }
        case (.int64(let value), .int64): withUnsafeBytes(of: value) { Array($0) }
        case (.float(let value), .float): withUnsafeBytes(of: value) { Array($0) }
        case (.double(let value), .double): withUnsafeBytes(of: value) { Array($0) }
        case (.bytes(let value), .byteArray), (.bytes(let value), .fixedLengthByteArray): value
        default: nil
        }
    }

    /// Reads a plain-encoded value; nil when its length is not that of the type.
    init?(encoded bytes: [UInt8], type: PhysicalType) {
        func load<Value: BitwiseCopyable>(_ type: Value.Type) -> Value? {
            bytes.count == MemoryLayout<Value>.size ? bytes.withUnsafeBytes { $0.loadUnaligned(as: type) } : nil
        }
        let value: ScalarValue? =
            switch type {
            case .boolean: bytes.count == 1 ? .boolean(bytes[0] != 0) : nil
            case .int32: load(Int32.self).map { .int32($0) }
            case .int64: load(Int64.self).map { .int64($0) }
            case .float: load(Float.self).map { .float($0) }
            case .double: load(Double.self).map { .double($0) }
            case .int96, .byteArray, .fixedLengthByteArray: .bytes(bytes)
            }
        guard let value else { return nil }
        self = value
    }
}

extension ColumnStatistics {
    /// A lower bound of the leaf's values, the least one itself when `isMinimumExact`; nil when none is told or its order
    /// cannot be trusted.
    public func minimumValue(of leaf: SchemaLeaf) -> ScalarValue? {
        trusted(minimum, leaf).flatMap { ScalarValue(encoded: $0, type: leaf.type) }
    }

    /// An upper bound likewise.
    public func maximumValue(of leaf: SchemaLeaf) -> ScalarValue? {
        trusted(maximum, leaf).flatMap { ScalarValue(encoded: $0, type: leaf.type) }
    }

    /// The bound, if writer and reader are sure to mean the same by it.
    func trusted(_ bound: [UInt8]?, _ leaf: SchemaLeaf) -> [UInt8]? {
        guard let bound, let order = ValueOrder(leaf), order.accepts(bound) else { return nil }
        return isFromOlderFields && !order.isSignedNumber ? nil : bound
    }
}
