/// The slots and values of a column that one row group holds.
struct LeafSlice {
    let column: LeafColumn
    /// Slots of the column.
    let slots: Range<Int>
    /// Values of the column.
    let values: Range<Int>
}

/// Parts the slots of a chunk into pages, between rows.
struct PageSplitter {
    /// What a page holds.
    struct Page {
        /// Slots of the column.
        let slots: Range<Int>
        /// Values, counted from the first of the chunk.
        let values: Range<Int>
        /// Counted from the first row of the row group.
        let firstRow: Int
        let rowCount: Int
    }

    private let slice: LeafSlice
    private let options: WriterOptions
    private let present: UInt8
    private var slot: Int
    private var value = 0
    private var row = 0

    init(_ slice: LeafSlice, _ leaf: SchemaLeaf, _ options: WriterOptions) {
        self.slice = slice
        self.options = options
        slot = slice.slots.lowerBound
        present = UInt8(leaf.maximumDefinitionLevel)
    }

    /// The next page, nil when all slots are taken.
    mutating func next(_ encoder: any ValueEncoder) -> Page? {
        guard slot < slice.slots.upperBound else { return nil }
        let valuesThatFit = encoder.count(from: value, byteTarget: options.pageByteTarget)
        let wanted = slot + max(1, min(options.pageSlotLimit, valuesThatFit))
        let end = slice.column.rowEnd(notBefore: min(wanted, slice.slots.upperBound), upTo: slice.slots.upperBound)
        let slots = slot..<end
        let valueCount = slice.column.valueCount(in: slots, present: present)
        let rowCount = slice.column.rowCount(in: slots)
        defer {
            slot = end
            value += valueCount
            row += rowCount
        }
        return Page(slots: slots, values: value..<value + valueCount, firstRow: row, rowCount: rowCount)
    }
}
