import CKernels

/// What a search needs beside the mapped sections, made once when the file is opened: centroids as codes, sixteen a block
/// like the vectors, the length of each list's longest vector, and where each list's blocks begin.
///
/// Sendable by proof: written in `init` only, read-only memory afterwards.
final class IVFTables: @unchecked Sendable {
    /// Where the tables lie; valid as long as this object.
    struct Pointers {
        /// Blocks of sixteen lists; the last is filled up with lists that are never chosen.
        let listBlockCount: Int
        let centroidCodes: UnsafePointer<UInt8>
        let centroidScales: UnsafePointer<Float>
        /// Length of the longest vector of each list; -1 where there is no list or nothing in it.
        let lengths: UnsafePointer<Float>
        /// 1 where a list holds something, -1 elsewhere: lengths for who asks for directions only.
        let ones: UnsafePointer<Float>
        /// First block of each list, and their number at the end.
        let blockOffsets: UnsafePointer<UInt32>
    }

    let pointers: Pointers
    private let memory: UnsafeMutableRawPointer

    /// - Complexity: O(lists · dimension)
    init(_ sections: IVFSections, blockOffsets: [UInt32]) {
        let sizes = sections.layout.sizes
        let listBlockCount = IVFFormat.blockCount(sizes.listCount)
        let slots = listBlockCount * IVFFormat.blockSize
        let codeByteCount = listBlockCount * sizes.blockByteCount
        memory = .allocate(byteCount: codeByteCount + 16 * slots + 4, alignment: IVFFormat.alignment)
        let codes = memory.bindMemory(to: UInt8.self, capacity: codeByteCount)
        let scales = (memory + codeByteCount).bindMemory(to: Float.self, capacity: slots)
        let lengths = (memory + codeByteCount + 4 * slots).bindMemory(to: Float.self, capacity: slots)
        let ones = (memory + codeByteCount + 8 * slots).bindMemory(to: Float.self, capacity: slots)
        let firstBlocks = (memory + codeByteCount + 12 * slots).bindMemory(to: UInt32.self, capacity: slots + 1)
        for (list, block) in blockOffsets.enumerated() { (firstBlocks + list).initialize(to: block) }
        scales.initialize(repeating: 0, count: slots)
        lengths.initialize(repeating: -1, count: slots)
        ones.initialize(repeating: -1, count: slots)
        let centroids = sections.values(.centroids, as: Float.self)
        for block in 0..<listBlockCount {
            let first = block * IVFFormat.blockSize
            ck_ivf_pack_scaled(
                centroids.baseAddress.unsafelyUnwrapped + first * sizes.dimension,
                min(IVFFormat.blockSize, sizes.listCount - first), sizes.dimension,
                codes + block * sizes.blockByteCount, scales + first)
        }
        let facts = sections.values(.blockFacts, as: Float.self)
        for list in 0..<sizes.listCount where blockOffsets[list] < blockOffsets[list + 1] {
            let length = facts[2 * Int(blockOffsets[list]) + 1]
            // A damaged length must neither hide a list as empty nor be no number.
            lengths[list] = length >= 0 ? length : 0
            ones[list] = 1
        }
        pointers = Pointers(
            listBlockCount: listBlockCount, centroidCodes: codes, centroidScales: scales, lengths: lengths,
            ones: ones, blockOffsets: firstBlocks)
    }

    deinit { memory.deallocate() }
}
