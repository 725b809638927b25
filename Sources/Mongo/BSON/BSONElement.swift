/// One element of a `BSONView`. It lives as long as the view.
public struct BSONElement {
    /// The key's UTF-8, without the zero byte.
    public let key: UnsafeRawBufferPointer

    let type: UInt8
    /// The bytes of the value; as many as its type needs, checked.
    let value: UnsafeRawBufferPointer

    /// The key as text.
    public var name: String { String(decoding: key, as: UTF8.self) }

    /// Whether the key is that word; cheaper than comparing `name`.
    public func hasKey(_ word: StaticString) -> Bool {
        guard key.count == word.utf8CodeUnitCount else { return false }
        return UnsafeRawBufferPointer(start: word.utf8Start, count: key.count).elementsEqual(key)
    }

    /// Whether it is null or MongoDB's obsolete undefined.
    public var isNull: Bool { type == BSONType.null.rawValue || type == BSONType.undefined.rawValue }

    // MARK: - values

    /// The text, or nil for another type; malformed UTF-8 is repaired.
    public var string: String? {
        guard type == BSONType.string.rawValue else { return nil }
        return String(decoding: UnsafeRawBufferPointer(rebasing: value[4..<(value.count - 1)]), as: UTF8.self)
    }

    /// The whole number, also when a client stored it as another type of number; nil when it is none.
    public var int64: Int64? {
        switch BSONType(rawValue: type) {
        case .int32: Int64(Int32(littleEndian: value.loadUnaligned(as: Int32.self)))
        case .int64: Int64(littleEndian: value.loadUnaligned(as: Int64.self))
        case .double: Int64(exactly: loadedDouble)
        default: nil
        }
    }

    /// The number, or nil when it is none.
    public var double: Double? {
        type == BSONType.double.rawValue ? loadedDouble : int64.map(Double.init)
    }

    /// The bool, or nil for another type.
    public var bool: Bool? { type == BSONType.bool.rawValue ? value[0] != 0 : nil }

    /// The date in epoch milliseconds, or nil for another type.
    public var date: Int64? {
        type == BSONType.date.rawValue ? Int64(littleEndian: value.loadUnaligned(as: Int64.self)) : nil
    }

    /// The document or array, or nil for another type.
    public var document: BSONView? {
        type == BSONType.document.rawValue || type == BSONType.array.rawValue ? BSONView(trusted: value) : nil
    }

    /// The vector in an array of numbers; nil when it is no array, or one of its elements no number.
    ///
    /// - Complexity: O(count), one allocation.
    public var floats: [Float]? {
        get throws(MongoError) {
            guard type == BSONType.array.rawValue else { return nil }
            let array = BSONView(trusted: value)
            var floats: [Float] = []
            // A type byte, a key of one digit, its zero and the number: no element is shorter.
            floats.reserveCapacity(value.count / 11)
            var offset = 4
            while let element = try array.next(&offset) {
                guard let number = element.double else { return nil }
                floats.append(Float(number))
            }
            return floats
        }
    }

    private var loadedDouble: Double {
        Double(bitPattern: UInt64(littleEndian: value.loadUnaligned(as: UInt64.self)))
    }

    // MARK: - sizes

    /// How many of the bytes in `rest` a value of that type takes.
    static func valueByteCount(type: UInt8, in rest: UnsafeRawBufferPointer) throws(MongoError) -> Int {
        let byteCount: Int? =
            switch BSONType(rawValue: type) {
            case .null, .undefined, .minKey, .maxKey: 0
            case .bool: 1
            case .int32: 4
            case .double, .int64, .date, .timestamp: 8
            case .objectID: 12
            case .decimal128: 16
            case .document, .array, .javaScriptWithScope: nested(rest)
            case .string, .javaScript, .symbol: text(rest)
            case .binary: length(rest).map { $0 + 5 }
            case .dbPointer: text(rest).map { $0 + 12 }
            case .regularExpression: regularExpression(rest)
            case nil: nil
            }
        guard let byteCount, byteCount <= rest.count else { throw .malformed("a value of type \(type) does not fit") }
        return byteCount
    }

    /// A length that stands before a value, when there is one and it is not negative.
    private static func length(_ rest: UnsafeRawBufferPointer) -> Int? {
        guard rest.count >= 4 else { return nil }
        let length = Int32(littleEndian: rest.loadUnaligned(as: Int32.self))
        return length >= 0 ? Int(length) : nil
    }

    private static func text(_ rest: UnsafeRawBufferPointer) -> Int? {
        guard let length = length(rest), length >= 1, rest.count >= length + 4, rest[length + 3] == 0 else {
            return nil
        }
        return length + 4
    }

    private static func nested(_ rest: UnsafeRawBufferPointer) -> Int? {
        guard let length = length(rest), length >= 5, rest.count >= length, rest[length - 1] == 0 else { return nil }
        return length
    }

    private static func regularExpression(_ rest: UnsafeRawBufferPointer) -> Int? {
        guard let first = rest.firstIndex(of: 0), let second = rest[(first + 1)...].firstIndex(of: 0) else {
            return nil
        }
        return second + 1
    }
}
