/// Writes a BSON document front to back into one buffer, without an object a field.
///
/// ```
///   document:  │ int32 length │ element │ element │ … │ 0 │
///   element:   │ type │ key … 0 │ value │
/// ```
///
/// Lengths are filled in when a document closes. `removeAll` starts the next document in the same buffer. A key must not
/// hold a NUL, and a document not more than 2 GiB: caller's bugs, which trap. That keys are unique is the caller's care.
public struct BSONBuilder {
    private(set) var bytes: [UInt8]
    /// Offset of the innermost open document; its length stands there when it closes.
    private var openOffset = 0
    var floatLayout = BSONFloatArrayLayout(count: 0)

    /// An empty document.
    public init() {
        bytes = []
        bytes.reserveCapacity(256)
        bytes.append(contentsOf: [0, 0, 0, 0])
    }

    /// Starts over, keeping the buffer.
    public mutating func removeAll() {
        precondition(openOffset == 0, "removeAll inside a nested document")
        bytes.removeAll(keepingCapacity: true)
        bytes.append(contentsOf: [0, 0, 0, 0])
    }

    /// The document so far, copied.
    public func document() -> BSONDocument {
        var copy = self
        return copy.withClosedBytes { BSONDocument(trusted: Array($0)) }
    }

    /// Calls `body` with the bytes of the finished document; more may be appended afterwards.
    mutating func withClosedBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        precondition(openOffset == 0, "the document is still open")
        bytes.append(0)
        storeLength(at: 0)
        defer { bytes.removeLast() }
        return try bytes.withUnsafeBytes(body)
    }

    private mutating func storeLength(at offset: Int) {
        let length = Int32(bytes.count - offset)
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: length.littleEndian, toByteOffset: offset, as: Int32.self) }
    }

    mutating func appendHead(_ type: BSONType, _ key: String) {
        bytes.append(type.rawValue)
        precondition(!key.utf8.contains(0), "a BSON key cannot hold a NUL")
        bytes.append(contentsOf: key.utf8)
        bytes.append(0)
    }

    private mutating func appendFixed<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func appendBytes(_ more: [UInt8]) { bytes.append(contentsOf: more) }

    mutating func withUnsafeMutableBytes<R>(from offset: Int, _ body: (UnsafeMutableRawBufferPointer) -> R) -> R {
        bytes.withUnsafeMutableBytes { body(UnsafeMutableRawBufferPointer(rebasing: $0[offset...])) }
    }

    // MARK: - scalars

    /// Appends text.
    public mutating func append(_ key: String, _ value: String) {
        appendHead(.string, key)
        var value = value
        value.withUTF8 { text in
            appendFixed(Int32(text.count + 1))
            bytes.append(contentsOf: text)
        }
        bytes.append(0)
    }

    /// Appends a 32-bit integer.
    public mutating func append(_ key: String, _ value: Int32) {
        appendHead(.int32, key)
        appendFixed(value)
    }

    /// Appends a 64-bit integer.
    public mutating func append(_ key: String, _ value: Int64) {
        appendHead(.int64, key)
        appendFixed(value)
    }

    /// Appends a double.
    public mutating func append(_ key: String, _ value: Double) {
        appendHead(.double, key)
        appendFixed(value.bitPattern)
    }

    /// Appends a bool.
    public mutating func append(_ key: String, _ value: Bool) {
        appendHead(.bool, key)
        bytes.append(value ? 1 : 0)
    }

    /// Appends a date.
    public mutating func append(_ key: String, epochMilliseconds: Int64) {
        appendHead(.date, key)
        appendFixed(epochMilliseconds)
    }

    /// Appends null.
    public mutating func appendNull(_ key: String) { appendHead(.null, key) }

    /// Appends a value of any kind.
    public mutating func append(_ key: String, _ value: BSONValue) {
        switch value {
        case .double(let number): append(key, number)
        case .string(let text): append(key, text)
        case .int32(let number): append(key, number)
        case .int64(let number): append(key, number)
        case .bool(let isTrue): append(key, isTrue)
        case .date(let epochMilliseconds): append(key, epochMilliseconds: epochMilliseconds)
        case .null: appendNull(key)
        case .document(let document): append(key, document)
        case .array(let values): appendArray(key, values) { $0.append($1, $2) }
        }
    }

    // MARK: - documents and arrays

    /// Appends a document that is whole already.
    public mutating func append(_ key: String, _ document: BSONDocument) {
        appendHead(.document, key)
        bytes.append(contentsOf: document.bytes)
    }

    /// Appends a document that `body` builds in place.
    public mutating func appendDocument<E: Error>(
        _ key: String, _ body: (inout BSONBuilder) throws(E) -> Void
    ) throws(E) {
        try appendNested(.document, key, body)
    }

    /// Appends an array; `append` writes one element under the key it is given.
    public mutating func appendArray<Element, E: Error>(
        _ key: String, _ elements: some Sequence<Element>,
        _ append: (inout BSONBuilder, String, Element) throws(E) -> Void
    ) throws(E) {
        try appendNested(.array, key) { (builder) throws(E) in
            var index = 0
            for element in elements {
                try append(&builder, String(index), element)
                index += 1
            }
        }
    }

    /// Appends an array of documents that are whole already.
    public mutating func appendArray(_ key: String, _ documents: some Sequence<BSONDocument>) {
        appendArray(key, documents) { $0.append($1, $2) }
    }

    private mutating func appendNested<E: Error>(
        _ type: BSONType, _ key: String, _ body: (inout BSONBuilder) throws(E) -> Void
    ) throws(E) {
        appendHead(type, key)
        let outer = openOffset
        let start = bytes.count
        openOffset = start
        appendFixed(Int32(0))
        // A document that broke off is closed all the same, so that what stands before it is not lost.
        defer {
            bytes.append(0)
            storeLength(at: start)
            openOffset = outer
        }
        try body(&self)
    }
}
