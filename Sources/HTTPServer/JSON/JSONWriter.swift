/// Renders JSON (RFC 8259) straight into bytes: no intermediate object, one growing block of memory for the whole text.
///
/// The caller keeps objects and arrays balanced; commas and escapes are the writer's. The memory is the writer's own, so
/// it is not copied but moved or borrowed.
public struct JSONWriter: ~Copyable {
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var needsComma = false
    /// How many bytes were rendered so far.
    public private(set) var byteCount = 0

    /// An empty writer with room for `capacity` bytes.
    public init(capacity: Int = 512) {
        self.capacity = max(capacity, 64)
        start = .allocate(capacity: self.capacity)
    }

    deinit { start.deallocate() }

    /// A copy of what was rendered so far.
    ///
    /// - Complexity: O(bytes)
    public var bytes: [UInt8] { Array(UnsafeBufferPointer(start: start, count: byteCount)) }

    /// Calls `body` with what was rendered so far; the pointer must not leave it.
    public func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        try body(UnsafeBufferPointer(start: start, count: byteCount))
    }

    // MARK: - Structure

    /// Opens an object.
    public mutating func beginObject() { open(UInt8(ascii: "{")) }

    /// Closes an object.
    public mutating func endObject() { close(UInt8(ascii: "}")) }

    /// Opens an array.
    public mutating func beginArray() { open(UInt8(ascii: "[")) }

    /// Closes an array.
    public mutating func endArray() { close(UInt8(ascii: "]")) }

    /// Writes a member's name; it must need no escape.
    public mutating func key(_ name: StaticString) {
        let count = name.utf8CodeUnitCount
        reserve(count + 4)
        separate()
        start[byteCount] = UInt8(ascii: "\"")
        name.withUTF8Buffer { text in
            guard let source = text.baseAddress else { return }
            (start + byteCount + 1).update(from: source, count: count)
        }
        start[byteCount + count + 1] = UInt8(ascii: "\"")
        start[byteCount + count + 2] = UInt8(ascii: ":")
        byteCount += count + 3
        needsComma = false
    }

    /// Writes a member's name that is not known when compiling.
    public mutating func key(escaping name: String) {
        string(name)
        append(UInt8(ascii: ":"))
        needsComma = false
    }

    // MARK: - Values

    /// Writes a string.
    public mutating func string(_ value: String) {
        var value = value
        value.withUTF8 { string(utf8: $0) }
    }

    /// Writes a string whose bytes are known to be UTF-8.
    public mutating func string(utf8 text: UnsafeBufferPointer<UInt8>) {
        // Six bytes are the longest escape of one, and two quotes and a comma.
        reserve(text.count * 6 + 3)
        separate()
        start[byteCount] = UInt8(ascii: "\"")
        byteCount = JSONEscape.write(text, to: start, at: byteCount + 1)
        start[byteCount] = UInt8(ascii: "\"")
        byteCount += 1
        needsComma = true
    }

    /// Writes a whole number.
    public mutating func integer(_ value: Int64) {
        // Nineteen digits, a sign and a comma.
        reserve(21)
        separate()
        var magnitude = value.magnitude
        if value < 0 { append(UInt8(ascii: "-")) }
        var digitCount = 1
        var bound: UInt64 = 10
        while digitCount < 19, magnitude >= bound {
            digitCount += 1
            bound *= 10
        }
        for index in (byteCount..<byteCount + digitCount).reversed() {
            start[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
            magnitude /= 10
        }
        byteCount += digitCount
        needsComma = true
    }

    /// Writes a whole number.
    public mutating func integer(_ value: Int) { integer(Int64(value)) }

    /// Writes the shortest text that reads back as the same number; `null` for what JSON has no word for (NaN, ∞).
    public mutating func number(_ value: Double) { value.isFinite ? digits("\(value)") : null() }

    /// Writes the shortest text that reads back as the same single-precision number; `null` for NaN and ∞.
    public mutating func number(_ value: Float) { value.isFinite ? digits("\(value)") : null() }

    /// Writes `true` or `false`.
    public mutating func boolean(_ value: Bool) { literal(value ? "true" : "false") }

    /// Writes `null`.
    public mutating func null() { literal("null") }

    /// Writes a value, or members of the object that is open, that are JSON already.
    public mutating func raw(_ json: UnsafeBufferPointer<UInt8>) {
        reserve(json.count + 1)
        separate()
        copy(json)
        needsComma = true
    }

    /// Writes a value that is JSON already.
    public mutating func raw(_ json: [UInt8]) { json.withUnsafeBufferPointer { raw($0) } }

    // MARK: - Members

    /// Writes a member, `null` for nil.
    public mutating func member(_ name: StaticString, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    /// Writes a member, `null` for nil.
    public mutating func member(_ name: StaticString, _ value: Int?) {
        key(name)
        if let value { integer(value) } else { null() }
    }

    /// Writes a member, `null` for nil.
    public mutating func member(_ name: StaticString, _ value: Int64?) {
        key(name)
        if let value { integer(value) } else { null() }
    }

    /// Writes a member, `null` for nil, NaN and ∞.
    public mutating func member(_ name: StaticString, _ value: Double?) {
        key(name)
        if let value { number(value) } else { null() }
    }

    /// Writes a member, `null` for nil, NaN and ∞.
    public mutating func member(_ name: StaticString, _ value: Float?) {
        key(name)
        if let value { number(value) } else { null() }
    }

    /// Writes a member.
    public mutating func member(_ name: StaticString, _ value: Bool) {
        key(name)
        boolean(value)
    }

    // MARK: - Private

    private mutating func open(_ bracket: UInt8) {
        reserve(2)
        separate()
        append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        append(bracket)
        needsComma = true
    }

    private mutating func literal(_ text: StaticString) {
        reserve(text.utf8CodeUnitCount + 1)
        separate()
        text.withUTF8Buffer { copy($0) }
        needsComma = true
    }

    private mutating func digits(_ text: String) {
        var text = text
        text.withUTF8 { text in
            reserve(text.count + 1)
            separate()
            copy(text)
        }
        needsComma = true
    }

    private mutating func append(_ byte: UInt8) {
        reserve(1)
        start[byteCount] = byte
        byteCount += 1
    }

    /// Copies bytes there is room for.
    private mutating func copy(_ source: UnsafeBufferPointer<UInt8>) {
        guard let base = source.baseAddress else { return }
        (start + byteCount).update(from: base, count: source.count)
        byteCount += source.count
    }

    /// Writes the comma that is due; there is room for it.
    private mutating func separate() {
        guard needsComma else { return }
        start[byteCount] = UInt8(ascii: ",")
        byteCount += 1
    }

    @inline(__always)
    private mutating func reserve(_ count: Int) {
        if capacity - byteCount < count { grow(count) }
    }

    private mutating func grow(_ count: Int) {
        capacity = max(capacity * 2, byteCount + count)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: start, count: byteCount)
        start.deallocate()
        start = larger
    }
}
