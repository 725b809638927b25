import CParquetKernels

/// Decodes the RLE / bit-packed hybrid (Parquet format, Encodings.md): codes of dictionaries, levels, truth values.
///
/// ```
/// run    := varint(count << 1)       value in ceil(width / 8) bytes
///         | varint(groups << 1 | 1)  groups of 8 values, width bytes each
/// ```
struct HybridDecoder {
    private var cursor: ByteCursor
    private let width: Int

    /// What the next values are.
    enum Run {
        case repeated(UInt32)
        case packed(UnsafeRawBufferPointer)
    }

    /// - Parameter width: bits a value, 0...32; checked by the caller.
    init(_ bytes: UnsafeRawBufferPointer, width: Int) {
        cursor = ByteCursor(bytes)
        self.width = width
    }

    /// Calls `body` with runs that make up exactly `count` values. What a last run has beyond them is left out.
    mutating func forEachRun(_ count: Int, _ body: (Run, Range<Int>) throws -> Void) throws {
        var position = 0
        while position < count {
            let header = try cursor.readCount("the header of a run")
            if header & 1 == 0 {
                let length = min(header >> 1, count - position)
                let value = try readValue()
                try body(.repeated(value), position..<position + length)
                position += length
            } else {
                let length = min((header >> 1) * 8, count - position)
                // Some writers leave the padding of the last group away.
                let needed = (length * width + 7) / 8
                let announced = (header >> 1) * width
                let bytes = try cursor.take(max(needed, min(announced, cursor.remaining)))
                try body(.packed(bytes), position..<position + length)
                position += length
            }
        }
    }

    private mutating func readValue() throws -> UInt32 {
        var value: UInt32 = 0
        for index in 0..<(width + 7) / 8 { value |= UInt32(try cursor.readByte()) << UInt32(8 * index) }
        return value
    }

    /// Decodes as many values as `out` has places.
    mutating func decode(into out: UnsafeMutableBufferPointer<UInt32>) throws {
        guard let base = out.baseAddress else { return }
        let width = UInt32(width)
        try forEachRun(out.count) { run, range in
            switch run {
            case .repeated(let value): (base + range.lowerBound).update(repeating: value, count: range.count)
            case .packed(let bytes):
                guard let input = bytes.baseAddress else {
                    (base + range.lowerBound).update(repeating: 0, count: range.count)
                    return
                }
                pq_unpack32(
                    input.assumingMemoryBound(to: UInt8.self), bytes.count, width, base + range.lowerBound, range.count)
            }
        }
    }

    /// Decodes levels or truth values, each a byte, as many as `out` has places.
    mutating func decode(into out: UnsafeMutableBufferPointer<UInt8>) throws {
        guard let base = out.baseAddress else { return }
        let width = width
        try forEachRun(out.count) { run, range in
            let target = base + range.lowerBound
            switch run {
            case .repeated(let value): target.update(repeating: UInt8(truncatingIfNeeded: value), count: range.count)
            case .packed(let bytes):
                guard let input = bytes.baseAddress, width > 0 else {
                    target.update(repeating: 0, count: range.count)
                    return
                }
                Self.unpack(input.assumingMemoryBound(to: UInt8.self), bytes.count, width, target, range.count)
            }
        }
    }

    private static func unpack(
        _ input: UnsafePointer<UInt8>, _ byteCount: Int, _ width: Int, _ target: UnsafeMutablePointer<UInt8>,
        _ count: Int
    ) {
        if width == 1 {
            pq_unpack_bits(input, target, count)
            return
        }
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 256) { batch in
            guard let wide = batch.baseAddress else { return }
            var done = 0
            while done < count {
                let taken = min(256, count - done)
                let consumed = done * width / 8
                pq_unpack32(input + consumed, byteCount - consumed, UInt32(width), wide, taken)
                for index in 0..<taken { target[done + index] = UInt8(truncatingIfNeeded: wide[index]) }
                done += taken
            }
        }
    }

    /// Bits that a number up to `greatest` takes.
    static func width(upTo greatest: Int) -> Int { Int.bitWidth - greatest.leadingZeroBitCount }
}
