/// A cursor over one JSON text: reads values, or skips them and tells where they are.
public struct JSONReader {
    /// Levels of arrays and objects a text may nest: recursion must not be the client's to drive.
    public static let depthLimit = 64
    /// Above this many members, repeated names are looked for with a set.
    private static let linearMemberCount = 16

    private let bytes: [UInt8]
    /// Index of the next byte.
    public private(set) var position = 0
    private var depth = 0

    /// A cursor at the start of `bytes`.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    // MARK: - Reading

    /// Reads one value with the white space around it.
    ///
    /// - Throws: `HTTPError` 400 that tells what is wrong at which byte.
    public mutating func value() throws(HTTPError) -> JSONValue {
        skipSpace()
        let value: JSONValue
        switch peek() {
        case UInt8(ascii: "{"): value = .object(try object())
        case UInt8(ascii: "["): value = .array(try array())
        case UInt8(ascii: "\""): value = .string(try string())
        case UInt8(ascii: "t"): value = try literal("true", .boolean(true))
        case UInt8(ascii: "f"): value = try literal("false", .boolean(false))
        case UInt8(ascii: "n"): value = try literal("null", .null)
        case .some(let byte) where byte == UInt8(ascii: "-") || Self.isDigit(byte): value = try number()
        default: throw broken("a value was expected")
        }
        skipSpace()
        return value
    }

    /// Throws `HTTPError` 400 unless all bytes were read.
    public func end() throws(HTTPError) {
        guard position == bytes.count else { throw broken("something follows the value") }
    }

    /// Where each element of the text's array is, or where its one value is when it is no array. Elements are checked
    /// like any value.
    public mutating func elementRanges(limit: Int) throws(HTTPError) -> (isArray: Bool, ranges: [Range<Int>]) {
        skipSpace()
        guard peek() == UInt8(ascii: "[") else {
            let start = position
            _ = try value()
            try end()
            return (false, [start..<position])
        }
        var ranges: [Range<Int>] = []
        try elements { reader throws(HTTPError) in
            guard ranges.count < limit else {
                throw HTTPError(.contentTooLarge, "the array holds more than \(limit) elements")
            }
            reader.skipSpace()
            let start = reader.position
            _ = try reader.value()
            ranges.append(start..<reader.position)
        }
        skipSpace()
        try end()
        return (true, ranges)
    }

    // MARK: - Structure

    private mutating func array() throws(HTTPError) -> [JSONValue] {
        var values: [JSONValue] = []
        try elements { reader throws(HTTPError) in values.append(try reader.value()) }
        return values
    }

    private mutating func elements(_ body: (inout Self) throws(HTTPError) -> Void) throws(HTTPError) {
        try descend()
        position += 1
        skipSpace()
        if peek() != UInt8(ascii: "]") {
            repeat { try body(&self) } while take(UInt8(ascii: ","))
        }
        guard take(UInt8(ascii: "]")) else { throw broken("a comma or ] was expected") }
        depth -= 1
    }

    private mutating func object() throws(HTTPError) -> [JSONMember] {
        try descend()
        position += 1
        skipSpace()
        var members: [JSONMember] = []
        var names: Set<String> = []
        if peek() != UInt8(ascii: "}") {
            repeat {
                let member = try member()
                if members.count == Self.linearMemberCount { names = Set(members.map(\.name)) }
                let isRepeated =
                    members.count < Self.linearMemberCount
                    ? members.contains { $0.name == member.name } : !names.insert(member.name).inserted
                guard !isRepeated else { throw broken("member \(member.name) is there twice") }
                members.append(member)
            } while take(UInt8(ascii: ","))
        }
        guard take(UInt8(ascii: "}")) else { throw broken("a comma or } was expected") }
        depth -= 1
        return members
    }

    private mutating func member() throws(HTTPError) -> JSONMember {
        skipSpace()
        guard peek() == UInt8(ascii: "\"") else { throw broken("a member's name was expected") }
        let name = try string()
        skipSpace()
        guard take(UInt8(ascii: ":")) else { throw broken("a : was expected") }
        return JSONMember(name: name, value: try value())
    }

    private mutating func descend() throws(HTTPError) {
        depth += 1
        guard depth <= Self.depthLimit else { throw broken("more than \(Self.depthLimit) levels are nested") }
    }

    // MARK: - Scalars

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(HTTPError) -> JSONValue {
        let end = position + word.utf8CodeUnitCount
        let matches = end <= bytes.count && word.withUTF8Buffer { $0.elementsEqual(bytes[position..<end]) }
        guard matches else { throw broken("a value was expected") }
        position = end
        return value
    }

    /// The grammar of RFC 8259 §6: no leading zero, digits on both sides of the point.
    private mutating func number() throws(HTTPError) -> JSONValue {
        let start = position
        var isWhole = true
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) {
            isWhole = false
            try digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isWhole = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else { throw broken("the number is too large") }
        return .number(number)
    }

    private mutating func digits() throws(HTTPError) {
        let start = position
        while let byte = peek(), Self.isDigit(byte) { position += 1 }
        guard position > start else { throw broken("a digit was expected") }
    }

    private mutating func string() throws(HTTPError) -> String {
        position += 1
        let start = position
        while let byte = peek(), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if peek() == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try text(bytes[start..<position])
        }
        var unescaped = Array(bytes[start..<position])
        while let byte = peek(), byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw broken("a control character stands in a string") }
            position += 1
            if byte == UInt8(ascii: "\\") { try escape(into: &unescaped) } else { unescaped.append(byte) }
        }
        guard take(UInt8(ascii: "\"")) else { throw broken("a string does not end") }
        return try text(unescaped[...])
    }

    private func text(_ utf8: ArraySlice<UInt8>) throws(HTTPError) -> String {
        guard let text = String(validating: utf8, as: UTF8.self) else { throw broken("a string is not UTF-8") }
        return text
    }

    private mutating func escape(into unescaped: inout [UInt8]) throws(HTTPError) {
        guard let byte = peek() else { throw broken("a string does not end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped.append(byte)
        case UInt8(ascii: "b"): unescaped.append(0x08)
        case UInt8(ascii: "f"): unescaped.append(0x0C)
        case UInt8(ascii: "n"): unescaped.append(0x0A)
        case UInt8(ascii: "r"): unescaped.append(0x0D)
        case UInt8(ascii: "t"): unescaped.append(0x09)
        case UInt8(ascii: "u"): unescaped.append(contentsOf: Array(String(Character(try scalar())).utf8))
        default: throw broken("an escape is not one of JSON's")
        }
    }

    /// `\uXXXX`, or two of them that form a surrogate pair.
    private mutating func scalar() throws(HTTPError) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw broken("a surrogate stands alone")
        }
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw broken("a surrogate stands alone") }
        return scalar
    }

    private mutating func hexadecimal() throws(HTTPError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw broken("a string does not end") }
        let digits = bytes[position..<position + 4]
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw broken("four hexadecimal digits were expected") }
        position += 4
        return value
    }

    // MARK: - Bytes

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private func broken(_ reason: String) -> HTTPError {
        .badRequest("the body is not valid JSON: \(reason) at byte \(position)")
    }
}
