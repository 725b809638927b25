import CParquetKernels

/// Writes the values of a chunk in one encoding, and knows their bounds.
protocol ValueEncoder {
    /// Encoding of the data pages.
    var encoding: Encoding { get }
    /// The dictionary page's values, plain-encoded, and how many they are; nil when there is none.
    var dictionary: (bytes: OutputBuffer, count: Int)? { get }
    /// Appends the values of `range`, which counts from the first value of the chunk.
    func append(_ range: Range<Int>, to buffer: OutputBuffer)
    /// Least and greatest of `range`.
    func bounds(of range: Range<Int>) -> ValueBounds?
    /// How many values from `start` on come to about `byteTarget` bytes; at least 1.
    func count(from start: Int, byteTarget: Int) -> Int
}

extension ValueEncoder {
    var dictionary: (bytes: OutputBuffer, count: Int)? { nil }
}

/// PLAIN numbers: as they lie in memory.
struct PlainNumberEncoder<Value: BitwiseCopyable>: ValueEncoder {
    let values: [Value]
    let chunk: Range<Int>
    let wrapped: ColumnValues
    let order: ValueOrder?

    var encoding: Encoding { .plain }

    func append(_ range: Range<Int>, to buffer: OutputBuffer) {
        values.withUnsafeBufferPointer {
            buffer.append(
                UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: $0[range.shifted(by: chunk.lowerBound)])))
        }
    }

    func bounds(of range: Range<Int>) -> ValueBounds? {
        order.flatMap { BoundsFinder.bounds(of: wrapped, in: range.shifted(by: chunk.lowerBound), $0) }
    }

    func count(from start: Int, byteTarget: Int) -> Int { max(1, byteTarget / MemoryLayout<Value>.size) }
}

/// PLAIN truth values: a bit each.
struct BooleanEncoder: ValueEncoder {
    let values: [Bool]
    let chunk: Range<Int>

    var encoding: Encoding { .plain }

    func append(_ range: Range<Int>, to buffer: OutputBuffer) {
        values.withUnsafeBufferPointer {
            BitPacking.pack(UnsafeBufferPointer(rebasing: $0[range.shifted(by: chunk.lowerBound)]), to: buffer)
        }
    }

    func bounds(of range: Range<Int>) -> ValueBounds? {
        BoundsFinder.bounds(of: .boolean(values), in: range.shifted(by: chunk.lowerBound), .boolean)
    }

    func count(from start: Int, byteTarget: Int) -> Int { max(1, byteTarget * 8) }
}

/// PLAIN byte arrays: each with its length before it, or without when all have the same.
struct PlainByteArrayEncoder: ValueEncoder {
    let column: ByteArrayColumn
    let chunk: Range<Int>
    let hasFixedLength: Bool
    let isOrdered: Bool

    var encoding: Encoding { .plain }

    func append(_ range: Range<Int>, to buffer: OutputBuffer) {
        let range = range.shifted(by: chunk.lowerBound)
        let start = Int(column.offsets[range.lowerBound])
        let end = Int(column.offsets[range.upperBound])
        column.bytes.withUnsafeBytes { bytes in
            if hasFixedLength {
                buffer.append(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            } else {
                Self.append(bytes, column.offsets, range, byteCount: end - start, to: buffer)
            }
        }
    }

    /// Appends strings with their lengths.
    static func append(
        _ bytes: UnsafeRawBufferPointer, _ offsets: [UInt32], _ range: Range<Int>, byteCount: Int,
        to buffer: OutputBuffer
    ) {
        buffer.append(upTo: byteCount + 4 * range.count) { target in
            var cursor = target
            for index in range {
                let from = Int(offsets[index])
                let length = Int(offsets[index + 1]) - from
                cursor.storeBytes(of: UInt32(length).littleEndian, as: UInt32.self)
                if let base = bytes.baseAddress { (cursor + 4).copyMemory(from: base + from, byteCount: length) }
                cursor += 4 + length
            }
            return cursor - target
        }
    }

    func bounds(of range: Range<Int>) -> ValueBounds? {
        isOrdered ? BoundsFinder.bounds(of: column, in: range.shifted(by: chunk.lowerBound)) : nil
    }

    func count(from start: Int, byteTarget: Int) -> Int {
        let first = chunk.lowerBound + start
        let origin = Int(column.offsets[first])
        // The greatest count whose strings and lengths stay within the target; the sum ascends, so it can be halved.
        var low = 1
        var high = max(1, chunk.upperBound - first)
        while low < high {
            let middle = (low + high + 1) / 2
            let byteCount = Int(column.offsets[first + middle]) - origin + 4 * middle
            if byteCount <= byteTarget { low = middle } else { high = middle - 1 }
        }
        return low
    }
}

/// DELTA_BINARY_PACKED integers.
struct DeltaEncoder: ValueEncoder {
    enum Values {
        case narrow([Int32])
        case wide([Int64])
    }

    let values: Values
    let chunk: Range<Int>
    let wrapped: ColumnValues
    let order: ValueOrder?

    /// Values a block, and miniblocks a block: what every reader knows.
    static let blockLength = 128
    private static let miniblockCount = 4

    var encoding: Encoding { .deltaBinaryPacked }

    func append(_ range: Range<Int>, to buffer: OutputBuffer) {
        let range = range.shifted(by: chunk.lowerBound)
        buffer.append(varint: UInt64(Self.blockLength))
        buffer.append(varint: UInt64(Self.miniblockCount))
        buffer.append(varint: UInt64(range.count))
        switch values {
        case .narrow(let values):
            buffer.append(zigzag: range.isEmpty ? 0 : Int64(values[range.lowerBound]))
            values.withUnsafeBufferPointer { appendBlocks($0, range, to: buffer) }
        case .wide(let values):
            buffer.append(zigzag: range.isEmpty ? 0 : values[range.lowerBound])
            values.withUnsafeBufferPointer { appendBlocks($0, range, to: buffer) }
        }
    }

    private func appendBlocks<Value: BitwiseCopyable>(
        _ values: UnsafeBufferPointer<Value>, _ range: Range<Int>, to buffer: OutputBuffer
    ) {
        guard let base = values.baseAddress, range.count > 1 else { return }
        for start in stride(from: range.lowerBound + 1, to: range.upperBound, by: Self.blockLength) {
            let count = min(Self.blockLength, range.upperBound - start)
            buffer.append(upTo: Int(PQ_DELTA_BLOCK_BOUND)) { Self.encode(base + start, count, to: $0) }
        }
    }

    /// Encodes one block; the value before the first is that which lies before it in memory.
    private static func encode<Value: BitwiseCopyable>(
        _ values: UnsafePointer<Value>, _ count: Int, to target: UnsafeMutableRawPointer
    ) -> Int {
        let raw = UnsafeRawPointer(values)
        let out = target.assumingMemoryBound(to: UInt8.self)
        if MemoryLayout<Value>.size == 4 {
            let words = raw.assumingMemoryBound(to: UInt32.self)
            return pq_delta_encode_block32(words, count, words[-1], out)
        }
        let words = raw.assumingMemoryBound(to: UInt64.self)
        return pq_delta_encode_block64(words, count, words[-1], out)
    }

    func bounds(of range: Range<Int>) -> ValueBounds? {
        order.flatMap { BoundsFinder.bounds(of: wrapped, in: range.shifted(by: chunk.lowerBound), $0) }
    }

    /// Differences are seldom wider than half the values, and pages are bounded by slots besides.
    func count(from start: Int, byteTarget: Int) -> Int { max(1, byteTarget / 4) }

    /// About how many bytes the chunk would take, from every eighth block.
    func estimatedByteCount() -> Int {
        let step = 8 * Self.blockLength
        let scratch = OutputBuffer()
        var sampled = 0
        func add<Value: BitwiseCopyable>(_ values: [Value]) {
            values.withUnsafeBufferPointer { values in
                for start in stride(from: chunk.lowerBound + 1, to: chunk.upperBound, by: step) {
                    let end = min(start + Self.blockLength, chunk.upperBound)
                    appendBlocks(values, start - 1..<end, to: scratch)
                    sampled += end - start
                    if scratch.count > 1 << 20 { break }
                }
            }
        }
        switch values {
        case .narrow(let values): add(values)
        case .wide(let values): add(values)
        }
        return sampled == 0 ? 8 : Int(Double(scratch.count) / Double(sampled) * Double(chunk.count)) + 8
    }
}

extension Range<Int> {
    func shifted(by distance: Int) -> Range<Int> { lowerBound + distance..<upperBound + distance }
}
