// Strings and numbers of JSON5.
extension JSON5Parser {
    mutating func parseString() throws -> String {
        let start = index
        let quote = scalars[index]
        index += 1
        var text = String.UnicodeScalarView()
        while let scalar = peek {
            index += 1
            switch scalar {
            case quote: return String(text)
            case "\\": try parseEscape(into: &text)
            case "\n", "\r": throw wrong("this text is never closed", at: start)
            default: text.append(scalar)
            }
        }
        throw wrong("this text is never closed", at: start)
    }

    private mutating func parseEscape(into text: inout String.UnicodeScalarView) throws {
        guard let scalar = peek else { throw wrong("the document ends inside a text") }
        index += 1
        switch scalar {
        case "b": text.append("\u{8}")
        case "f": text.append("\u{c}")
        case "n": text.append("\n")
        case "r": text.append("\r")
        case "t": text.append("\t")
        case "v": text.append("\u{b}")
        case "0": text.append("\u{0}")
        case "x": text.append(try scalarValue(of: parseHex(digits: 2)))
        case "u": text.append(try parseUnicodeEscape())
        case "\r":
            // A backslash at the end of a line goes on with the next line.
            if peek == "\n" { index += 1 }
        case "\n", "\u{2028}", "\u{2029}": break
        case "1"..."9": throw wrong("\\\(scalar) is not an escape", at: index - 2)
        default: text.append(scalar)
        }
    }

    private mutating func parseUnicodeEscape() throws -> Unicode.Scalar {
        let start = index - 2
        let first = try parseHex(digits: 4)
        guard (0xd800...0xdbff).contains(first) else { return try scalarValue(of: first) }
        guard peek == "\\", index + 1 < scalars.count, scalars[index + 1] == "u" else {
            throw wrong("half of a surrogate pair", at: start)
        }
        index += 2
        let second = try parseHex(digits: 4)
        guard (0xdc00...0xdfff).contains(second) else { throw wrong("half of a surrogate pair", at: start) }
        return try scalarValue(of: 0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    }

    private func scalarValue(of number: UInt32) throws -> Unicode.Scalar {
        guard let scalar = Unicode.Scalar(number) else { throw wrong("half of a surrogate pair") }
        return scalar
    }

    private mutating func parseHex(digits: Int) throws -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = peek.flatMap({ Character($0).hexDigitValue }) else {
                throw wrong("\(digits) hexadecimal digits are needed")
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }

    mutating func parseNumber() throws -> Double {
        let start = index
        var sign = 1.0
        if peek == "+" || peek == "-" {
            sign = peek == "-" ? -1 : 1
            index += 1
        }
        var word = ""
        while let scalar = peek, scalar.properties.isAlphabetic || "0123456789.".unicodeScalars.contains(scalar) {
            word.unicodeScalars.append(scalar)
            index += 1
            // The sign of an exponent belongs to the number.
            if scalar == "e" || scalar == "E", !word.hasPrefix("0x"), !word.hasPrefix("0X"),
                let next = peek, next == "+" || next == "-"
            {
                word.unicodeScalars.append(next)
                index += 1
            }
        }
        guard let magnitude = Self.magnitude(of: word) else {
            throw wrong("\(String(String.UnicodeScalarView(scalars[start..<index]))) is not a number", at: start)
        }
        return sign * magnitude
    }

    private static func magnitude(of word: String) -> Double? {
        if word == "Infinity" { return .infinity }
        if word == "NaN" { return .nan }
        if word.hasPrefix("0x") || word.hasPrefix("0X") {
            return UInt64(word.dropFirst(2), radix: 16).map { Double($0) }
        }
        let digits = word.utf8.prefix { (48...57).contains($0) }
        guard digits.count <= 1 || digits.first != UInt8(ascii: "0"),
            word.utf8.allSatisfy({ (48...57).contains($0) || "eE+-.".utf8.contains($0) }),
            word.prefix(while: { $0 != "e" && $0 != "E" }).contains(where: \.isNumber)
        else { return nil }
        // Swift's parser wants digits on both sides of the point, JSON5 does not.
        var padded = word.first == "." ? "0" + word : word
        if let point = padded.firstIndex(of: "."),
            !padded[padded.index(after: point)...].prefix(1).allSatisfy(\.isNumber)
                || padded.last == "."
        {
            padded.insert("0", at: padded.index(after: point))
        }
        return Double(padded)
    }
}
