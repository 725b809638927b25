/// Byte strings one after the other in one buffer, with the places where they part.
///
/// ```
/// bytes    u 7 u 2 1 u 9        offsets  0 2 5 7      three strings: "u7" "u21" "u9"
/// ```
public struct ByteArrayColumn: Sendable, Equatable {
    /// All strings one after the other.
    public private(set) var bytes: [UInt8]
    /// Where each string starts in `bytes`, and where the last one ends: `count + 1` numbers.
    public private(set) var offsets: [UInt32]

    /// No strings.
    public init() {
        bytes = []
        offsets = [0]
    }

    /// Takes strings that lie in one buffer already.
    ///
    /// The offsets must begin with 0, must not descend and must end with `bytes.count`; anything else is a caller's
    /// mistake and traps.
    /// - Complexity: O(count): the offsets are checked.
    public init(bytes: [UInt8], offsets: [UInt32]) {
        precondition(offsets.first == 0 && offsets.last == UInt32(bytes.count), "offsets do not span the bytes")
        offsets.withUnsafeBufferPointer { offsets in
            var isAscending = true
            for index in 1..<offsets.count { isAscending = isAscending && offsets[index - 1] <= offsets[index] }
            precondition(isAscending, "offsets descend")
        }
        self.bytes = bytes
        self.offsets = offsets
    }

    /// For decoders that have made sure themselves that the offsets ascend and span the bytes.
    init(unchecked bytes: [UInt8], offsets: [UInt32]) {
        self.bytes = bytes
        self.offsets = offsets
    }

    /// The UTF-8 of texts.
    public init(_ texts: some Sequence<String>) {
        self.init()
        for text in texts { append(text) }
    }

    /// Strings.
    public var count: Int { offsets.count - 1 }

    /// Whether there is no string.
    public var isEmpty: Bool { count == 0 }

    /// The bytes of one string, as a slice of `bytes`.
    public subscript(index: Int) -> ArraySlice<UInt8> { bytes[range(of: index)] }

    /// One string as text; bytes that are not UTF-8 become U+FFFD.
    public func text(at index: Int) -> String { String(decoding: self[index], as: UTF8.self) }

    /// All strings as texts.
    public var texts: [String] { (0..<count).map { text(at: $0) } }

    /// Where one string lies in `bytes`.
    public func range(of index: Int) -> Range<Int> { Int(offsets[index])..<Int(offsets[index + 1]) }

    /// Adds a string. All strings together must stay below 4 GiB.
    public mutating func append(_ string: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: string)
        offsets.append(UInt32(bytes.count))
    }

    /// Adds the UTF-8 of a text.
    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Makes room.
    public mutating func reserveCapacity(_ count: Int, byteCount: Int) {
        offsets.reserveCapacity(count + 1)
        bytes.reserveCapacity(byteCount)
    }

    /// The strings at these positions, in their order.
    func selecting(_ positions: some Sequence<Int>) -> ByteArrayColumn {
        var selected = ByteArrayColumn()
        for position in positions {
            selected.bytes.append(contentsOf: bytes[range(of: position)])
            selected.offsets.append(UInt32(selected.bytes.count))
        }
        return selected
    }
}
