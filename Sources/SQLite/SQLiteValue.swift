/// A value to bind, for statements where speed does not matter; hot loops use the `Statement.bind` overloads.
public enum SQLiteValue: Sendable, Hashable {
    /// A 64-bit integer.
    case integer(Int64)
    /// A double.
    case real(Double)
    /// UTF-8 text.
    case text(String)
    /// Bytes.
    case blob([UInt8])
    /// SQL's NULL.
    case null

    /// Text, or NULL for nil.
    public static func optionalText(_ text: String?) -> SQLiteValue { text.map(SQLiteValue.text) ?? .null }

    /// An integer, or NULL for nil.
    public static func optionalInteger(_ number: Int64?) -> SQLiteValue { number.map(SQLiteValue.integer) ?? .null }
}

extension SQLiteValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
    ExpressibleByNilLiteral
{
    /// An integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A double.
    public init(floatLiteral value: Double) { self = .real(value) }
    /// Text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// NULL.
    public init(nilLiteral: ()) { self = .null }
}
