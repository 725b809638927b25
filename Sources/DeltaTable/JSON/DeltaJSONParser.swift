/// Why a text is not JSON, and where.
public struct DeltaJSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Byte offset of what is wrong.
    public let offset: Int
    /// What is wrong.
    public let reason: String

    /// The reason and the offset.
    public var description: String { "\(reason) at byte \(offset)" }
}

/// A strict parser of RFC 8259. It recurses no deeper than `maximumDepth` and allocates in proportion to the text, so a
/// damaged or hostile commit file costs no more than its size.
struct DeltaJSONParser {
    /// Deeper nesting is refused; the deepest legitimate thing is a statistics object.
    static let maximumDepth = 64

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var depth = 0

    private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    static func parse(_ bytes: UnsafeRawBufferPointer) throws(DeltaJSONError) -> DeltaJSON {
        var parser = Self(bytes)
        let value = try parser.value()
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.error("something follows the value") }
        return value
    }

    private func error(_ reason: String) -> DeltaJSONError { DeltaJSONError(offset: position, reason: reason) }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private func peek() throws(DeltaJSONError) -> UInt8 {
        guard position < bytes.count else { throw error("the text ends in the middle of a value") }
        return bytes[position]
    }

    private mutating func value() throws(DeltaJSONError) -> DeltaJSON {
        skipSpace()
        switch try peek() {
        case UInt8(ascii: "{"): return try nested { parser throws(DeltaJSONError) in try parser.object() }
        case UInt8(ascii: "["): return try nested { parser throws(DeltaJSONError) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw error("no JSON value begins like this")
        }
    }

    private mutating func nested(
        _ body: (inout Self) throws(DeltaJSONError) -> DeltaJSON
    ) throws(DeltaJSONError) -> DeltaJSON {
        guard depth < Self.maximumDepth else { throw error("values are nested deeper than \(Self.maximumDepth)") }
        depth += 1
        defer { depth -= 1 }
        position += 1
        return try body(&self)
    }

    private mutating func object() throws(DeltaJSONError) -> DeltaJSON {
        var members: [DeltaJSONObject.Member] = []
        skipSpace()
        if try peek() == UInt8(ascii: "}") {
            position += 1
            return .object(DeltaJSONObject())
        }
        while true {
            skipSpace()
            guard try peek() == UInt8(ascii: "\"") else { throw error("a member's name is expected") }
            let name = try string()
            skipSpace()
            guard try peek() == UInt8(ascii: ":") else { throw error("a colon is expected") }
            position += 1
            members.append(DeltaJSONObject.Member(name: name, value: try value()))
            skipSpace()
            switch try peek() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"):
                position += 1
                return .object(DeltaJSONObject(members))
            default: throw error("a comma or the end of the object is expected")
            }
        }
    }

    private mutating func array() throws(DeltaJSONError) -> DeltaJSON {
        var elements: [DeltaJSON] = []
        skipSpace()
        if try peek() == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        while true {
            elements.append(try value())
            skipSpace()
            switch try peek() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                return .array(elements)
            default: throw error("a comma or the end of the array is expected")
            }
        }
    }

    private mutating func word(_ word: StaticString, _ value: DeltaJSON) throws(DeltaJSONError) -> DeltaJSON {
        guard bytes.count - position >= word.utf8CodeUnitCount else {
            throw error("the text ends in the middle of a value")
        }
        for index in 0..<word.utf8CodeUnitCount where bytes[position + index] != word.utf8Start[index] {
            throw error("no JSON value begins like this")
        }
        position += word.utf8CodeUnitCount
        return value
    }

    private mutating func digits() throws(DeltaJSONError) {
        let start = position
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
        guard position > start else { throw error("a digit is expected") }
    }

    private mutating func number() throws(DeltaJSONError) -> DeltaJSON {
        let start = position
        var isInteger = true
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let first = position
        try digits()
        if bytes[first] == UInt8(ascii: "0"), position > first + 1 {
            position = first
            throw error("a number does not begin with 0")
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            try digits()
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        return .number(text)
    }

    private mutating func string() throws(DeltaJSONError) -> String {
        position += 1
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                let text = try text(of: bytes[start..<position])
                position += 1
                return text
            case UInt8(ascii: "\\"):
                return try escapedString(from: start)
            case 0..<0x20:
                throw error("a control character stands in a string")
            default:
                position += 1
            }
        }
        throw error("a string does not end")
    }

    private func text(of slice: some Sequence<UInt8> & Collection) throws(DeltaJSONError) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else { throw error("a string is not UTF-8") }
        return text
    }

    /// The slow path: the string has escapes, so its bytes are not the text's.
    private mutating func escapedString(from start: Int) throws(DeltaJSONError) -> String {
        var unescaped = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                let text = try text(of: unescaped)
                position += 1
                return text
            case UInt8(ascii: "\\"):
                try escape(into: &unescaped)
            case 0..<0x20:
                throw error("a control character stands in a string")
            default:
                unescaped.append(byte)
                position += 1
            }
        }
        throw error("a string does not end")
    }

    private mutating func escape(into unescaped: inout [UInt8]) throws(DeltaJSONError) {
        position += 1
        let byte = try peek()
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped.append(byte)
        case UInt8(ascii: "b"): unescaped.append(0x08)
        case UInt8(ascii: "f"): unescaped.append(0x0C)
        case UInt8(ascii: "n"): unescaped.append(0x0A)
        case UInt8(ascii: "r"): unescaped.append(0x0D)
        case UInt8(ascii: "t"): unescaped.append(0x09)
        case UInt8(ascii: "u"):
            let scalar = try escapedScalar()
            unescaped.append(contentsOf: String(Character(scalar)).utf8)
        default:
            position -= 1
            throw error("there is no such escape")
        }
    }

    /// After `\u`: one scalar, of two escapes when the first is half of a surrogate pair.
    private mutating func escapedScalar() throws(DeltaJSONError) -> Unicode.Scalar {
        let high = try hexadecimal()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw error("half of a surrogate pair stands alone") }
        position += 2
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
        else { throw error("half of a surrogate pair stands alone") }
        return scalar
    }

    private mutating func hexadecimal() throws(DeltaJSONError) -> UInt32 {
        guard bytes.count - position >= 4 else { throw error("a \\u escape has four digits") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw error("a \\u escape has four digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
