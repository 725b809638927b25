/// Reads a JSON5 document (https://spec.json5.org): JSON with comments, unquoted names, single quotes, trailing commas,
/// hexadecimal numbers. Own code because Foundation's parser keeps no positions, and an error without a line is no help.
public struct JSON5Parser {
    /// Values inside values that are followed; a configuration has three.
    static let depthLimit = 64
    let file: String
    let scalars: [Unicode.Scalar]
    var index = 0
    private var depth = 0

    /// Parses a whole document.
    ///
    /// - Parameter file: its name for error messages.
    /// - Throws: what is wrong, with file, line and column.
    public static func parse(_ text: String, file: String) throws -> JSON5Node {
        var parser = JSON5Parser(file: file, scalars: Array(text.unicodeScalars))
        if parser.peek == "\u{feff}" { parser.index += 1 }
        try parser.skipSpace()
        let node = try parser.parseValue()
        try parser.skipSpace()
        guard parser.peek == nil else { throw parser.wrong("there is more text after the end of the document") }
        return node
    }

    private init(file: String, scalars: [Unicode.Scalar]) {
        self.file = file
        self.scalars = scalars
    }

    var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    func wrong(_ reason: String, at place: Int? = nil) -> ServiceKitError {
        .invalid("\(file):\(position(of: place ?? index)): \(reason)")
    }

    /// Counted only when asked for: a document has far more characters than errors and keys.
    func position(of place: Int) -> TextPosition {
        var (line, column) = (1, 1)
        for scalar in scalars[..<min(place, scalars.count)] {
            (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
        }
        return TextPosition(line: line, column: column)
    }

    // MARK: - Values

    private mutating func parseValue() throws -> JSON5Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw wrong("values are nested more than \(Self.depthLimit) deep") }
        let start = index
        let value: JSON5Value
        switch peek {
        case "{": value = try parseObject()
        case "[": value = try parseArray()
        case "\"", "'": value = .string(try parseString())
        case let scalar? where "+-.0123456789".unicodeScalars.contains(scalar): value = .number(try parseNumber())
        case nil: throw wrong("the document ends where a value is needed")
        default: value = try parseWord()
        }
        return JSON5Node(value: value, position: position(of: start))
    }

    private mutating func parseWord() throws -> JSON5Value {
        let start = index
        switch parseIdentifier() {
        case "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "Infinity": return .number(.infinity)
        case "NaN": return .number(.nan)
        case "": throw wrong("\"\(peek.map { String($0) } ?? "")\" cannot start a value")
        case let word: throw wrong("\(word) is not a value; text needs quotes", at: start)
        }
    }

    private mutating func parseObject() throws -> JSON5Value {
        var members: [JSON5Member] = []
        index += 1
        while true {
            try skipSpace()
            if peek == "}" { break }
            let start = index
            let name = try parseName()
            guard !members.contains(where: { $0.name == name }) else {
                throw wrong("\"\(name)\" is there twice", at: start)
            }
            try skipSpace()
            guard peek == ":" else { throw wrong("a colon is needed after \"\(name)\"") }
            index += 1
            try skipSpace()
            members.append(JSON5Member(name: name, position: position(of: start), node: try parseValue()))
            try skipSpace()
            if peek == "," {
                index += 1
            } else if peek != "}" {
                throw wrong("a comma or } is needed after the value of \"\(name)\"")
            }
        }
        index += 1
        return .object(members)
    }

    private mutating func parseArray() throws -> JSON5Value {
        var nodes: [JSON5Node] = []
        index += 1
        while true {
            try skipSpace()
            if peek == "]" { break }
            nodes.append(try parseValue())
            try skipSpace()
            if peek == "," {
                index += 1
            } else if peek != "]" {
                throw wrong("a comma or ] is needed in the list")
            }
        }
        index += 1
        return .array(nodes)
    }

    private mutating func parseName() throws -> String {
        if peek == "\"" || peek == "'" { return try parseString() }
        let name = parseIdentifier()
        guard !name.isEmpty else {
            throw wrong(peek == nil ? "the document ends inside a { }" : "a name is needed here")
        }
        return name
    }

    private mutating func parseIdentifier() -> String {
        var word = ""
        while let scalar = peek {
            let isStart = scalar.properties.isXIDStart || scalar == "_" || scalar == "$"
            guard isStart || (!word.isEmpty && scalar.properties.isXIDContinue) else { break }
            word.unicodeScalars.append(scalar)
            index += 1
        }
        return word
    }

    /// Spaces of every kind and both forms of comment.
    private mutating func skipSpace() throws {
        while let scalar = peek {
            if scalar.properties.isWhitespace || scalar == "\u{feff}" {
                index += 1
            } else if scalar == "/", index + 1 < scalars.count, scalars[index + 1] == "/" {
                while peek != nil, peek != "\n" { index += 1 }
            } else if scalar == "/", index + 1 < scalars.count, scalars[index + 1] == "*" {
                try skipBlockComment()
            } else {
                return
            }
        }
    }

    private mutating func skipBlockComment() throws {
        let start = index
        index += 2
        while index + 1 < scalars.count {
            if scalars[index] == "*", scalars[index + 1] == "/" {
                index += 2
                return
            }
            index += 1
        }
        throw wrong("this comment is never closed", at: start)
    }
}
