/// The fields of a file as a tree, and its leaf columns in order.
public struct ParquetSchema: Sendable, Equatable {
    /// Name of the root.
    public let name: String
    /// Top-level fields.
    public let fields: [SchemaField]
    /// The leaf columns, in the order of the tree: what a row group holds chunks of.
    public let leaves: [SchemaLeaf]

    /// Levels take a byte each, and no writer nests this deep.
    static let deepest = 64

    /// Makes a schema.
    /// - Throws: when there is no leaf, a group is empty, two fields of a group share a name, a fixed length is missing
    ///   or the tree is deeper than 64.
    public init(_ fields: [SchemaField], name: String = "schema") throws {
        self.name = name
        self.fields = fields
        var leaves: [SchemaLeaf] = []
        try Self.collectLeaves(fields, parent: SchemaLeaf.Parent(), into: &leaves)
        guard !leaves.isEmpty else { throw ParquetError.mismatch("the schema has no column") }
        self.leaves = leaves
    }

    /// The leaf of a dotted path, `add.partitionValues.key_value.key`, or nil.
    public func leaf(_ path: String) -> SchemaLeaf? { leaves.first { $0.name == path } }

    private static func collectLeaves(
        _ fields: [SchemaField], parent: SchemaLeaf.Parent, into leaves: inout [SchemaLeaf]
    ) throws {
        guard parent.path.count < deepest else { throw ParquetError.mismatch("the schema is deeper than \(deepest)") }
        guard !fields.isEmpty else {
            throw ParquetError.mismatch("group '\(parent.path.joined(separator: "."))' of the schema has no field")
        }
        var names = Set<String>()
        for field in fields {
            let inner = parent.entering(field)
            guard names.insert(field.name).inserted else {
                throw ParquetError.mismatch("the schema has two fields '\(inner.path.joined(separator: "."))'")
            }
            switch field.content {
            case .group(let children):
                try collectLeaves(children, parent: inner, into: &leaves)
            case .leaf(let type, let length):
                guard type != .fixedLengthByteArray || length > 0 else {
                    throw ParquetError.mismatch("column '\(inner.path.joined(separator: "."))' has no fixed length")
                }
                leaves.append(SchemaLeaf(index: leaves.count, field: field, type: type, length: length, parent: inner))
            }
        }
    }
}

/// A leaf column: where it stands in the tree and how many levels lie above its values.
public struct SchemaLeaf: Sendable, Equatable {
    /// Position among the leaves.
    public let index: Int
    /// Names from the root to the leaf.
    public let path: [String]
    /// The path joined by dots.
    public let name: String
    /// How values are stored.
    public let type: PhysicalType
    /// Byte count of each value of a `fixedLengthByteArray` (12 for INT96), 0 otherwise.
    public let length: Int
    /// What they mean.
    public let logicalType: LogicalType?
    /// The level that says "here is a value"; each optional or repeated field on the path adds one.
    public let maximumDefinitionLevel: Int
    /// How many fields on the path repeat.
    public let maximumRepetitionLevel: Int

    /// The path so far and its levels.
    struct Parent {
        var path: [String] = []
        var definitionLevel = 0
        var repetitionLevel = 0

        func entering(_ field: SchemaField) -> Parent {
            Parent(
                path: path + [field.name],
                definitionLevel: definitionLevel + (field.repetition == .required ? 0 : 1),
                repetitionLevel: repetitionLevel + (field.repetition == .repeated ? 1 : 0))
        }
    }

    init(index: Int, field: SchemaField, type: PhysicalType, length: Int, parent: Parent) {
        self.index = index
        self.path = parent.path
        self.name = parent.path.joined(separator: ".")
        self.type = type
        self.length = type == .int96 ? 12 : type == .fixedLengthByteArray ? length : 0
        self.logicalType = field.logicalType
        self.maximumDefinitionLevel = parent.definitionLevel
        self.maximumRepetitionLevel = parent.repetitionLevel
    }
}
