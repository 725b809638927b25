extension IVFIndex {
    /// The id of an item.
    ///
    /// - Complexity: O(length of the id)
    public func id(of item: Int32) -> String {
        withIDBytes(of: item) { String(decoding: $0, as: UTF8.self) }
    }

    /// Calls `body` with the UTF-8 of an item's id; the pointer must not leave it.
    public func withIDBytes<Result>(
        of item: Int32, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        precondition(item >= 0 && Int(item) < count, "item \(item) is not in 0..<\(count)")
        return try withExtendedLifetime(file) { try body(idBytes(Int(item), sections)) }
    }

    /// The item with this id, or nil when the model does not know it.
    ///
    /// - Complexity: O(length of the id) on average
    public func item(forID id: String) -> Int32? {
        var id = id
        return id.withUTF8 { item(forIDBytes: UnsafeRawBufferPointer($0)) }
    }

    /// The item whose id has these UTF-8 bytes, or nil.
    ///
    /// - Complexity: O(length of the id) on average
    public func item(forIDBytes id: UnsafeRawBufferPointer) -> Int32? {
        withExtendedLifetime(file) {
            let sections = self.sections
            let table = sections.values(.idTable, as: UInt32.self)
            var slot = IVFFormat.slot(of: id, slotCount: table.count)
            // Bounded, and the entry compared with the count: a damaged table may have no empty slot and any number.
            for _ in 0..<table.count {
                let entry = table[slot]
                if entry == 0 { return nil }
                if entry <= UInt32(count), idBytes(Int(entry) - 1, sections).elementsEqual(id) {
                    return Int32(entry - 1)
                }
                slot = slot + 1 == table.count ? 0 : slot + 1
            }
            return nil
        }
    }

    private func idBytes(_ item: Int, _ sections: IVFSections) -> UnsafeRawBufferPointer {
        let offsets = sections.values(.idOffsets, as: UInt32.self)
        return UnsafeRawBufferPointer(rebasing: sections.bytes(.idBytes)[Int(offsets[item])..<Int(offsets[item + 1])])
    }
}
