/// A node of the schema tree: a leaf that holds values or a group of further fields.
public struct SchemaField: Sendable, Equatable {
    /// What a node is.
    public enum Content: Sendable, Equatable {
        /// Values of a stored type; `length` is the byte count of each for `fixedLengthByteArray`, 0 otherwise.
        case leaf(PhysicalType, length: Int)
        /// Further fields.
        indirect case group([SchemaField])
    }

    /// Name within its group.
    public let name: String
    /// Whether it may be absent or come many times.
    public let repetition: Repetition
    /// Leaf or group.
    public let content: Content
    /// What its values mean.
    public let logicalType: LogicalType?
    /// Number by which table formats know the field.
    public let fieldID: Int32?

    /// Makes a node.
    public init(
        _ name: String, _ repetition: Repetition, _ content: Content, logicalType: LogicalType? = nil,
        fieldID: Int32? = nil
    ) {
        self.name = name
        self.repetition = repetition
        self.content = content
        self.logicalType = logicalType
        self.fieldID = fieldID
    }

    /// The fields of a group, none for a leaf.
    public var fields: [SchemaField] {
        if case .group(let fields) = content { fields } else { [] }
    }
}

// MARK: - Makers of the usual fields

extension SchemaField {
    /// Truth values.
    public static func boolean(_ name: String, _ repetition: Repetition = .required) -> SchemaField {
        SchemaField(name, repetition, .leaf(.boolean, length: 0))
    }

    /// 32-bit signed integers.
    public static func int32(
        _ name: String, _ repetition: Repetition = .required, logicalType: LogicalType? = nil
    ) -> SchemaField {
        SchemaField(name, repetition, .leaf(.int32, length: 0), logicalType: logicalType)
    }

    /// 64-bit signed integers.
    public static func int64(
        _ name: String, _ repetition: Repetition = .required, logicalType: LogicalType? = nil
    ) -> SchemaField {
        SchemaField(name, repetition, .leaf(.int64, length: 0), logicalType: logicalType)
    }

    /// Single-precision numbers.
    public static func float(_ name: String, _ repetition: Repetition = .required) -> SchemaField {
        SchemaField(name, repetition, .leaf(.float, length: 0))
    }

    /// Double-precision numbers.
    public static func double(_ name: String, _ repetition: Repetition = .required) -> SchemaField {
        SchemaField(name, repetition, .leaf(.double, length: 0))
    }

    /// UTF-8 text.
    public static func string(_ name: String, _ repetition: Repetition = .required) -> SchemaField {
        SchemaField(name, repetition, .leaf(.byteArray, length: 0), logicalType: .string)
    }

    /// Bytes without a meaning.
    public static func bytes(_ name: String, _ repetition: Repetition = .required) -> SchemaField {
        SchemaField(name, repetition, .leaf(.byteArray, length: 0))
    }

    /// A group without a meaning of its own.
    public static func structure(
        _ name: String, _ repetition: Repetition = .required, _ fields: [SchemaField]
    ) -> SchemaField {
        SchemaField(name, repetition, .group(fields))
    }

    /// A list in the three-level form of the format: `<name> { repeated list { <element> } }`; the element's name becomes
    /// `element`.
    public static func list(
        _ name: String, _ repetition: Repetition = .required, of element: SchemaField
    ) -> SchemaField {
        SchemaField(
            name, repetition, .group([SchemaField("list", .repeated, .group([element.renamed("element")]))]),
            logicalType: .list)
    }

    /// A map: `<name> { repeated key_value { required key; <value> } }`; the fields' names become `key` and `value`.
    public static func map(
        _ name: String, _ repetition: Repetition = .required, key: SchemaField, value: SchemaField
    ) -> SchemaField {
        let pair = SchemaField("key_value", .repeated, .group([key.renamed("key"), value.renamed("value")]))
        return SchemaField(name, repetition, .group([pair]), logicalType: .map)
    }

    private func renamed(_ name: String) -> SchemaField {
        SchemaField(name, repetition, content, logicalType: logicalType, fieldID: fieldID)
    }
}
