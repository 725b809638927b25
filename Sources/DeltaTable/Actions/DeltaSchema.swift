/// A flat table schema in Spark's JSON spelling
/// (https://github.com/delta-io/delta/blob/master/PROTOCOL.md#schema-serialization-format).
public struct DeltaSchema: Sendable, Equatable {
    /// A column.
    public struct Field: Sendable, Equatable {
        /// Name, unique regardless of case.
        public var name: String
        /// `string`, `long`, `integer`, `date`, …; for a nested type its JSON text.
        public var type: String
        /// Whether null is allowed.
        public var isNullable: Bool

        /// Makes a column.
        public init(_ name: String, _ type: String, isNullable: Bool = true) {
            self.name = name
            self.type = type
            self.isNullable = isNullable
        }
    }

    /// The columns in order.
    public var fields: [Field]

    /// A schema of those columns.
    public init(_ fields: [Field]) { self.fields = fields }

    /// Reads `schemaString` of a metadata action.
    public init(schemaString: String) throws {
        guard let object = try? DeltaJSON.parse(schemaString).objectValue, object["type"] == .string("struct"),
            let elements = object["fields"]?.arrayValue
        else {
            throw DeltaError(
                .corrupt, "the schema in the table's metadata is not a struct: \(schemaString.prefix(200))")
        }
        fields = try elements.map { element in
            guard let field = element.objectValue, let name = field["name"]?.stringValue, let type = field["type"]
            else {
                throw DeltaError(
                    .corrupt, "a field of the table's schema has no name or type: \(element.text.prefix(200))")
            }
            return Field(name, type.stringValue ?? type.text, isNullable: field["nullable"]?.boolValue ?? true)
        }
    }

    /// The schema as the log holds it.
    public var schemaString: String {
        DeltaJSON.object([
            "type": .string("struct"),
            "fields": .array(
                fields.map { field in
                    .object([
                        "name": .string(field.name), "type": .string(field.type), "nullable": .bool(field.isNullable),
                        "metadata": .object([:]),
                    ])
                }),
        ]).text
    }

    /// The type of a column, or nil when there is none of that name.
    public func type(of name: String) -> String? { fields.first { $0.name == name }?.type }
}
