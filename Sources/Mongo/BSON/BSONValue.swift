/// A value for a document written by hand: a filter, an update, a command. Hot loops use the `BSONBuilder.append`
/// overloads instead.
public enum BSONValue: Sendable, Hashable {
    /// A 64-bit IEEE number.
    case double(Double)
    /// UTF-8 text.
    case string(String)
    /// A 32-bit integer.
    case int32(Int32)
    /// A 64-bit integer.
    case int64(Int64)
    /// True or false.
    case bool(Bool)
    /// Milliseconds since 1970-01-01 UTC.
    case date(Int64)
    /// Nothing.
    case null
    /// A document inside the document.
    case document(BSONDocument)
    /// A list.
    case array([BSONValue])
}

extension BSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral
{
    /// Text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A 32-bit integer, as MongoDB's own drivers take a small literal to be; write `.int64` for counters.
    public init(integerLiteral value: Int32) { self = .int32(value) }
    /// A double.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// A bool.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// Null.
    public init(nilLiteral: ()) { self = .null }
    /// A document.
    public init(dictionaryLiteral elements: (String, BSONValue)...) {
        self = .document(
            BSONDocument { builder in
                for (key, value) in elements { builder.append(key, value) }
            })
    }
    /// A list.
    public init(arrayLiteral elements: BSONValue...) { self = .array(elements) }
}
