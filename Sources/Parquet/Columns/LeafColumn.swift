/// One leaf column of a row group: values, and the levels that tell where nulls and lists lie among them
/// (S. Melnik et al., "Dremel: Interactive Analysis of Web-Scale Datasets", VLDB 2010, section 4.1).
///
/// ```
/// optional int32 x, rows 7 null 9:   values 7 9    definition levels 1 0 1    no repetition levels
/// ```
///
/// A *slot* is one place of the level streams: a value, a null or an empty list. A flat column has one slot a row.
public struct LeafColumn: Sendable, Equatable {
    /// The values of the slots whose definition level is the leaf's greatest.
    public var values: ColumnValues
    /// One level a slot; nil: every slot has a value.
    public var definitionLevels: [UInt8]?
    /// One level a slot, 0 where a row begins; nil: every slot is a row of its own.
    public var repetitionLevels: [UInt8]?

    /// Makes a column.
    public init(_ values: ColumnValues, definitionLevels: [UInt8]? = nil, repetitionLevels: [UInt8]? = nil) {
        self.values = values
        self.definitionLevels = definitionLevels
        self.repetitionLevels = repetitionLevels
    }

    /// A flat optional column of `validity.count` rows: where `validity` is false there is a null. `values` holds the
    /// others only, in order.
    public init(_ values: ColumnValues, validity: [Bool]) {
        self.init(values, definitionLevels: validity.map { $0 ? 1 : 0 })
    }

    /// Slots: values and nulls.
    public var slotCount: Int { definitionLevels?.count ?? repetitionLevels?.count ?? values.count }

    /// Rows.
    public var rowCount: Int {
        guard let repetitionLevels else { return slotCount }
        return repetitionLevels.reduce(0) { $0 + ($1 == 0 ? 1 : 0) }
    }

    /// For a flat column: for each row whether it has a value; nil when all have.
    public func validity(of leaf: SchemaLeaf) -> [Bool]? {
        definitionLevels?.map { Int($0) == leaf.maximumDefinitionLevel }
    }
}

// MARK: - Rows with nulls in place

extension LeafColumn {
    /// Rows of a flat text column, nil for nulls; nil when it holds no byte arrays.
    public var optionalTexts: [String?]? { values.texts.map { spread($0) } }

    /// Rows of a flat 64-bit column (32-bit ones are widened), nil for nulls; nil when it holds other values.
    public var optionalIntegers: [Int64?]? {
        switch values {
        case .int64(let values): spread(values)
        case .int32(let values): spread(values.map { Int64($0) })
        default: nil
        }
    }

    private func spread<Value>(_ values: [Value]) -> [Value?] {
        guard let definitionLevels, let present = definitionLevels.max() else { return values }
        if values.isEmpty { return definitionLevels.map { _ in nil } }
        var next = 0
        return definitionLevels.map { level in
            guard level == present, next < values.count else { return nil }
            defer { next += 1 }
            return values[next]
        }
    }
}
