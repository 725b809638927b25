/// Types of the Thrift compact protocol
/// (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).
enum CompactType: UInt8 {
    case stop = 0
    case booleanTrue = 1
    case booleanFalse = 2
    case byte = 3
    case int16 = 4
    case int32 = 5
    case int64 = 6
    case double = 7
    case binary = 8
    case list = 9
    case set = 10
    case map = 11
    case structure = 12
}

/// Number and type of a field that follows.
struct CompactField {
    let id: Int16
    let type: CompactType
}

/// Reads the Thrift compact protocol from bytes that it does not trust: no length is believed beyond the bytes that are
/// left, nesting is bounded, and every loop consumes bytes.
struct CompactReader {
    private var cursor: ByteCursor
    private var depth = 0
    /// Deeper than any structure of the format.
    private static let deepest = 64

    init(_ bytes: UnsafeRawBufferPointer) { cursor = ByteCursor(bytes) }

    /// Bytes consumed so far.
    var position: Int { cursor.position }

    // MARK: structures and lists

    /// Reads a struct: `body` is called for each field and consumes it by one of the typed reads or `skip`.
    mutating func readStructure(_ body: (inout CompactReader, CompactField) throws -> Void) throws {
        try enter()
        var last: Int16 = 0
        while let field = try readField(after: last) {
            last = field.id
            try body(&self, field)
        }
        depth -= 1
    }

    /// Reads a struct-typed field.
    mutating func readStructure(
        _ field: CompactField, _ body: (inout CompactReader, CompactField) throws -> Void
    ) throws {
        try expect(.structure, field)
        try readStructure(body)
    }

    /// Reads a list: `body` is called for each element and consumes it.
    mutating func readList(
        _ field: CompactField, of type: CompactType, _ body: (inout CompactReader) throws -> Void
    ) throws {
        try expect(.list, field)
        let (count, element) = try readListHeader()
        let isBoolean = type == .booleanTrue && element == .booleanFalse
        guard count == 0 || element == type || isBoolean else {
            throw ParquetError.damaged("metadata field \(field.id) is a list of the wrong type")
        }
        try enter()
        for _ in 0..<count { try body(&self) }
        depth -= 1
    }

    private mutating func enter() throws {
        depth += 1
        guard depth <= Self.deepest else { throw ParquetError.damaged("metadata is nested too deep") }
    }

    private mutating func readField(after last: Int16) throws -> CompactField? {
        let header = try cursor.readByte()
        guard let type = CompactType(rawValue: header & 0x0f) else {
            throw ParquetError.damaged("metadata has a field of unknown type \(header & 0x0f)")
        }
        if type == .stop { return nil }
        let step = Int16(header >> 4)
        if step == 0 {
            let id = try cursor.readZigzag()
            guard let id = Int16(exactly: id) else { throw ParquetError.damaged("metadata has a field number \(id)") }
            return CompactField(id: id, type: type)
        }
        let (id, overflow) = last.addingReportingOverflow(step)
        guard !overflow else { throw ParquetError.damaged("metadata has a field number over 32767") }
        return CompactField(id: id, type: type)
    }

    private mutating func readListHeader() throws -> (count: Int, element: CompactType) {
        let header = try cursor.readByte()
        guard let element = CompactType(rawValue: header & 0x0f), element != .stop else {
            throw ParquetError.damaged("metadata has a list of unknown type \(header & 0x0f)")
        }
        let count = header >> 4 == 15 ? try cursor.readCount("the length of a list") : Int(header >> 4)
        // Every element takes at least one byte.
        guard count <= cursor.remaining else {
            throw ParquetError.damaged(
                "a list of \(count) elements is announced where \(cursor.remaining) bytes are left")
        }
        return (count, element)
    }

    // MARK: values of fields

    mutating func readBoolean(_ field: CompactField) throws -> Bool {
        guard field.type == .booleanTrue || field.type == .booleanFalse else {
            throw ParquetError.damaged("metadata field \(field.id) is not a truth value")
        }
        return field.type == .booleanTrue
    }

    mutating func readInt8(_ field: CompactField) throws -> Int8 {
        try expect(.byte, field)
        return Int8(bitPattern: try cursor.readByte())
    }

    mutating func readInt32(_ field: CompactField) throws -> Int32 {
        guard field.type == .int32 || field.type == .int16 else {
            throw ParquetError.damaged("metadata field \(field.id) is not a 32-bit number")
        }
        return try readInt32Element()
    }

    mutating func readInt64(_ field: CompactField) throws -> Int64 {
        try expect(.int64, field)
        return try cursor.readZigzag()
    }

    mutating func readBinary(_ field: CompactField) throws -> [UInt8] {
        try expect(.binary, field)
        return try readBinaryElement()
    }

    mutating func readString(_ field: CompactField) throws -> String {
        String(decoding: try readBinary(field), as: UTF8.self)
    }

    /// A count or an offset: a 64-bit number that must not be negative.
    mutating func readOffset(_ field: CompactField) throws -> Int {
        let value = try readInt64(field)
        guard value >= 0 else { throw ParquetError.damaged("metadata field \(field.id) is negative (\(value))") }
        return Int(value)
    }

    /// A count: a 32-bit number that must not be negative.
    mutating func readCount(_ field: CompactField) throws -> Int {
        let value = try readInt32(field)
        guard value >= 0 else { throw ParquetError.damaged("metadata field \(field.id) is negative (\(value))") }
        return Int(value)
    }

    private func expect(_ type: CompactType, _ field: CompactField) throws {
        guard field.type == type else {
            throw ParquetError.damaged("metadata field \(field.id) has type \(field.type), not \(type)")
        }
    }

    // MARK: elements of lists

    mutating func readBooleanElement() throws -> Bool { try cursor.readByte() == 1 }

    mutating func readInt32Element() throws -> Int32 {
        let value = try cursor.readZigzag()
        guard let value = Int32(exactly: value) else {
            throw ParquetError.damaged("metadata has a 32-bit number \(value)")
        }
        return value
    }

    mutating func readInt64Element() throws -> Int64 { try cursor.readZigzag() }

    mutating func readBinaryElement() throws -> [UInt8] {
        let count = try cursor.readCount("the length of a string")
        return [UInt8](try cursor.take(count))
    }

    mutating func readStringElement() throws -> String { String(decoding: try readBinaryElement(), as: UTF8.self) }

    // MARK: what is not known

    /// Passes over the value of a field.
    mutating func skip(_ field: CompactField) throws {
        switch field.type {
        case .booleanTrue, .booleanFalse: break
        default: try skipElement(field.type)
        }
    }

    private mutating func skipElement(_ type: CompactType) throws {
        switch type {
        case .stop: throw ParquetError.damaged("metadata has a value without a type")
        case .booleanTrue, .booleanFalse, .byte: _ = try cursor.readByte()
        case .int16, .int32, .int64: _ = try cursor.readVarint()
        case .double: _ = try cursor.take(8)
        case .binary: _ = try cursor.take(try cursor.readCount("the length of a string"))
        case .list, .set:
            let (count, element) = try readListHeader()
            try enter()
            for _ in 0..<count { try skipElement(element) }
            depth -= 1
        case .map: try skipMap()
        case .structure: try readStructure { reader, field in try reader.skip(field) }
        }
    }

    private mutating func skipMap() throws {
        let count = try cursor.readCount("the length of a map")
        if count == 0 { return }
        let types = try cursor.readByte()
        guard let key = CompactType(rawValue: types >> 4), let value = CompactType(rawValue: types & 0x0f) else {
            throw ParquetError.damaged("metadata has a map of unknown types")
        }
        try enter()
        for _ in 0..<count {
            try skipElement(key)
            try skipElement(value)
        }
        depth -= 1
    }
}
