/// What identifiers and records may consist of.
enum UTF8Check {
    /// Whether all bytes are below 0x80; 32 zeros follow them.
    static func isASCII(padded base: UnsafePointer<UInt8>, count: Int) -> Bool {
        var union = SIMD4<UInt64>.zero
        for offset in stride(from: 0, to: count, by: 32) {
            union |= UnsafeRawPointer(base + offset).loadUnaligned(as: SIMD4<UInt64>.self)
        }
        return (union[0] | union[1] | union[2] | union[3]) & 0x8080_8080_8080_8080 == 0
    }

    /// Where the bytes stop being UTF-8 by RFC 3629 (no overlong forms, no surrogates, nothing above U+10FFFF); nil when
    /// they are.
    static func firstInvalidOffset(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while index < bytes.count {
            let lead = bytes[index]
            if lead < 0x80 {
                index += 1
                continue
            }
            let length: Int
            let second: ClosedRange<UInt8>
            switch lead {
            case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            default: return index
            }
            guard bytes.count - index >= length, second.contains(bytes[index + 1]) else { return index }
            for next in 2..<max(length, 2) where bytes[index + next] & 0xC0 != 0x80 { return index }
            index += length
        }
        return nil
    }

    /// Whether valid UTF-8 holds a scalar of the category Cc: U+0000–U+001F, U+007F–U+009F.
    static func hasControlCharacter(_ text: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte < 0x20 || byte == 0x7F { return true }
            if byte == 0xC2, index + 1 < text.count, text[index + 1] < 0xA0 { return true }
            index += 1
        }
        return false
    }
}
