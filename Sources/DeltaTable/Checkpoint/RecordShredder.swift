import Parquet

/// Takes nested records apart into the leaf columns of a Parquet file (S. Melnik et al., "Dremel: Interactive Analysis of
/// Web-Scale Datasets", VLDB 2010, section 4.1).
///
/// ```
/// {"add":{"path":"a","tags":{"k":"v","l":null}}}      add.path                  "a"      definition 2
///                                                     add.tags.key_value.key    "k" "l"  repetition 0 1
///                                                     add.tags.key_value.value  "v"      definition 4 3
/// ```
///
/// Records are JSON objects; a JSON object where the schema has a map becomes its pairs, an array the elements of a list.
struct RecordShredder {
    private let schema: ParquetSchema
    private var leaves: [LeafBuilder]

    init(schema: ParquetSchema) {
        self.schema = schema
        leaves = schema.leaves.map(LeafBuilder.init)
    }

    /// Adds a record: one row.
    /// - Throws: `DeltaError` when a value is of another type than its column.
    mutating func append(_ record: DeltaJSONObject) throws {
        var leaf = 0
        for field in schema.fields { try shred(field, record[field.name], level: Level(), leaf: &leaf) }
    }

    /// The columns, one a leaf.
    var columns: [LeafColumn] { leaves.map(\.column) }

    /// Where in the levels we are: what has been present and repeated on the way down.
    private struct Level {
        var definition: UInt8 = 0
        /// Repetition level of the next slot.
        var repetition: UInt8 = 0
        /// Repeated fields on the way so far.
        var depth: UInt8 = 0

        var present: Level {
            var level = self
            level.definition += 1
            return level
        }

        /// The level of element `index` of a repeated field.
        func element(_ index: Int) -> Level {
            var level = self
            level.definition += 1
            level.depth += 1
            if index > 0 { level.repetition = level.depth }
            return level
        }
    }

    private mutating func shred(_ field: SchemaField, _ value: DeltaJSON?, level: Level, leaf: inout Int) throws {
        let value = value == .null ? nil : value
        guard let value else { return appendAbsent(field, level, &leaf) }
        let level = field.repetition == .optional ? level.present : level
        switch field.shape {
        case .leaf:
            try leaves[leaf].append(value, level.definition, level.repetition)
            leaf += 1
        case .structure(let fields):
            guard let object = value.objectValue else { throw mismatch(field, value) }
            for child in fields { try shred(child, object[child.name], level: level, leaf: &leaf) }
        case .list(let element):
            guard let elements = value.arrayValue else { throw mismatch(field, value) }
            try shredRepeated(elements, [element], level, &leaf) { value, _ in value }
        case .map(let key, let mapped):
            guard let object = value.objectValue else { throw mismatch(field, value) }
            try shredRepeated(object.members, [key, mapped], level, &leaf) { member, index in
                index == 0 ? .string(member.name) : member.value
            }
        }
    }

    private mutating func shredRepeated<Element>(
        _ elements: [Element], _ fields: [SchemaField], _ level: Level, _ leaf: inout Int,
        _ value: (Element, Int) -> DeltaJSON
    ) throws {
        guard !elements.isEmpty else {
            for field in fields { appendAbsent(field, level, &leaf) }
            return
        }
        let first = leaf
        for (index, element) in elements.enumerated() {
            leaf = first
            for (number, field) in fields.enumerated() {
                try shred(field, value(element, number), level: level.element(index), leaf: &leaf)
            }
        }
    }

    /// One slot without a value in every leaf below a field that is not there.
    private mutating func appendAbsent(_ field: SchemaField, _ level: Level, _ leaf: inout Int) {
        for _ in 0..<field.leafCount {
            leaves[leaf].appendAbsent(level.definition, level.repetition)
            leaf += 1
        }
    }

    private func mismatch(_ field: SchemaField, _ value: DeltaJSON) -> DeltaError {
        DeltaError(.invalid, "\(field.name) of a checkpoint cannot hold \(value.text.prefix(100))")
    }
}

/// Collects the slots of one leaf.
private struct LeafBuilder {
    private let leaf: SchemaLeaf
    private var definitionLevels: [UInt8] = []
    private var repetitionLevels: [UInt8] = []
    private var booleans: [Bool] = []
    private var integers: [Int64] = []
    private var texts = ByteArrayColumn()

    init(_ leaf: SchemaLeaf) { self.leaf = leaf }

    mutating func append(_ value: DeltaJSON, _ definition: UInt8, _ repetition: UInt8) throws {
        switch (leaf.type, value) {
        case (.boolean, .bool(let value)): booleans.append(value)
        case (.int64, .integer(let value)): integers.append(value)
        case (.int32, .integer(let value)) where Int32(exactly: value) != nil: integers.append(value)
        case (.byteArray, .string(let text)): texts.append(text)
        default:
            throw DeltaError(.invalid, "\(leaf.name) of a checkpoint cannot hold \(value.text.prefix(100))")
        }
        appendAbsent(definition, repetition)
    }

    mutating func appendAbsent(_ definition: UInt8, _ repetition: UInt8) {
        definitionLevels.append(definition)
        repetitionLevels.append(repetition)
    }

    var column: LeafColumn {
        let values: ColumnValues =
            switch leaf.type {
            case .boolean: .boolean(booleans)
            case .int32: .int32(integers.map { Int32($0) })
            case .int64: .int64(integers)
            default: .byteArrays(texts)
            }
        return LeafColumn(
            values, definitionLevels: definitionLevels,
            repetitionLevels: leaf.maximumRepetitionLevel > 0 ? repetitionLevels : nil)
    }
}
