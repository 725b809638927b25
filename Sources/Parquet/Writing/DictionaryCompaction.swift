import CParquetKernels

/// Codes of a chunk and the values that they use: a caller's dictionary may be that of many chunks.
struct DictionaryCompaction {
    /// Holds the chunk's codes from `first` on.
    let codes: [UInt32]
    let first: Int
    let values: ByteArrayColumn
    private let count: Int

    init(_ codes: [UInt32], _ range: Range<Int>, _ values: ByteArrayColumn, column: String) throws {
        count = range.count
        if values.bytes.count + 4 * values.count <= Self.smallByteCount {
            try Self.check(codes, range, values, column)
            self.codes = codes
            first = range.lowerBound
            self.values = values
            return
        }
        var seen = [UInt8](repeating: 0, count: values.count)
        let areValid = codes.withUnsafeBufferPointer { codes in
            seen.withUnsafeMutableBufferPointer { seen in
                let slice = UnsafeBufferPointer(rebasing: codes[range])
                return pq_mark_seen(slice.baseAddress, slice.count, seen.baseAddress, UInt32(seen.count))
            }
        }
        guard areValid else { throw Self.outside(values, column) }
        let used = seen.reduce(0) { $0 + Int($1) }
        // A few values that no row uses cost less than giving every row a new code.
        if used * 8 >= values.count * 7 {
            self.codes = codes
            first = range.lowerBound
            self.values = values
            return
        }
        var newCodes = [UInt32](repeating: 0, count: values.count)
        let kept = seen.indices.filter { seen[$0] == 1 }
        for (new, old) in kept.enumerated() { newCodes[old] = UInt32(new) }
        self.codes = codes[range].map { newCodes[Int($0)] }
        first = 0
        self.values = values.selecting(kept)
    }

    /// A dictionary this small goes into every chunk as it is.
    private static let smallByteCount = 4096

    private static func check(
        _ codes: [UInt32], _ range: Range<Int>, _ values: ByteArrayColumn, _ column: String
    ) throws {
        let greatest = codes.withUnsafeBufferPointer { codes in
            let slice = UnsafeBufferPointer(rebasing: codes[range])
            return pq_max32(slice.baseAddress, slice.count)
        }
        guard range.isEmpty || greatest < values.count else { throw outside(values, column) }
    }

    private static func outside(_ values: ByteArrayColumn, _ column: String) -> ParquetError {
        ParquetError.mismatch("column \(column): a code lies outside the dictionary of \(values.count) values")
    }

    private var chunkCodes: ArraySlice<UInt32> { codes[first..<first + count] }

    /// Bytes that the values would take plain if all were as short as the shortest: often enough to decide by.
    func leastPlainByteCount(lengthByteCount: Int) -> Int {
        var shortest = Int.max
        values.offsets.withUnsafeBufferPointer { offsets in
            for index in 1..<max(1, offsets.count) {
                shortest = min(shortest, Int(offsets[index]) - Int(offsets[index - 1]))
            }
        }
        return values.isEmpty ? 0 : count * (shortest + lengthByteCount)
    }

    /// Bytes that the values would take plain.
    func plainByteCount(lengthByteCount: Int) -> Int {
        let lengths = values.offsets.withUnsafeBufferPointer { offsets in
            chunkCodes.withUnsafeBufferPointer { pq_sum_lengths(offsets.baseAddress, $0.baseAddress, $0.count) }
        }
        return Int(clamping: lengths) + count * lengthByteCount
    }

    /// The values of the rows one after the other.
    func spelledOut(column: String) throws -> ByteArrayColumn {
        guard plainByteCount(lengthByteCount: 0) <= Int(UInt32.max) else {
            throw ParquetError.limitExceeded("column \(column): the strings of a row group come to more than 4 GiB")
        }
        return values.selecting(chunkCodes.lazy.map { Int($0) })
    }
}
