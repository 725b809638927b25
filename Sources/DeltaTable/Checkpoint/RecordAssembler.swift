import Parquet

/// Puts the records of a row group together again from its leaf columns: the inverse of `RecordShredder`, for any writer's
/// way of spelling lists and maps.
///
/// Only what `wanted` names is read; the rest of the tree is not even opened. A column that is not in the file counts as
/// null everywhere.
struct RecordAssembler {
    private let fields: [SchemaField]
    private var cursors: [LeafCursor]
    private let rowCount: Int
    private var row = 0

    /// - Parameter wanted: whether a leaf is read, by its dotted path.
    init(_ file: ParquetFileReader, rowGroup: Int, wanted: (String) -> Bool) throws {
        fields = file.schema.fields
        rowCount = file.metadata.rowGroups[rowGroup].rowCount
        cursors = try file.schema.leaves.map { leaf in
            guard wanted(leaf.name) else { return LeafCursor() }
            return LeafCursor(leaf, try file.readColumn(rowGroup: rowGroup, column: leaf.index))
        }
    }

    /// The next record, nil after the last.
    mutating func next() throws -> DeltaJSONObject? {
        guard row < rowCount else { return nil }
        row += 1
        var record = DeltaJSONObject()
        var leaf = 0
        for field in fields {
            if let value = try assemble(field, definition: 0, depth: 0, leaf: &leaf) {
                record.members.append(.init(name: field.name, value: value))
            }
        }
        return record
    }

    /// The value of a field below `definition` present and `depth` repeated ancestors; nil when it is null or not read.
    /// Every leaf below moves on by the slots of this value.
    private mutating func assemble(
        _ field: SchemaField, definition: Int, depth: Int, leaf: inout Int
    ) throws -> DeltaJSON? {
        let end = leaf + field.leafCount
        let definition = definition + (field.repetition == .optional ? 1 : 0)
        guard let first = cursors[leaf..<end].firstIndex(where: \.isRead) else {
            leaf = end
            return nil
        }
        guard try cursors[first].definition() >= definition else {
            for index in leaf..<end where cursors[index].isRead { try cursors[index].skip() }
            leaf = end
            return nil
        }
        switch field.shape {
        case .leaf:
            leaf = end
            return try cursors[first].take()
        case .structure(let fields):
            var object = DeltaJSONObject()
            for child in fields {
                if let value = try assemble(child, definition: definition, depth: depth, leaf: &leaf) {
                    object.members.append(.init(name: child.name, value: value))
                }
            }
            return .object(object)
        case .list(let element):
            var elements: [DeltaJSON] = []
            try repeated(first, end, definition, depth, &leaf) { assembler, leaf in
                elements.append(
                    try assembler.assemble(element, definition: definition + 1, depth: depth + 1, leaf: &leaf) ?? .null)
            }
            return .array(elements)
        case .map(let key, let value):
            var object = DeltaJSONObject()
            try repeated(first, end, definition, depth, &leaf) { assembler, leaf in
                let name = try assembler.assemble(key, definition: definition + 1, depth: depth + 1, leaf: &leaf)
                let value = try assembler.assemble(value, definition: definition + 1, depth: depth + 1, leaf: &leaf)
                guard let name = name?.stringValue else { throw LeafCursor.damaged("a map has a key that is no text") }
                object.members.append(.init(name: name, value: value ?? .null))
            }
            return .object(object)
        }
    }

    /// Runs `body` for each element of a repeated field whose parent is present.
    private mutating func repeated(
        _ first: Int, _ end: Int, _ definition: Int, _ depth: Int, _ leaf: inout Int,
        _ body: (inout Self, inout Int) throws -> Void
    ) throws {
        let start = leaf
        guard try cursors[first].definition() > definition else {
            for index in start..<end where cursors[index].isRead { try cursors[index].skip() }
            leaf = end
            return
        }
        repeat {
            leaf = start
            try body(&self, &leaf)
        } while cursors[first].repetition() == depth + 1
        leaf = end
    }
}

/// One leaf column and how far it has been read.
private struct LeafCursor {
    private let name: String
    private let maximumDefinition: Int
    private let column: LeafColumn
    private var slot = 0
    private var value = 0
    /// Whether the column was asked for.
    let isRead: Bool
    /// Dictionary strings are made once and not once a row.
    private let texts: [String]

    /// A column that nobody asked for.
    init() {
        name = ""
        maximumDefinition = 0
        column = LeafColumn(.boolean([]))
        isRead = false
        texts = []
    }

    init(_ leaf: SchemaLeaf, _ column: LeafColumn) {
        name = leaf.name
        maximumDefinition = leaf.maximumDefinitionLevel
        self.column = column
        isRead = true
        if case .dictionary(_, let values) = column.values { texts = values.texts } else { texts = [] }
    }

    static func damaged(_ what: String, file: String = #fileID, line: Int = #line) -> DeltaError {
        DeltaError(.corrupt, "the checkpoint is damaged: \(what)", file: file, line: line)
    }

    /// Definition level of the next slot.
    func definition() throws -> Int {
        guard slot < column.slotCount else { throw Self.damaged("column \(name) ends before the others") }
        return column.definitionLevels.map { Int($0[slot]) } ?? maximumDefinition
    }

    /// Repetition level of the next slot, 0 behind the last.
    func repetition() -> Int {
        guard let levels = column.repetitionLevels, slot < levels.count else { return 0 }
        return Int(levels[slot])
    }

    /// Passes over a slot without a value.
    mutating func skip() throws {
        guard try definition() < maximumDefinition else {
            throw Self.damaged("column \(name) has a value where its neighbours have none")
        }
        slot += 1
    }

    /// The value of the next slot; nil for null.
    mutating func take() throws -> DeltaJSON? {
        let isPresent = try definition() == maximumDefinition
        slot += 1
        guard isPresent else { return nil }
        guard value < column.values.count else { throw Self.damaged("column \(name) has too few values") }
        defer { value += 1 }
        return switch column.values {
        case .boolean(let values): .bool(values[value])
        case .int32(let values): .integer(Int64(values[value]))
        case .int64(let values): .integer(values[value])
        case .float(let values): .number("\(values[value])")
        case .double(let values): .number("\(values[value])")
        case .byteArrays(let values): .string(values.text(at: value))
        case .dictionary(let codes, _): .string(texts[Int(codes[value])])
        }
    }
}
