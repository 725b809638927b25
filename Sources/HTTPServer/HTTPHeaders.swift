/// Header fields in the order they came, in one allocation.
///
/// ```
/// │ name length 2 B │ value length 4 B │ name │ value │ next field …
/// ```
/// Names compare without case (RFC 9110 §5.1). A value that is not UTF-8 is repaired when read as `String`.
public struct HTTPHeaders: Sendable {
    private var storage: [UInt8] = []

    /// No fields.
    public init() {}

    /// The given fields.
    public init(_ fields: [(String, String)]) {
        for (name, value) in fields { add(name, value) }
    }

    /// Whether there is no field.
    public var isEmpty: Bool { storage.isEmpty }

    /// Adds a field after the others; one of the same name stays. Longer names and values than the layout holds are
    /// cut: no server reads so many bytes.
    public mutating func add(_ name: String, _ value: String) {
        var name = name
        var value = value
        name.withUTF8 { name in value.withUTF8 { value in add(name: name, value: value) } }
    }

    mutating func add(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        let nameCount = min(name.count, Int(UInt16.max))
        let valueCount = min(value.count, Int(Int32.max))
        storage.append(UInt8(truncatingIfNeeded: nameCount))
        storage.append(UInt8(truncatingIfNeeded: nameCount >> 8))
        for shift in [0, 8, 16, 24] { storage.append(UInt8(truncatingIfNeeded: valueCount >> shift)) }
        storage.append(contentsOf: UnsafeBufferPointer(rebasing: name[..<nameCount]))
        storage.append(contentsOf: UnsafeBufferPointer(rebasing: value[..<valueCount]))
    }

    mutating func removeAll() { storage.removeAll(keepingCapacity: true) }

    /// The value of the first field of that name.
    ///
    /// - Complexity: O(fields)
    public subscript(name: String) -> String? {
        var found: String?
        forEachField { field, value in
            guard found == nil, Self.areEqual(field, name) else { return }
            found = String(decoding: value, as: UTF8.self)
        }
        return found
    }

    /// How many fields have that name.
    public func count(of name: String) -> Int {
        var count = 0
        forEachField { field, _ in if Self.areEqual(field, name) { count += 1 } }
        return count
    }

    /// Every field in order.
    public func forEach(_ body: (String, String) -> Void) {
        forEachField { body(String(decoding: $0, as: UTF8.self), String(decoding: $1, as: UTF8.self)) }
    }

    /// Bytes of all names and values, and the four (`: `, line end) a field costs on the wire.
    public var byteCount: Int {
        var total = 0
        forEachField { total += $0.count + $1.count + 4 }
        return total
    }

    func forEachField(_ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Void) {
        storage.withUnsafeBufferPointer { bytes in
            var position = 0
            while position < bytes.count {
                let nameCount = Int(bytes[position]) | Int(bytes[position + 1]) << 8
                var valueCount = 0
                for index in (0..<4).reversed() { valueCount = valueCount << 8 | Int(bytes[position + 2 + index]) }
                let name = position + 6
                let value = name + nameCount
                position = value + valueCount
                body(
                    UnsafeBufferPointer(rebasing: bytes[name..<value]),
                    UnsafeBufferPointer(rebasing: bytes[value..<position]))
            }
        }
    }

    private static func areEqual(_ field: UnsafeBufferPointer<UInt8>, _ name: String) -> Bool {
        guard field.count == name.utf8.count else { return false }
        return zip(field, name.utf8).allSatisfy { lowercased($0) == lowercased($1) }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 0x20 : byte }
}
