/// A BSON document in somebody else's memory, read front to back without copying. Do not let it escape the closure that
/// was given it.
///
/// Nothing in it is believed before it is checked: an element that does not fit throws `MongoError` with the code
/// `malformed`.
public struct BSONView {
    /// The document's bytes.
    public let bytes: UnsafeRawBufferPointer

    /// Looks at `bytes` as a document.
    ///
    /// - Throws: `MongoError` when the length it states is not that of the bytes, or its end is missing.
    public init(_ bytes: UnsafeRawBufferPointer) throws(MongoError) {
        guard bytes.count >= 5, Int(Int32(littleEndian: bytes.loadUnaligned(as: Int32.self))) == bytes.count,
            bytes[bytes.count - 1] == 0
        else { throw .malformed("its \(bytes.count) bytes are no document") }
        self.bytes = bytes
    }

    init(trusted bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Calls `body` for each element, in order.
    public func forEachElement(_ body: (BSONElement) throws -> Void) throws {
        var offset = 4
        while let element = try next(&offset) { try body(element) }
    }

    /// The first element of that key, or nil.
    ///
    /// - Complexity: O(bytes before it).
    public subscript(key: StaticString) -> BSONElement? {
        get throws(MongoError) {
            var offset = 4
            while let element = try next(&offset) {
                if element.hasKey(key) { return element }
            }
            return nil
        }
    }

    /// Reads the element at `offset` and moves on; nil at the document's end.
    func next(_ offset: inout Int) throws(MongoError) -> BSONElement? {
        let end = bytes.count - 1
        guard offset < end else {
            guard offset == end else { throw .malformed("an element runs over its end") }
            return nil
        }
        let type = bytes[offset]
        guard type != 0 else { throw .malformed("it ends before its stated length") }
        var keyEnd = offset + 1
        while keyEnd < end, bytes[keyEnd] != 0 { keyEnd += 1 }
        guard keyEnd < end else { throw .malformed("a key does not end") }
        let key = UnsafeRawBufferPointer(rebasing: bytes[(offset + 1)..<keyEnd])
        let rest = UnsafeRawBufferPointer(rebasing: bytes[(keyEnd + 1)..<end])
        let byteCount = try BSONElement.valueByteCount(type: type, in: rest)
        offset = keyEnd + 1 + byteCount
        return BSONElement(key: key, type: type, value: UnsafeRawBufferPointer(rebasing: rest[..<byteCount]))
    }
}
