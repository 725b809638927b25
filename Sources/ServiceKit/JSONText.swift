/// Writes JSON (RFC 8259) into a byte buffer, for encoders that know their fields and need no intermediate tree.
public enum JSONText {
    /// Appends `text` as a JSON string, quotes included. Valid UTF-8 goes through as it is; quotes, backslashes and
    /// control characters are escaped.
    ///
    /// - Complexity: O(bytes), one copy when nothing needs escaping.
    public static func appendString(_ text: String, to buffer: inout [UInt8]) {
        var text = text
        text.withUTF8 { appendString(utf8: $0, to: &buffer) }
    }

    /// Appends bytes that are known to be UTF-8 as a JSON string, quotes included.
    public static func appendString(utf8: UnsafeBufferPointer<UInt8>, to buffer: inout [UInt8]) {
        buffer.append(UInt8(ascii: "\""))
        var runStart = 0
        for index in utf8.indices where needsEscape(utf8[index]) {
            buffer.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[runStart..<index]))
            appendEscape(of: utf8[index], to: &buffer)
            runStart = index + 1
        }
        buffer.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[runStart...]))
        buffer.append(UInt8(ascii: "\""))
    }

    /// `text` as a JSON string, quotes included.
    public static func string(_ text: String) -> String {
        var buffer: [UInt8] = []
        appendString(text, to: &buffer)
        return String(decoding: buffer, as: UTF8.self)
    }

    /// Appends the decimal digits of a whole number.
    ///
    /// - Complexity: O(digits), no allocation.
    @inlinable
    public static func appendInteger(_ value: some FixedWidthInteger, to buffer: inout [UInt8]) {
        appendInteger(isNegative: value < 0, magnitude: UInt64(value.magnitude), to: &buffer)
    }

    /// Not generic, so that other modules do not call it through a witness table.
    @usableFromInline
    static func appendInteger(isNegative: Bool, magnitude: UInt64, to buffer: inout [UInt8]) {
        if isNegative { buffer.append(UInt8(ascii: "-")) }
        var rest = magnitude
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var start = digits.count
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            buffer.append(contentsOf: UnsafeBufferPointer(rebasing: UnsafeBufferPointer(digits)[start...]))
        }
    }

    /// Appends a number in the shortest form that reads back the same; infinities and NaN, which JSON lacks, become
    /// `null`.
    public static func appendDouble(_ value: Double, to buffer: inout [UInt8]) {
        buffer += value.isFinite ? Array("\(value)".utf8) : Array("null".utf8)
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func appendEscape(of byte: UInt8, to buffer: inout [UInt8]) {
        buffer.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\n"): buffer.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): buffer.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): buffer.append(UInt8(ascii: "t"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): buffer.append(byte)
        default:
            let digits = Array("0123456789abcdef".utf8)
            buffer += [UInt8(ascii: "u"), 0x30, 0x30, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
}
