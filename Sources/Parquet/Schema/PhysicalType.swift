/// How the values of a leaf column are stored; numbers as in the format.
public enum PhysicalType: Int32, Sendable, CaseIterable {
    case boolean = 0
    case int32 = 1
    case int64 = 2
    /// Twelve bytes, a timestamp of old writers; read as byte arrays.
    case int96 = 3
    case float = 4
    case double = 5
    case byteArray = 6
    /// Byte arrays of one length, which the schema tells.
    case fixedLengthByteArray = 7

    /// The name that the format gives it.
    public var name: String {
        switch self {
        case .boolean: "BOOLEAN"
        case .int32: "INT32"
        case .int64: "INT64"
        case .int96: "INT96"
        case .float: "FLOAT"
        case .double: "DOUBLE"
        case .byteArray: "BYTE_ARRAY"
        case .fixedLengthByteArray: "FIXED_LEN_BYTE_ARRAY"
        }
    }
}

/// Whether a field may be absent or may come many times; numbers as in the format.
public enum Repetition: Int32, Sendable {
    case required = 0
    case optional = 1
    case repeated = 2
}
