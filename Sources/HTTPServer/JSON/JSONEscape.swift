/// The escapes of JSON strings (RFC 8259 §7): `"`, `\\` and what is below U+0020; everything else goes through as it is.
enum JSONEscape {
    /// Writes `text` escaped at `target + offset`, where there is room for six bytes a byte and seven more.
    ///
    /// Eight bytes a step while none of them needs an escape: the exact tests for "a byte is below n" and "a byte is n"
    /// of Sean Eron Anderson, "Bit Twiddling Hacks" (https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord).
    ///
    /// - Returns: the offset behind the last byte written.
    static func write(
        _ text: UnsafeBufferPointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, at offset: Int
    ) -> Int {
        guard let source = text.baseAddress else { return offset }
        let raw = UnsafeRawPointer(source)
        var (read, written) = (0, offset)
        while read < text.count {
            if read + 8 <= text.count {
                let word = raw.loadUnaligned(fromByteOffset: read, as: UInt64.self)
                if !needsEscape(word) {
                    UnsafeMutableRawPointer(target + written).storeBytes(of: word, as: UInt64.self)
                    (read, written) = (read + 8, written + 8)
                    continue
                }
            }
            let end = min(read + 8, text.count)
            while read < end {
                written = write(source[read], to: target, at: written)
                read += 1
            }
        }
        return written
    }

    private static func needsEscape(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let below = (word &- (ones &* 0x20)) & ~word
        let isQuote = (quotes &- ones) & ~quotes
        let isBackslash = (backslashes &- ones) & ~backslashes
        return (below | isQuote | isBackslash) & highs != 0
    }

    @inline(__always)
    private static func write(_ byte: UInt8, to target: UnsafeMutablePointer<UInt8>, at offset: Int) -> Int {
        if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            target[offset] = byte
            return offset + 1
        }
        return writeEscape(of: byte, to: target, at: offset)
    }

    private static func writeEscape(of byte: UInt8, to target: UnsafeMutablePointer<UInt8>, at offset: Int) -> Int {
        target[offset] = UInt8(ascii: "\\")
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): target[offset + 1] = byte
        case 0x08: target[offset + 1] = UInt8(ascii: "b")
        case 0x09: target[offset + 1] = UInt8(ascii: "t")
        case 0x0A: target[offset + 1] = UInt8(ascii: "n")
        case 0x0C: target[offset + 1] = UInt8(ascii: "f")
        case 0x0D: target[offset + 1] = UInt8(ascii: "r")
        default:
            target[offset + 1] = UInt8(ascii: "u")
            target[offset + 2] = UInt8(ascii: "0")
            target[offset + 3] = UInt8(ascii: "0")
            target[offset + 4] = hexDigit(byte >> 4)
            target[offset + 5] = hexDigit(byte & 15)
            return offset + 6
        }
        return offset + 2
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
