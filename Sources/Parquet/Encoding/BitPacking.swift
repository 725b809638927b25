import CParquetKernels

/// Truth values, a bit each in files and a byte each in memory.
enum BitPacking {
    /// Expands as many bits as `out` has places; `bytes` holds them.
    static func unpack(_ bytes: UnsafeRawBufferPointer, into out: UnsafeMutableBufferPointer<UInt8>) {
        precondition(bytes.count >= (out.count + 7) / 8, "too few bytes for the bits")
        guard let input = bytes.baseAddress, let target = out.baseAddress else { return }
        pq_unpack_bits(input.assumingMemoryBound(to: UInt8.self), target, out.count)
    }

    /// Appends a bit a value.
    static func pack(_ values: UnsafeBufferPointer<Bool>, to buffer: OutputBuffer) {
        guard let input = values.baseAddress else { return }
        let byteCount = (values.count + 7) / 8
        buffer.append(upTo: byteCount) { target in
            let bytes = UnsafeRawPointer(input).assumingMemoryBound(to: UInt8.self)
            pq_pack_bits(bytes, target.assumingMemoryBound(to: UInt8.self), values.count)
            return byteCount
        }
    }
}
