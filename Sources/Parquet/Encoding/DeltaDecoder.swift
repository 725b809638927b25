import CParquetKernels

/// Decodes DELTA_BINARY_PACKED (Parquet format, Encodings.md).
///
/// ```
/// stream := varint(block size)  varint(miniblocks a block)  varint(values)  zigzag(first value)  block*
/// block  := zigzag(least difference)  width of each miniblock, a byte each  miniblock*
/// ```
struct DeltaDecoder {
    private var cursor: ByteCursor
    private let miniblockCount: Int
    private let miniblockLength: Int
    /// Values that the stream announces.
    let valueCount: Int
    private let first: Int64

    init(_ bytes: UnsafeRawBufferPointer) throws {
        cursor = ByteCursor(bytes)
        let blockLength = try cursor.readCount("the block size")
        miniblockCount = try cursor.readCount("the number of miniblocks")
        valueCount = try cursor.readCount("the number of values")
        first = try cursor.readZigzag()
        guard blockLength > 0, blockLength % 128 == 0, miniblockCount > 0, blockLength % miniblockCount == 0 else {
            throw ParquetError.damaged("delta blocks of \(blockLength) values in \(miniblockCount) parts are announced")
        }
        miniblockLength = blockLength / miniblockCount
        guard miniblockLength % 32 == 0 else {
            throw ParquetError.damaged("delta miniblocks of \(miniblockLength) values are announced")
        }
    }

    /// Bytes consumed so far.
    var position: Int { cursor.position }

    /// Decodes all values, which must be as many as `out` has places.
    mutating func decode(into out: UnsafeMutableBufferPointer<UInt32>) throws {
        try decode(count: out.count, greatestWidth: 32, store: { out[0] = UInt32(truncatingIfNeeded: $0) }) {
            bytes, width, minimum, start, count in
            guard let base = out.baseAddress else { return }
            _ = pq_delta_decode32(
                bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, width,
                UInt32(truncatingIfNeeded: minimum), base[start - 1], base + start, count)
        }
    }

    /// Decodes all values, which must be as many as `out` has places.
    mutating func decode(into out: UnsafeMutableBufferPointer<UInt64>) throws {
        try decode(count: out.count, greatestWidth: 64, store: { out[0] = UInt64(bitPattern: $0) }) {
            bytes, width, minimum, start, count in
            guard let base = out.baseAddress else { return }
            _ = pq_delta_decode64(
                bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, width,
                UInt64(bitPattern: minimum), base[start - 1], base + start, count)
        }
    }

    /// Walks over the miniblocks; `body` gets bytes, width, least difference, index of the first value, and their number.
    private mutating func decode(
        count: Int, greatestWidth: Int, store: (Int64) -> Void,
        _ body: (UnsafeRawBufferPointer, UInt32, Int64, Int, Int) -> Void
    ) throws {
        guard count == valueCount else {
            throw ParquetError.damaged("the page holds \(valueCount) delta values where \(count) belong")
        }
        guard count > 0 else { return }
        store(first)
        var position = 1
        while position < count {
            let minimum = try cursor.readZigzag()
            let widths = try cursor.take(miniblockCount)
            for width in widths where position < count {
                guard width <= greatestWidth else {
                    throw ParquetError.damaged("a delta of \(width) bits is announced")
                }
                let taken = min(miniblockLength, count - position)
                let needed = (taken * Int(width) + 7) / 8
                let whole = miniblockLength / 8 * Int(width)
                let bytes = try cursor.take(max(needed, min(whole, cursor.remaining)))
                body(bytes, UInt32(width), minimum, position, taken)
                position += taken
            }
        }
    }
}
