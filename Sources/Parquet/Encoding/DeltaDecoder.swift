import CParquetKernels

/// Decodes DELTA_BINARY_PACKED (Parquet format, Encodings.md).
///
/// ```
/// stream := varint(block size)  varint(miniblocks a block)  varint(values)  zigzag(first value)  block*
/// block  := zigzag(least difference)  width of each miniblock, a byte each  miniblock*
/// ```
struct DeltaDecoder {
    private let bytes: UnsafeRawBufferPointer
    private let miniblockCount: Int
    private let miniblockLength: Int
    /// Values that the stream announces.
    let valueCount: Int
    private let first: Int64
    /// Bytes consumed so far.
    private(set) var position: Int

    init(_ bytes: UnsafeRawBufferPointer) throws {
        self.bytes = bytes
        var cursor = ByteCursor(bytes)
        let blockLength = try cursor.readCount("the block size")
        miniblockCount = try cursor.readCount("the number of miniblocks")
        valueCount = try cursor.readCount("the number of values")
        first = try cursor.readZigzag()
        position = cursor.position
        guard blockLength > 0, blockLength % 128 == 0, miniblockCount > 0, blockLength % miniblockCount == 0 else {
            throw ParquetError.damaged("delta blocks of \(blockLength) values in \(miniblockCount) parts are announced")
        }
        miniblockLength = blockLength / miniblockCount
        guard miniblockLength % 32 == 0 else {
            throw ParquetError.damaged("delta miniblocks of \(miniblockLength) values are announced")
        }
    }

    /// Decodes all values, which must be as many as `out` has places.
    mutating func decode(into out: UnsafeMutableBufferPointer<UInt32>) throws {
        guard let base = try begin(out.count, out.baseAddress) else { return }
        base[0] = UInt32(truncatingIfNeeded: first)
        let (blocks, length) = (miniblockCount, miniblockLength)
        try finish { pq_delta_decode32($0, $1, blocks, length, base, out.count, &$2) }
    }

    /// Decodes all values, which must be as many as `out` has places.
    mutating func decode(into out: UnsafeMutableBufferPointer<UInt64>) throws {
        guard let base = try begin(out.count, out.baseAddress) else { return }
        base[0] = UInt64(bitPattern: first)
        let (blocks, length) = (miniblockCount, miniblockLength)
        try finish { pq_delta_decode64($0, $1, blocks, length, base, out.count, &$2) }
    }

    /// Checks the number of values and gives the place of the first, nil when there is none.
    private func begin<Value>(
        _ count: Int, _ base: UnsafeMutablePointer<Value>?
    ) throws -> UnsafeMutablePointer<Value>? {
        guard count == valueCount else {
            throw ParquetError.damaged("the page holds \(valueCount) delta values where \(count) belong")
        }
        return count > 0 ? base : nil
    }

    /// Decodes the blocks: `body` gets bytes, their count and where to tell how many it consumed.
    private mutating func finish(_ body: (UnsafePointer<UInt8>?, Int, inout Int) -> pq_delta_status) throws {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
        var consumed = 0
        switch body(rest.baseAddress?.assumingMemoryBound(to: UInt8.self), rest.count, &consumed) {
        case PQ_DELTA_OK: position += consumed
        case PQ_DELTA_TOO_WIDE: throw ParquetError.damaged("a delta wider than its type is announced")
        case PQ_DELTA_OVERFLOW: throw ParquetError.damaged("a number is longer than 64 bits")
        default: throw ParquetError.damaged("the delta blocks end before the \(valueCount) values that are announced")
        }
    }
}
