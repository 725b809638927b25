/// Puts rows together from leaf columns with levels (Melnik et al., "Dremel", VLDB 2010, section 4.3).
///
/// The columns may come from a damaged file: levels that contradict each other give an error.
public struct RecordAssembler {
    private let schema: ParquetSchema
    private var cursors: [LeafCursor]

    /// Takes the columns of a row group, one a leaf.
    public init(schema: ParquetSchema, columns: [LeafColumn]) throws {
        guard columns.count == schema.leaves.count else {
            throw ParquetError.mismatch("\(columns.count) columns are given, the schema has \(schema.leaves.count)")
        }
        self.schema = schema
        cursors = try zip(schema.leaves, columns).map { leaf, column in
            try column.validate(for: leaf)
            return LeafCursor(leaf, column)
        }
    }

    /// The next row, one value a top-level field; nil behind the last.
    public mutating func next() throws -> [RecordValue]? {
        let ended = cursors.filter(\.isAtEnd).count
        if ended == cursors.count { return nil }
        guard ended == 0 else { throw ParquetError.damaged("the columns have different numbers of rows") }
        var leaf = 0
        let row = try schema.fields.map { try read($0, Place(), &leaf) }
        for cursor in cursors { try cursor.checkRowEnd() }
        return row
    }

    /// Levels of the fields around the present one.
    private struct Place {
        var repetition: UInt8 = 0
        var definition: UInt8 = 0
    }

    private mutating func read(_ field: SchemaField, _ place: Place, _ leaf: inout Int) throws -> RecordValue {
        var inner = place
        if field.repetition == .required { return try readContent(field, inner, &leaf) }
        inner.definition += 1
        let first = leaf
        guard try cursors[leaf].definitionLevel() >= inner.definition else {
            try skipAbsent(field, &leaf)
            return field.repetition == .optional ? .null : .repeated([])
        }
        guard field.repetition == .repeated else { return try readContent(field, inner, &leaf) }
        inner.repetition += 1
        var elements: [RecordValue] = []
        repeat {
            leaf = first
            elements.append(try readContent(field, inner, &leaf))
        } while cursors[first].repetitionLevel == inner.repetition
        return .repeated(elements)
    }

    private mutating func readContent(
        _ field: SchemaField, _ place: Place, _ leaf: inout Int
    ) throws -> RecordValue {
        switch field.content {
        case .leaf:
            defer { leaf += 1 }
            return try cursors[leaf].take()
        case .group(let fields): return .group(try fields.map { try read($0, place, &leaf) })
        }
    }

    private mutating func skipAbsent(_ field: SchemaField, _ leaf: inout Int) throws {
        switch field.content {
        case .leaf:
            try cursors[leaf].skip()
            leaf += 1
        case .group(let fields): for field in fields { try skipAbsent(field, &leaf) }
        }
    }
}

/// Walks over the slots of a leaf column.
private struct LeafCursor {
    private let leaf: SchemaLeaf
    private let column: LeafColumn
    private let slotCount: Int
    private var slot = 0
    private var value = 0

    init(_ leaf: SchemaLeaf, _ column: LeafColumn) {
        self.leaf = leaf
        self.column = column
        slotCount = column.slotCount
    }

    var isAtEnd: Bool { slot == slotCount }

    /// Level of the next slot; nil at the end.
    var repetitionLevel: UInt8? { isAtEnd ? nil : column.repetitionLevels?[slot] ?? 0 }

    func definitionLevel() throws -> UInt8 {
        guard !isAtEnd else { throw contradiction() }
        return column.definitionLevels?[slot] ?? UInt8(leaf.maximumDefinitionLevel)
    }

    mutating func take() throws -> RecordValue {
        guard Int(try definitionLevel()) == leaf.maximumDefinitionLevel, value < column.values.count else {
            throw contradiction()
        }
        defer {
            slot += 1
            value += 1
        }
        return column.values.record(at: value)
    }

    mutating func skip() throws {
        guard Int(try definitionLevel()) < leaf.maximumDefinitionLevel else { throw contradiction() }
        slot += 1
    }

    func checkRowEnd() throws {
        guard repetitionLevel ?? 0 == 0 else { throw contradiction() }
    }

    private func contradiction() -> ParquetError {
        ParquetError.damaged("column \(leaf.name): its levels contradict those of the columns beside it")
    }
}

extension ColumnValues {
    fileprivate func record(at index: Int) -> RecordValue {
        switch self {
        case .boolean(let values): .boolean(values[index])
        case .int32(let values): .int32(values[index])
        case .int64(let values): .int64(values[index])
        case .float(let values): .float(values[index])
        case .double(let values): .double(values[index])
        case .byteArrays(let column): .bytes(Array(column[index]))
        case .dictionary(let codes, let column): .bytes(Array(column[Int(codes[index])]))
        }
    }
}

extension ParquetFileReader {
    /// Reads a row group as records: one value a top-level field, for small tables of nested schemas.
    ///
    /// - Parameter fields: names of the top-level fields to read, in the order of the file; nil for all.
    /// - Returns: the rows, each with one value a field of `schema(of: fields)`.
    public func readRecords(rowGroup: Int, fields: Set<String>? = nil) throws -> [[RecordValue]] {
        let projected = try schema(of: fields)
        let leaves = schema.leaves.filter { fields?.contains($0.path[0]) ?? true }
        let columns = try leaves.map { try readColumn(rowGroup: rowGroup, column: $0.index, byteArrays: .asStored) }
        return try locating("\(source.name): row group \(rowGroup)") {
            var assembler = try RecordAssembler(schema: projected, columns: columns)
            var rows: [[RecordValue]] = []
            while let row = try assembler.next() { rows.append(row) }
            return rows
        }
    }

    /// The schema of some top-level fields.
    public func schema(of fields: Set<String>?) throws -> ParquetSchema {
        guard let fields else { return schema }
        return try ParquetSchema(schema.fields.filter { fields.contains($0.name) }, name: schema.name)
    }
}
