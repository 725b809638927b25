/// Walks over bytes that it does not trust: every read is checked against the end.
struct ByteCursor {
    let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - position }

    /// The bytes not read yet.
    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[position...]) }

    mutating func readByte() throws -> UInt8 {
        guard position < bytes.count else { throw ParquetError.damaged("the bytes end too early") }
        defer { position += 1 }
        return bytes[position]
    }

    /// The next `count` bytes, in place.
    mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else {
            throw ParquetError.damaged("\(count) bytes are announced where \(remaining) are left")
        }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    mutating func readUInt32() throws -> UInt32 {
        UInt32(littleEndian: try take(4).loadUnaligned(as: UInt32.self))
    }

    /// LEB128: seven bits a byte, the lowest first, the top bit set on all but the last.
    mutating func readVarint() throws -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try readByte()
            guard shift < 63 || byte <= 1 else { throw ParquetError.damaged("a number is longer than 64 bits") }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    /// A varint that must be a small count.
    mutating func readCount(_ what: String) throws -> Int {
        let value = try readVarint()
        guard value <= UInt64(Int32.max) else { throw ParquetError.damaged("\(what) is \(value)") }
        return Int(value)
    }

    /// A varint whose lowest bit is the sign: 0, -1, 1, -2, …
    mutating func readZigzag() throws -> Int64 {
        let value = try readVarint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}
