extension EventParser {
    /// The text of the string that begins here: its bytes in the record, or in `scratch` when it has escapes, and then no
    /// more than `capacity` of them. The caller has seen the quote.
    ///
    /// - Complexity: eight bytes a step.
    mutating func string(
        into scratch: UnsafeMutablePointer<UInt8>, capacity: Int
    ) throws(EventRejection) -> UnsafeRawBufferPointer {
        position += 1
        let start = position
        skipPlainBytes()
        let byte = try peek()
        if byte == UInt8(ascii: "\"") {
            let text = UnsafeRawBufferPointer(start: base + start, count: position - start)
            position += 1
            return text
        }
        guard byte == UInt8(ascii: "\\") else { throw invalid("a control character stands in a string") }
        return try escapedString(from: start, into: scratch, capacity: capacity)
    }

    /// Moves to the next quote, backslash or control character, or to the end.
    private mutating func skipPlainBytes() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        while position + 8 <= end {
            let word = UInt64(
                littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self))
            // A byte is zero exactly where `(x - 1) & ~x` has its top bit; less than 0x20 likewise by subtracting 0x20.
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            let hits =
                ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word)
                & (ones &* 0x80)
            guard hits == 0 else {
                // The lowest hit is exact; borrows make false ones above it only.
                position += hits.trailingZeroBitCount >> 3
                return
            }
            position += 8
        }
        while position < end, base[position] >= 0x20, base[position] != UInt8(ascii: "\""),
            base[position] != UInt8(ascii: "\\")
        {
            position += 1
        }
    }

    private mutating func escapedString(
        from start: Int, into scratch: UnsafeMutablePointer<UInt8>, capacity: Int
    ) throws(EventRejection) -> UnsafeRawBufferPointer {
        var count = 0
        func append(_ byte: UInt8) {
            if count < capacity { scratch[count] = byte }
            count += 1
        }
        for index in start..<position { append(base[index]) }
        while true {
            let byte = try peek()
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return UnsafeRawBufferPointer(start: scratch, count: min(count, capacity))
            case UInt8(ascii: "\\"):
                let scalar = try escape()
                for unit in UTF8.encode(scalar).unsafelyUnwrapped { append(unit) }
            case 0..<0x20:
                throw invalid("a control character stands in a string")
            default:
                append(byte)
                position += 1
            }
        }
    }

    /// The scalar that the escape here stands for.
    private mutating func escape() throws(EventRejection) -> Unicode.Scalar {
        position += 1
        let byte = try peek()
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try hexadecimalScalar()
        default:
            position -= 1
            throw invalid("there is no such escape")
        }
    }

    /// After `\u`: one scalar, of two escapes when the first is half of a surrogate pair.
    private mutating func hexadecimalScalar() throws(EventRejection) -> Unicode.Scalar {
        let high = try hexadecimal()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00, position + 1 < end, base[position] == UInt8(ascii: "\\"),
            base[position + 1] == UInt8(ascii: "u")
        else { throw invalid("half of a surrogate pair stands alone") }
        position += 2
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
        else { throw invalid("half of a surrogate pair stands alone") }
        return scalar
    }

    private mutating func hexadecimal() throws(EventRejection) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = try peek()
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: throw invalid("a \\u escape has four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    // MARK: - Values of fields that are not ours

    /// Deepest nesting that is followed: one bit a level.
    private static var maximumDepth: Int { UInt64.bitWidth }

    /// Passes over one value, which must be JSON. Not recursive, so that a hostile record cannot exhaust the stack.
    mutating func skipValue() throws(EventRejection) {
        var depth = 0
        /// The kinds of the open containers, innermost in the lowest bit: 1 for an object.
        var kinds: UInt64 = 0
        while true {
            skipSpace()
            let byte = try peek()
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                guard depth < Self.maximumDepth else {
                    throw invalid("values are nested deeper than \(Self.maximumDepth)")
                }
                let isObject = byte == UInt8(ascii: "{")
                position += 1
                skipSpace()
                if try peek() == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    position += 1
                } else {
                    depth += 1
                    kinds = kinds << 1 | (isObject ? 1 : 0)
                    if isObject { try skipName() }
                    continue
                }
            } else {
                try skipScalar(byte)
            }
            try closeContainers(&depth, &kinds)
            if depth == 0 { return }
        }
    }

    /// After a value: closes what ends here, and stops before the next value of what goes on.
    private mutating func closeContainers(_ depth: inout Int, _ kinds: inout UInt64) throws(EventRejection) {
        while depth > 0 {
            let isObject = kinds & 1 == 1
            skipSpace()
            let byte = try peek()
            if byte == UInt8(ascii: ",") {
                position += 1
                if isObject { try skipName() }
                return
            }
            guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                throw invalid("a comma or the end of the \(isObject ? "object" : "array") is expected")
            }
            position += 1
            depth -= 1
            kinds >>= 1
        }
    }

    private mutating func skipName() throws(EventRejection) {
        skipSpace()
        guard try peek() == UInt8(ascii: "\"") else { throw invalid("a name is expected") }
        try skipString()
        try colon()
    }

    private mutating func skipString() throws(EventRejection) {
        // Escapes must be right although nobody reads them; capacity 0 keeps nothing of them.
        _ = try string(into: scratch, capacity: 0)
    }

    private mutating func skipScalar(_ byte: UInt8) throws(EventRejection) {
        switch byte {
        case UInt8(ascii: "\""): try skipString()
        case UInt8(ascii: "t"): try skipWord("true")
        case UInt8(ascii: "f"): try skipWord("false")
        case UInt8(ascii: "n"): try skipWord("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try skipNumber()
        default: throw invalid("no JSON value begins like this")
        }
    }

    private mutating func skipWord(_ word: StaticString) throws(EventRejection) {
        for index in 0..<word.utf8CodeUnitCount {
            guard try peek() == word.utf8Start[index] else { throw invalid("no JSON value begins like this") }
            position += 1
        }
    }

    private mutating func skipNumber() throws(EventRejection) {
        if base[position] == UInt8(ascii: "-") { position += 1 }
        if try peek() == UInt8(ascii: "0") {
            position += 1
        } else {
            try skipDigits()
        }
        if position < end, base[position] == UInt8(ascii: ".") {
            position += 1
            try skipDigits()
        }
        if position < end, base[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            let sign = try peek()
            if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(EventRejection) {
        guard Self.isDigit(try peek()) else { throw invalid("a digit is expected") }
        while position < end, Self.isDigit(base[position]) { position += 1 }
    }
}
