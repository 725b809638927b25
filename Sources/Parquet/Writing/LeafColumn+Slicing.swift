extension LeafColumn {
    /// The first place not before `slot` where a row ends.
    func rowEnd(notBefore slot: Int, upTo end: Int) -> Int {
        guard let repetitionLevels else { return slot }
        var place = slot
        while place < end, repetitionLevels[place] != 0 { place += 1 }
        return place
    }

    /// Values in these slots.
    func valueCount(in slots: Range<Int>, present: UInt8) -> Int {
        guard let definitionLevels else { return slots.count }
        return definitionLevels[slots].reduce(0) { $0 + ($1 == present ? 1 : 0) }
    }

    /// Rows that begin in these slots.
    func rowCount(in slots: Range<Int>) -> Int {
        guard let repetitionLevels else { return slots.count }
        return repetitionLevels[slots].reduce(0) { $0 + ($1 == 0 ? 1 : 0) }
    }

    /// Checks that values and levels are those of the leaf and agree with each other.
    func validate(for leaf: SchemaLeaf) throws {
        guard values.fits(leaf.type) else {
            throw ParquetError.mismatch("column \(leaf.name): the values given are not \(leaf.type.name)")
        }
        try validateRepetition(leaf)
        guard let definitionLevels else {
            guard values.count == slotCount else {
                throw ParquetError.mismatch("column \(leaf.name): \(values.count) values for \(slotCount) slots")
            }
            return
        }
        let greatest = leaf.maximumDefinitionLevel
        guard definitionLevels.allSatisfy({ $0 <= greatest }) else {
            throw ParquetError.mismatch("column \(leaf.name): a definition level is over \(greatest)")
        }
        let present = valueCount(in: 0..<slotCount, present: UInt8(greatest))
        guard present == values.count else {
            throw ParquetError.mismatch(
                "column \(leaf.name): the levels tell of \(present) values, there are \(values.count)")
        }
    }

    private func validateRepetition(_ leaf: SchemaLeaf) throws {
        guard let repetitionLevels else { return }
        if let definitionLevels, definitionLevels.count != repetitionLevels.count {
            throw ParquetError.mismatch(
                "column \(leaf.name): \(definitionLevels.count) definition and \(repetitionLevels.count) repetition levels"
            )
        }
        guard repetitionLevels.first ?? 0 == 0, repetitionLevels.allSatisfy({ $0 <= leaf.maximumRepetitionLevel })
        else {
            throw ParquetError.mismatch(
                "column \(leaf.name): repetition levels must begin with 0 and stay within \(leaf.maximumRepetitionLevel)"
            )
        }
    }
}
