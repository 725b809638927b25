import CZlib

extension Gzip {
    /// Unpacks one gzip or zlib stream that lies whole in memory, into memory whose size is known to suffice.
    ///
    /// - Returns: how many bytes it came to; nil when the stream is damaged, cut off or longer than `output`.
    public static func decompress(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> Int? {
        guard let inputCount = UInt32(exactly: input.count), let outputCount = UInt32(exactly: output.count) else {
            return nil
        }
        // The stream must not move while zlib uses it: zlib keeps its address.
        return withUnsafeTemporaryAllocation(of: z_stream.self, capacity: 1) { place in
            guard let stream = place.baseAddress else { return nil }
            stream.initialize(to: z_stream())
            guard segue_inflate_init(stream) == Z_OK else { return nil }
            // zlib reads from next_in and never writes to it.
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.pointee.avail_in = inputCount
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = outputCount
            let status = inflate(stream, Z_FINISH)
            let count = output.count - Int(stream.pointee.avail_out)
            let end = inflateEnd(stream)
            assert(end == Z_OK, "the stream was set up by us")
            return status == Z_STREAM_END ? count : nil
        }
    }
}
