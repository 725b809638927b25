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
    /// to the number of items and bytes.
    func checkOffsets(name: String) throws {
        try check(.offsets, end: layout.sizes.count, name: name)
        try check(.idOffsets, end: bytes(.idBytes).count, name: name)
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
