/// How the values of a leaf compare, so that least and greatest mean the same to writer and reader
/// (Parquet format, LogicalTypes.md and `ColumnOrder` of parquet.thrift).
enum ValueOrder: Equatable {
    case boolean
    case signed32
    case signed64
    case unsigned32
    case unsigned64
    case float
    case double
    /// Byte by byte, unsigned.
    case bytes

    /// The order of a leaf; nil where the format defines none that bounds could be read by.
    init?(_ leaf: SchemaLeaf) {
        let isUnsigned = if case .integer(_, isSigned: false) = leaf.logicalType { true } else { false }
        switch leaf.type {
        case .boolean: self = .boolean
        case .int32: self = isUnsigned ? .unsigned32 : .signed32
        case .int64: self = isUnsigned ? .unsigned64 : .signed64
        case .float: self = .float
        case .double: self = .double
        case .int96: return nil
        case .byteArray, .fixedLengthByteArray:
            switch leaf.logicalType {
            case .decimal, .float16, .interval, .other: return nil
            default: self = .bytes
            }
        }
    }

    /// Whether the bounds of old writers, which compared all bytes as signed, can be used.
    var isSignedNumber: Bool {
        switch self {
        case .signed32, .signed64, .float, .double: true
        case .boolean, .unsigned32, .unsigned64, .bytes: false
        }
    }

    /// Byte count of a bound, nil when it varies.
    private var byteCount: Int? {
        switch self {
        case .boolean: 1
        case .signed32, .unsigned32, .float: 4
        case .signed64, .unsigned64, .double: 8
        case .bytes: nil
        }
    }

    /// Whether the bytes can be a bound of this order.
    func accepts(_ bound: [UInt8]) -> Bool { byteCount.map { $0 == bound.count } ?? true }

    /// Whether `left` comes before `right`; both accepted.
    func isLess(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        switch self {
        case .boolean: left[0] < right[0]
        case .signed32: Self.load(left, Int32.self) < Self.load(right, Int32.self)
        case .signed64: Self.load(left, Int64.self) < Self.load(right, Int64.self)
        case .unsigned32: Self.load(left, UInt32.self) < Self.load(right, UInt32.self)
        case .unsigned64: Self.load(left, UInt64.self) < Self.load(right, UInt64.self)
        case .float: Self.load(left, Float.self) < Self.load(right, Float.self)
        case .double: Self.load(left, Double.self) < Self.load(right, Double.self)
        case .bytes: left.lexicographicallyPrecedes(right)
        }
    }

    private static func load<Value: BitwiseCopyable>(_ bytes: [UInt8], _ type: Value.Type) -> Value {
        bytes.withUnsafeBytes { $0.loadUnaligned(as: type) }
    }
}

/// Least and greatest value of some rows, in the format's plain encoding (byte arrays without their length).
struct ValueBounds: Equatable {
    var minimum: [UInt8]
    var maximum: [UInt8]

    /// Takes in the bounds of further rows.
    mutating func formUnion(_ other: ValueBounds, _ order: ValueOrder) {
        if order.isLess(other.minimum, minimum) { minimum = other.minimum }
        if order.isLess(maximum, other.maximum) { maximum = other.maximum }
    }

    /// The bounds of two values of fixed width.
    init<Value: BitwiseCopyable>(_ minimum: Value, _ maximum: Value) {
        self.minimum = withUnsafeBytes(of: minimum) { Array($0) }
        self.maximum = withUnsafeBytes(of: maximum) { Array($0) }
    }

    init(minimum: [UInt8], maximum: [UInt8]) {
        self.minimum = minimum
        self.maximum = maximum
    }

    /// The bounds as statistics, byte arrays shortened to `limit` bytes. A greatest value that has no short bound is
    /// left out.
    func statistics(order: ValueOrder, nullCount: Int, limit: Int, isText: Bool) -> ColumnStatistics {
        guard order == .bytes else {
            return ColumnStatistics(nullCount: nullCount, minimum: minimum, maximum: maximum)
        }
        let low = Self.shortened(minimum, limit, isText)
        let high = maximum.count <= limit ? maximum : Self.successor(Self.shortened(maximum, limit, isText), isText)
        return ColumnStatistics(
            nullCount: nullCount, minimum: low, maximum: high, isMinimumExact: low == minimum,
            isMaximumExact: high == maximum)
    }

    /// A prefix that comes before all that begin with it; of a text whole characters only.
    private static func shortened(_ bytes: [UInt8], _ limit: Int, _ isText: Bool) -> [UInt8] {
        guard bytes.count > limit else { return bytes }
        var end = limit
        if isText { while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 } }
        return Array(bytes[..<end])
    }

    /// The least string that comes after all that begin with `prefix`; nil when there is none. In a text only an ASCII
    /// character is raised, so that the result is UTF-8 too.
    private static func successor(_ prefix: [UInt8], _ isText: Bool) -> [UInt8]? {
        var bytes = prefix
        while let last = bytes.last {
            if last < (isText ? 0x7F : 0xFF) {
                bytes[bytes.count - 1] = last + 1
                return bytes
            }
            bytes.removeLast()
        }
        return nil
    }
}
