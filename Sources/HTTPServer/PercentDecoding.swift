/// Strict percent-decoding (RFC 3986 §2.1): what is not a well-formed escape, or not UTF-8 once decoded, is the
/// client's error and never guessed at.
enum PercentDecoding {
    /// Decodes a piece of a target.
    ///
    /// - Parameters:
    ///   - plusIsSpace: as in a query (`application/x-www-form-urlencoded`), not as in a path.
    ///   - place: what the piece is, for the message.
    /// - Throws: `HTTPError` 400 for a broken escape, bytes that are not UTF-8, and control characters.
    static func decode(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool, place: String) throws(HTTPError) -> String {
        var isPlain = true
        for byte in bytes where byte == UInt8(ascii: "%") || byte == UInt8(ascii: "+") || byte < 0x20 || byte >= 0x7F {
            isPlain = false
            break
        }
        if isPlain { return String(decoding: bytes, as: UTF8.self) }
        let decoded = try unescape(bytes, plusIsSpace: plusIsSpace, place: place)
        guard let text = String(validating: decoded, as: UTF8.self) else {
            throw .badRequest("\(place) is not UTF-8 once its %XX escapes are decoded")
        }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw .badRequest("\(place) holds a control character")
        }
        return text
    }

    private static func unescape(
        _ bytes: ArraySlice<UInt8>, plusIsSpace: Bool, place: String
    ) throws(HTTPError) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%") {
                guard index + 2 < bytes.endIndex, let high = hexValue(bytes[index + 1]),
                    let low = hexValue(bytes[index + 2])
                else { throw .badRequest("\(place) holds a % that two hexadecimal digits do not follow") }
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                index += 1
            }
        }
        return decoded
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
