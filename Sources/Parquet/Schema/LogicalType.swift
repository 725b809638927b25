/// What the stored values of a field mean (Parquet format, LogicalTypes.md).
public enum LogicalType: Sendable, Equatable {
    /// Precision of times and timestamps.
    public enum TimeUnit: Int16, Sendable {
        case milliseconds = 1
        case microseconds = 2
        case nanoseconds = 3
    }

    /// UTF-8 text.
    case string
    /// A group of key-value pairs.
    case map
    /// A group that repeats.
    case list
    case enumeration
    case decimal(precision: Int32, scale: Int32)
    /// Days since 1970-01-01.
    case date
    case time(unit: TimeUnit, isAdjustedToUTC: Bool)
    case timestamp(unit: TimeUnit, isAdjustedToUTC: Bool)
    case integer(bitWidth: Int8, isSigned: Bool)
    case json
    case bson
    case uuid
    case float16
    case interval
    /// Only nulls.
    case null
    /// One that this library does not know, by its number in the format.
    case other(Int16)

    /// The older annotation of the same meaning, written beside the newer for older readers.
    var convertedType: Int32? {
        switch self {
        case .string: 0
        case .map: 1
        case .list: 3
        case .enumeration: 4
        case .decimal: 5
        case .date: 6
        case .time(unit: .milliseconds, _): 7
        case .time(unit: .microseconds, _): 8
        case .timestamp(unit: .milliseconds, isAdjustedToUTC: true): 9
        case .timestamp(unit: .microseconds, isAdjustedToUTC: true): 10
        case .integer(let bitWidth, let isSigned): Self.convertedType(bitWidth: bitWidth, isSigned: isSigned)
        case .json: 19
        case .bson: 20
        case .interval: 21
        default: nil
        }
    }

    private static func convertedType(bitWidth: Int8, isSigned: Bool) -> Int32? {
        guard let step = [Int8(8), 16, 32, 64].firstIndex(of: bitWidth) else { return nil }
        return Int32(step) + (isSigned ? 15 : 11)
    }

    /// The meaning of an older annotation.
    init?(convertedType: Int32, precision: Int32, scale: Int32) {
        switch convertedType {
        case 0: self = .string
        case 1, 2: self = .map
        case 3: self = .list
        case 4: self = .enumeration
        case 5: self = .decimal(precision: precision, scale: scale)
        case 6: self = .date
        case 7: self = .time(unit: .milliseconds, isAdjustedToUTC: true)
        case 8: self = .time(unit: .microseconds, isAdjustedToUTC: true)
        case 9: self = .timestamp(unit: .milliseconds, isAdjustedToUTC: true)
        case 10: self = .timestamp(unit: .microseconds, isAdjustedToUTC: true)
        case 11...14: self = .integer(bitWidth: 8 << Int8(convertedType - 11), isSigned: false)
        case 15...18: self = .integer(bitWidth: 8 << Int8(convertedType - 15), isSigned: true)
        case 19: self = .json
        case 20: self = .bson
        case 21: self = .interval
        default: return nil
        }
    }
}

// MARK: - The union `LogicalType` of parquet.thrift

extension LogicalType {
    /// Number of the union's field; nil for what only the older annotation can say.
    private var fieldID: Int16? {
        switch self {
        case .string: 1
        case .map: 2
        case .list: 3
        case .enumeration: 4
        case .decimal: 5
        case .date: 6
        case .time: 7
        case .timestamp: 8
        case .integer: 10
        case .null: 11
        case .json: 12
        case .bson: 13
        case .uuid: 14
        case .float16: 15
        case .interval: nil
        case .other(let id): id
        }
    }

    /// Writes the union as a field of a schema element.
    func write(_ id: Int16, to writer: inout CompactWriter) {
        guard let fieldID else { return }
        writer.writeStructure(id) { union in
            union.writeStructure(fieldID) { writer in
                switch self {
                case .decimal(let precision, let scale):
                    writer.writeInt32(1, scale)
                    writer.writeInt32(2, precision)
                case .time(let unit, let isAdjustedToUTC), .timestamp(let unit, let isAdjustedToUTC):
                    writer.writeBoolean(1, isAdjustedToUTC)
                    writer.writeStructure(2) { $0.writeStructure(unit.rawValue) { _ in } }
                case .integer(let bitWidth, let isSigned):
                    writer.writeInt8(1, bitWidth)
                    writer.writeBoolean(2, isSigned)
                default: break
                }
            }
        }
    }

    /// Reads the union.
    static func read(_ field: CompactField, from reader: inout CompactReader) throws -> LogicalType? {
        var found: LogicalType?
        try reader.readStructure(field) { reader, member in
            let content = try LogicalTypeContent(member, from: &reader)
            found = content.logicalType(fieldID: member.id)
        }
        return found
    }
}

/// What the members of the union hold, one of them at a time.
private struct LogicalTypeContent {
    private var flag1 = false
    private var flag2 = false
    private var number1: Int32 = 0
    private var number2: Int32 = 0
    private var unit: LogicalType.TimeUnit?

    init(_ member: CompactField, from reader: inout CompactReader) throws {
        var content = self
        try reader.readStructure(member) { reader, field in
            switch (field.id, field.type) {
            case (1, .booleanTrue), (1, .booleanFalse): content.flag1 = try reader.readBoolean(field)
            case (2, .booleanTrue), (2, .booleanFalse): content.flag2 = try reader.readBoolean(field)
            case (1, .int32): content.number1 = try reader.readInt32(field)
            case (2, .int32): content.number2 = try reader.readInt32(field)
            case (1, .byte): content.number1 = Int32(try reader.readInt8(field))
            case (2, .structure):
                try reader.readStructure(field) { reader, unit in
                    content.unit = LogicalType.TimeUnit(rawValue: unit.id)
                    try reader.skip(unit)
                }
            default: try reader.skip(field)
            }
        }
        self = content
    }

    func logicalType(fieldID: Int16) -> LogicalType {
        switch fieldID {
        case 1: .string
        case 2: .map
        case 3: .list
        case 4: .enumeration
        case 5: .decimal(precision: number2, scale: number1)
        case 6: .date
        case 7: unit.map { .time(unit: $0, isAdjustedToUTC: flag1) } ?? .other(fieldID)
        case 8: unit.map { .timestamp(unit: $0, isAdjustedToUTC: flag1) } ?? .other(fieldID)
        case 10: .integer(bitWidth: Int8(truncatingIfNeeded: number1), isSigned: flag2)
        case 11: .null
        case 12: .json
        case 13: .bson
        case 14: .uuid
        case 15: .float16
        default: .other(fieldID)
        }
    }
}
