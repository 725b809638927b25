/// The little of XML that S3 answers in: elements with text, no attributes that matter, no mixed content.
package struct S3XML {
    /// Name without a namespace prefix.
    package let name: String
    /// Text directly inside.
    package private(set) var text = ""
    /// Elements directly inside.
    package private(set) var children: [S3XML] = []

    /// The text of the first child of that name.
    package subscript(name: String) -> String? { children.first { $0.name == name }?.text }

    /// The children of that name.
    package func all(_ name: String) -> [S3XML] { children.filter { $0.name == name } }

    /// Parses a document; nil when it is not well formed or nested deeper than any answer of S3.
    package init?(_ bytes: [UInt8]) {
        guard let document = String(validating: bytes, as: UTF8.self) else { return nil }
        var open: [S3XML] = [S3XML(name: "")]
        var rest = document[...]
        while let start = rest.firstIndex(of: "<") {
            guard let text = Self.unescape(rest[..<start]) else { return nil }
            open[open.count - 1].text += text
            guard let end = rest[start...].firstIndex(of: ">") else { return nil }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("?") || tag.hasPrefix("!") { continue }
            if tag.hasPrefix("/") {
                guard open.count > 1, let closed = open.popLast(), closed.name == Self.localName(tag.dropFirst()) else {
                    return nil
                }
                open[open.count - 1].children.append(closed)
            } else if tag.hasSuffix("/") {
                open[open.count - 1].children.append(S3XML(name: Self.localName(tag.dropLast())))
            } else {
                guard open.count < 16 else { return nil }
                open.append(S3XML(name: Self.localName(tag)))
            }
        }
        guard open.count == 1, let root = open[0].children.first, open[0].children.count == 1 else { return nil }
        self = root
    }

    private init(name: String) { self.name = name }

    private static func localName(_ tag: Substring) -> String {
        let name = tag.prefix { !$0.isWhitespace }
        return String(name.split(separator: ":").last ?? name)
    }

    /// Undoes the five named entities and numeric ones.
    private static func unescape(_ text: Substring) -> String? {
        guard text.contains("&") else { return String(text) }
        var result = ""
        var rest = text
        while let start = rest.firstIndex(of: "&") {
            result += rest[..<start]
            guard let end = rest[start...].firstIndex(of: ";") else { return nil }
            let entity = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            switch entity {
            case "amp": result += "&"
            case "lt": result += "<"
            case "gt": result += ">"
            case "quot": result += "\""
            case "apos": result += "'"
            default:
                let number =
                    entity.hasPrefix("#x") ? UInt32(entity.dropFirst(2), radix: 16) : UInt32(entity.dropFirst())
                guard entity.hasPrefix("#"), let scalar = number.flatMap(Unicode.Scalar.init) else { return nil }
                result.unicodeScalars.append(scalar)
            }
        }
        return result + rest
    }

    /// `text` with what XML reserves escaped.
    package static func escape(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
        return result
    }
}
