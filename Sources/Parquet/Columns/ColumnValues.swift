/// The values of one leaf column, nulls left out.
public enum ColumnValues: Sendable, Equatable {
    case boolean([Bool])
    case int32([Int32])
    case int64([Int64])
    case float([Float])
    case double([Double])
    /// BYTE_ARRAY, FIXED_LEN_BYTE_ARRAY and INT96.
    case byteArrays(ByteArrayColumn)
    /// Byte arrays as codes into their distinct values: what a dictionary-encoded chunk holds. Every code is below
    /// `values.count`. Written without hashing a string.
    case dictionary(codes: [UInt32], values: ByteArrayColumn)

    /// How many values.
    public var count: Int {
        switch self {
        case .boolean(let values): values.count
        case .int32(let values): values.count
        case .int64(let values): values.count
        case .float(let values): values.count
        case .double(let values): values.count
        case .byteArrays(let values): values.count
        case .dictionary(let codes, _): codes.count
        }
    }

    /// Whether a leaf of that type holds such values.
    func fits(_ type: PhysicalType) -> Bool {
        switch (self, type) {
        case (.boolean, .boolean), (.int32, .int32), (.int64, .int64), (.float, .float), (.double, .double): true
        case (.byteArrays, .byteArray), (.byteArrays, .fixedLengthByteArray), (.byteArrays, .int96): true
        case (.dictionary, .byteArray), (.dictionary, .fixedLengthByteArray): true
        default: false
        }
    }

    /// No values of a type.
    static func empty(_ type: PhysicalType) -> ColumnValues {
        switch type {
        case .boolean: .boolean([])
        case .int32: .int32([])
        case .int64: .int64([])
        case .float: .float([])
        case .double: .double([])
        case .byteArray, .fixedLengthByteArray, .int96: .byteArrays(ByteArrayColumn())
        }
    }
}

// MARK: - Convenience

extension ColumnValues {
    /// Texts as byte arrays.
    public static func texts(_ texts: some Sequence<String>) -> ColumnValues { .byteArrays(ByteArrayColumn(texts)) }

    /// The values of a string column as texts, whether they are a dictionary or not; nil for other types.
    public var texts: [String]? {
        switch self {
        case .byteArrays(let column): return column.texts
        case .dictionary(let codes, let values):
            let texts = values.texts
            return codes.map { texts[Int($0)] }
        default: return nil
        }
    }

    /// The values at these positions, in their order.
    func selecting(_ positions: some Sequence<Int>) -> ColumnValues {
        switch self {
        case .boolean(let values): .boolean(positions.map { values[$0] })
        case .int32(let values): .int32(positions.map { values[$0] })
        case .int64(let values): .int64(positions.map { values[$0] })
        case .float(let values): .float(positions.map { values[$0] })
        case .double(let values): .double(positions.map { values[$0] })
        case .byteArrays(let column): .byteArrays(column.selecting(positions))
        case .dictionary(let codes, let values): .dictionary(codes: positions.map { codes[$0] }, values: values)
        }
    }
}
