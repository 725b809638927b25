/// Typed views of a mapped index; whoever uses one keeps the mapping alive.
struct IVFSections {
    let bytes: UnsafeRawBufferPointer
    let layout: IVFLayout

    func bytes(_ section: IVFFormat.Section) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[layout[section]])
    }

    /// The numbers of a section; its start is a multiple of 64 and its length was checked.
    func values<Number: BitwiseCopyable>(
        _ section: IVFFormat.Section, as type: Number.Type
    ) -> UnsafeBufferPointer<Number> {
        bytes(section).bindMemory(to: type)
    }

    /// Checks everything later code relies on to stay inside the file: that the offsets of lists and ids ascend from zero
    /// to the number of items and bytes, and that there are as many blocks as the lists take.
    ///
    /// - Returns: the first block of each list, and their number at the end.
    func checkedBlockOffsets(name: String) throws -> [UInt32] {
        try check(.offsets, end: layout.sizes.count, name: name)
        try check(.idOffsets, end: bytes(.idBytes).count, name: name)
        let offsets = values(.offsets, as: UInt32.self)
        var blockOffsets: [UInt32] = [0]
        blockOffsets.reserveCapacity(offsets.count)
        for list in 1..<offsets.count {
            let blocks = IVFFormat.blockCount(Int(offsets[list] - offsets[list - 1]))
            blockOffsets.append(blockOffsets[list - 1] + UInt32(blocks))
        }
        let blockCount = Int(blockOffsets[blockOffsets.count - 1])
        for (section, byteCount) in [(IVFFormat.Section.codes, layout.sizes.blockByteCount), (.blockFacts, 8)] {
            guard bytes(section).count == blockCount * byteCount else {
                throw LearningError.corrupt(
                    "the \(section.name) of \(name) take \(bytes(section).count) bytes, expected \(blockCount * byteCount)"
                )
            }
        }
        return blockOffsets
    }

    private func check(_ section: IVFFormat.Section, end: Int, name: String) throws {
        let offsets = values(section, as: UInt32.self)
        var isAscending = true
        for index in 1..<offsets.count { isAscending = isAscending && offsets[index - 1] <= offsets[index] }
        guard offsets[0] == 0, isAscending, Int(offsets[offsets.count - 1]) == end else {
            throw LearningError.corrupt("the \(section.name) of \(name) do not ascend from 0 to \(end)")
        }
    }
}
