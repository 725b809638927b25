/// The one form of a Snappy block that we make and read ourselves: everything as a single literal.
///
/// ```
/// varint(length)  tag 0xF0 (literal, 1 byte of length) … 0xFC (4 bytes)  length - 1, little-endian  bytes
/// ```
///
/// (https://github.com/google/snappy/blob/main/format_description.txt, section 2.1.) Bit-packed codes do not compress;
/// stored so they cost no search when written and not even a copy when read, and every Snappy decoder reads them.
enum SnappyBlock {
    /// Appends what comes before `byteCount` bytes, which follow as they are.
    static func appendHeader(ofStored byteCount: Int, to buffer: OutputBuffer) {
        buffer.append(varint: UInt64(byteCount))
        guard byteCount > 0 else { return }
        buffer.append(byte: 63 << 2)
        buffer.append(littleEndian: UInt32(byteCount - 1))
    }

    /// The literal, in place, when the block is nothing else.
    static func storedLiteral(_ block: UnsafeRawBufferPointer, byteCount: Int) -> UnsafeRawBufferPointer? {
        let start = block.count - byteCount
        // Length, tag and the literal's length take 2...10 bytes; what compresses or is longer is not this form.
        guard byteCount > 0, start >= 2, start <= 10 else { return nil }
        var cursor = ByteCursor(block)
        guard let length = try? cursor.readVarint(), length == UInt64(byteCount), let tag = try? cursor.readByte(),
            tag & 3 == 0
        else { return nil }
        var literal = Int(tag >> 2)
        if literal >= 60 {
            let width = literal - 59
            guard let bytes = try? cursor.take(width) else { return nil }
            literal = bytes.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
        }
        guard literal + 1 == byteCount, cursor.position == start else { return nil }
        return cursor.rest
    }
}
