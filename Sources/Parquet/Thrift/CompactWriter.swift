/// Writes the Thrift compact protocol.
struct CompactWriter {
    let buffer: OutputBuffer
    private var last: Int16 = 0

    init(_ buffer: OutputBuffer) { self.buffer = buffer }

    /// Writes a struct: `body` writes its fields in ascending order of their numbers.
    mutating func writeStructure(_ body: (inout CompactWriter) -> Void) {
        var inner = CompactWriter(buffer)
        body(&inner)
        buffer.append(byte: CompactType.stop.rawValue)
    }

    mutating func writeStructure(_ id: Int16, _ body: (inout CompactWriter) -> Void) {
        writeHeader(id, .structure)
        writeStructure(body)
    }

    mutating func writeInt8(_ id: Int16, _ value: Int8) {
        writeHeader(id, .byte)
        buffer.append(byte: UInt8(bitPattern: value))
    }

    mutating func writeInt16(_ id: Int16, _ value: Int16) {
        writeHeader(id, .int16)
        buffer.append(zigzag: Int64(value))
    }

    mutating func writeInt32(_ id: Int16, _ value: Int32) {
        writeHeader(id, .int32)
        buffer.append(zigzag: Int64(value))
    }

    mutating func writeInt64(_ id: Int16, _ value: Int64) {
        writeHeader(id, .int64)
        buffer.append(zigzag: value)
    }

    mutating func writeBoolean(_ id: Int16, _ value: Bool) { writeHeader(id, value ? .booleanTrue : .booleanFalse) }

    mutating func writeBinary(_ id: Int16, _ value: [UInt8]) {
        writeHeader(id, .binary)
        writeBinaryElement(value)
    }

    mutating func writeString(_ id: Int16, _ value: String) { writeBinary(id, Array(value.utf8)) }

    /// Writes a list: `body` writes each element by one of the element writes or `writeStructure(_:)`.
    mutating func writeList<Element>(
        _ id: Int16, of type: CompactType, _ elements: [Element], _ body: (inout CompactWriter, Element) -> Void
    ) {
        writeHeader(id, .list)
        if elements.count < 15 {
            buffer.append(byte: UInt8(elements.count) << 4 | type.rawValue)
        } else {
            buffer.append(byte: 0xf0 | type.rawValue)
            buffer.append(varint: UInt64(elements.count))
        }
        for element in elements { body(&self, element) }
    }

    func writeBinaryElement(_ value: [UInt8]) {
        buffer.append(varint: UInt64(value.count))
        buffer.append(value)
    }

    func writeStringElement(_ value: String) { writeBinaryElement(Array(value.utf8)) }

    func writeInt32Element(_ value: Int32) { buffer.append(zigzag: Int64(value)) }

    func writeInt64Element(_ value: Int64) { buffer.append(zigzag: value) }

    func writeBooleanElement(_ value: Bool) {
        buffer.append(byte: (value ? CompactType.booleanTrue : .booleanFalse).rawValue)
    }

    private mutating func writeHeader(_ id: Int16, _ type: CompactType) {
        precondition(id > last, "fields are written in ascending order")
        let step = id - last
        if step <= 15 {
            buffer.append(byte: UInt8(step) << 4 | type.rawValue)
        } else {
            buffer.append(byte: type.rawValue)
            buffer.append(zigzag: Int64(id))
        }
        last = id
    }
}
