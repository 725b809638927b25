/// Parts rows into leaf columns with levels (Melnik et al., "Dremel", VLDB 2010, appendix A).
public struct RecordShredder {
    private let schema: ParquetSchema
    private var leaves: [LeafBuilder]
    /// Rows so far.
    public private(set) var rowCount = 0

    /// Begins without rows.
    public init(schema: ParquetSchema) {
        self.schema = schema
        leaves = schema.leaves.map { LeafBuilder($0) }
    }

    /// Adds a row: one value a top-level field.
    /// - Throws: when the values do not fit the schema; the shredder is of no use then.
    public mutating func append(_ row: [RecordValue]) throws {
        guard row.count == schema.fields.count else {
            throw ParquetError.mismatch("a row has \(row.count) values, the schema \(schema.fields.count) fields")
        }
        var leaf = 0
        for (field, value) in zip(schema.fields, row) { try add(field, value, Place(), &leaf) }
        rowCount += 1
    }

    /// The columns of all rows so far, for `ParquetFileWriter.writeRowGroup`.
    public var columns: [LeafColumn] { leaves.map(\.column) }

    /// How deep the present value lies.
    private struct Place {
        var repetition: UInt8 = 0
        var definition: UInt8 = 0
        /// Repeated fields around it.
        var repeatedCount: UInt8 = 0
    }

    private mutating func add(_ field: SchemaField, _ value: RecordValue, _ place: Place, _ leaf: inout Int) throws {
        var inner = place
        switch field.repetition {
        case .required: try addContent(field, value, inner, &leaf)
        case .optional:
            if value == .null { return addAbsent(field, place, &leaf) }
            inner.definition += 1
            try addContent(field, value, inner, &leaf)
        case .repeated:
            guard case .repeated(let elements) = value else { throw Self.mismatch(field, value) }
            if elements.isEmpty { return addAbsent(field, place, &leaf) }
            inner.definition += 1
            inner.repeatedCount += 1
            let first = leaf
            for element in elements {
                leaf = first
                try addContent(field, element, inner, &leaf)
                inner.repetition = inner.repeatedCount
            }
        }
    }

    private mutating func addContent(
        _ field: SchemaField, _ value: RecordValue, _ place: Place, _ leaf: inout Int
    ) throws {
        switch field.content {
        case .leaf:
            guard leaves[leaf].append(value, place.definition, place.repetition) else {
                throw Self.mismatch(field, value)
            }
            leaf += 1
        case .group(let fields):
            guard case .group(let values) = value, values.count == fields.count else {
                throw Self.mismatch(field, value)
            }
            for (field, value) in zip(fields, values) { try add(field, value, place, &leaf) }
        }
    }

    private mutating func addAbsent(_ field: SchemaField, _ place: Place, _ leaf: inout Int) {
        switch field.content {
        case .leaf:
            leaves[leaf].appendAbsent(place.definition, place.repetition)
            leaf += 1
        case .group(let fields):
            for field in fields { addAbsent(field, place, &leaf) }
        }
    }

    private static func mismatch(_ field: SchemaField, _ value: RecordValue) -> ParquetError {
        ParquetError.mismatch("field '\(field.name)' of the schema cannot hold \(value)")
    }
}

/// Collects the slots of one leaf.
private struct LeafBuilder {
    private let leaf: SchemaLeaf
    private var values: [RecordValue] = []
    private var definitionLevels: [UInt8] = []
    private var repetitionLevels: [UInt8] = []

    init(_ leaf: SchemaLeaf) { self.leaf = leaf }

    var column: LeafColumn {
        LeafColumn(
            ColumnValues(values, leaf.type), definitionLevels: leaf.maximumDefinitionLevel > 0 ? definitionLevels : nil,
            repetitionLevels: leaf.maximumRepetitionLevel > 0 ? repetitionLevels : nil)
    }

    mutating func appendAbsent(_ definition: UInt8, _ repetition: UInt8) {
        definitionLevels.append(definition)
        repetitionLevels.append(repetition)
    }

    /// False when the leaf does not hold such values.
    mutating func append(_ value: RecordValue, _ definition: UInt8, _ repetition: UInt8) -> Bool {
        guard value.fits(leaf.type) else { return false }
        appendAbsent(definition, repetition)
        values.append(value)
        return true
    }
}

extension RecordValue {
    fileprivate func fits(_ type: PhysicalType) -> Bool {
        switch (self, type) {
        case (.boolean, .boolean), (.int32, .int32), (.int64, .int64), (.float, .float), (.double, .double): true
        case (.bytes, .byteArray), (.bytes, .fixedLengthByteArray), (.bytes, .int96): true
        default: false
        }
    }
}

extension ColumnValues {
    /// The values of a leaf, which fit its type.
    fileprivate init(_ records: [RecordValue], _ type: PhysicalType) {
        switch type {
        case .boolean: self = .boolean(records.compactMap { if case .boolean(let value) = $0 { value } else { nil } })
        case .int32: self = .int32(records.compactMap { if case .int32(let value) = $0 { value } else { nil } })
        case .int64: self = .int64(records.compactMap { if case .int64(let value) = $0 { value } else { nil } })
        case .float: self = .float(records.compactMap { if case .float(let value) = $0 { value } else { nil } })
        case .double: self = .double(records.compactMap { if case .double(let value) = $0 { value } else { nil } })
        case .int96, .byteArray, .fixedLengthByteArray:
            var column = ByteArrayColumn()
            for case .bytes(let bytes) in records { bytes.withUnsafeBytes { column.append($0) } }
            self = .byteArrays(column)
        }
    }
}
