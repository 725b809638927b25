import Parquet

extension SchemaField {
    /// What a field is to a record.
    enum Shape {
        case leaf
        case structure([SchemaField])
        case list(element: SchemaField)
        case map(key: SchemaField, value: SchemaField)
    }

    /// Lists and maps are told by their form, since old writers leave the annotation out: a group whose only field
    /// repeats (https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#nested-types).
    var shape: Shape {
        guard case .group(let fields) = content else { return .leaf }
        guard fields.count == 1, let inner = fields.first, inner.repetition == .repeated else {
            return .structure(fields)
        }
        let pair = inner.fields
        if pair.count == 2, pair[0].name == "key", pair[1].name == "value" {
            return .map(key: pair[0], value: pair[1])
        }
        if pair.count == 1, inner.name != "array", inner.name != "\(name)_tuple" {
            return .list(element: pair[0])
        }
        // Two-level spelling: the repeated field is the element itself.
        return .list(element: SchemaField(inner.name, .required, inner.content))
    }

    /// Leaves below the field, itself when it is one.
    var leafCount: Int {
        guard case .group(let fields) = content else { return 1 }
        return fields.reduce(0) { $0 + $1.leafCount }
    }
}
