import CParquetKernels

/// Numbers byte strings in order of first use.
final class ByteArrayInterner {
    private let table: OpaquePointer

    /// No strings yet.
    init() throws {
        guard let table = pq_interner_make(HashSeed.value) else { throw Self.outOfMemory }
        self.table = table
    }

    deinit { pq_interner_free(table) }

    /// Distinct strings so far.
    var count: Int { pq_interner_count(table) }

    /// Bytes of the distinct strings so far.
    var byteCount: Int { Int(pq_interner_offsets(table)[count]) }

    /// The distinct strings so far.
    /// - Complexity: O(their bytes): they are copied.
    var values: ByteArrayColumn {
        let offsets = UnsafeBufferPointer(start: pq_interner_offsets(table), count: count + 1)
        let bytes = UnsafeBufferPointer(start: pq_interner_bytes(table), count: byteCount)
        return ByteArrayColumn(unchecked: Array(bytes), offsets: Array(offsets))
    }

    /// Writes the code of each string of `range` to `codes`, making new ones for those that were not met.
    func intern(_ column: ByteArrayColumn, _ range: Range<Int>, into codes: UnsafeMutablePointer<UInt32>) throws {
        let isDone = column.bytes.withUnsafeBufferPointer { bytes in
            column.offsets.withUnsafeBufferPointer { offsets in
                pq_interner_add(
                    table, bytes.baseAddress, bytes.count, offsets.baseAddress, range.lowerBound, range.count, codes)
            }
        }
        guard isDone else { throw Self.outOfMemory }
    }

    /// The codes of all strings.
    func intern(_ column: ByteArrayColumn) throws -> [UInt32] {
        try [UInt32](unsafeUninitializedCapacity: column.count) { out, initialized in
            if let base = out.baseAddress { try intern(column, 0..<column.count, into: base) }
            initialized = column.count
        }
    }

    private static var outOfMemory: ParquetError {
        ParquetError.limitExceeded("distinct strings come to more than 4 GiB or than there is memory")
    }
}
