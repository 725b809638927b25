/// A value of a row with its nesting: for small tables of deep schemas, such as the checkpoints of a Delta log. Large tables
/// are read and written by columns.
///
/// ```
/// optional group tags (LIST) { repeated group list { optional string element } }
/// ["a", null]  =  .group([.repeated([.group([.text("a")]), .group([.null])])])  =  .list([.text("a"), .null])
/// ```
public indirect enum RecordValue: Sendable, Equatable {
    /// An optional field that is absent.
    case null
    case boolean(Bool)
    case int32(Int32)
    case int64(Int64)
    case float(Float)
    case double(Double)
    case bytes([UInt8])
    /// A group: one value a field, in the order of the schema.
    case group([RecordValue])
    /// A repeated field: its occurrences.
    case repeated([RecordValue])

    /// A text.
    public static func text(_ text: String) -> RecordValue { .bytes(Array(text.utf8)) }

    /// A list in the three-level form of `SchemaField.list`.
    public static func list(_ elements: [RecordValue]) -> RecordValue {
        .group([.repeated(elements.map { .group([$0]) })])
    }

    /// A map in the form of `SchemaField.map`.
    public static func map(_ pairs: [(key: RecordValue, value: RecordValue)]) -> RecordValue {
        .group([.repeated(pairs.map { .group([$0.key, $0.value]) })])
    }

    /// The text of bytes, nil for all else.
    public var text: String? {
        if case .bytes(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
    }

    /// A whole number of either width, nil for all else.
    public var integer: Int64? {
        switch self {
        case .int32(let value): Int64(value)
        case .int64(let value): value
        default: nil
        }
    }

    /// The fields of a group, nil for all else.
    public var fields: [RecordValue]? {
        if case .group(let fields) = self { fields } else { nil }
    }

    /// The elements of a list in the three-level form, nil for all else.
    public var listElements: [RecordValue]? {
        guard case .group(let fields) = self, fields.count == 1, case .repeated(let groups) = fields[0] else {
            return nil
        }
        let elements = groups.map { group -> RecordValue? in
            if case .group(let fields) = group, fields.count == 1 { fields[0] } else { nil }
        }
        return elements.contains(nil) ? nil : elements.compactMap(\.self)
    }

    /// The pairs of a map, nil for all else.
    public var mapPairs: [(key: RecordValue, value: RecordValue)]? {
        guard case .group(let fields) = self, fields.count == 1, case .repeated(let groups) = fields[0] else {
            return nil
        }
        var pairs: [(key: RecordValue, value: RecordValue)] = []
        for group in groups {
            guard case .group(let fields) = group, fields.count == 2 else { return nil }
            pairs.append((fields[0], fields[1]))
        }
        return pairs
    }
}
