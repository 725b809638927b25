/// A value of a JSON5 document (https://spec.json5.org).
public indirect enum JSON5Value: Sendable, Equatable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// Any number, `Infinity` and `NaN` too.
    case number(Double)
    /// A string.
    case string(String)
    /// An array.
    case array([JSON5Node])
    /// An object, members in the order written; no name occurs twice.
    case object([JSON5Member])

    /// What it is, for an error message.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let value): "the number \(Int64(exactly: value).map { "\($0)" } ?? "\(value)")"
        case .string(let value): "the text \(JSONText.string(DisplayWidth.truncated(value, to: 60)))"
        case .array: "a list"
        case .object: "a section"
        }
    }
}

/// A value and where it starts.
public struct JSON5Node: Sendable, Equatable {
    /// The value.
    public var value: JSON5Value
    /// Where it starts.
    public var position: TextPosition
}

/// A member of an object.
public struct JSON5Member: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Where the name starts.
    public var position: TextPosition
    /// Its value.
    public var node: JSON5Node
}

/// A place in a text, counted from 1.
public struct TextPosition: Sendable, Equatable, CustomStringConvertible {
    /// Line.
    public var line: Int
    /// Column, in characters (Unicode scalars).
    public var column: Int
    /// The place at that line and column.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// `line:column`.
    public var description: String { "\(line):\(column)" }
}
