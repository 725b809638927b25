import CParquetKernels

/// CRC-32 of pages.
enum Checksum {
    /// The checksum of all parts, one behind the other.
    static func ofBytes(_ parts: UnsafeRawBufferPointer...) -> UInt32 {
        parts.reduce(0) { pq_crc32($0, $1.baseAddress?.assumingMemoryBound(to: UInt8.self), $1.count) }
    }
}
