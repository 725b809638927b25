import CParquetKernels

/// Decodes the codes of dictionary-encoded pages and checks that each stands for a value.
struct CodeDecoder {
    private let scratch = OutputBuffer()

    /// Decodes as many codes as `out` has places.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, below limit: Int, into out: UnsafeMutableBufferPointer<UInt32>
    ) throws {
        guard !out.isEmpty else { return }
        var cursor = ByteCursor(bytes)
        let width = Int(try cursor.readByte())
        guard width <= 32 else { throw ParquetError.damaged("codes of \(width) bits are announced") }
        var decoder = HybridDecoder(cursor.rest, width: width)
        try decoder.decode(into: out)
        let greatest = pq_max32(out.baseAddress, out.count)
        guard greatest < limit else {
            throw ParquetError.damaged("a code is \(greatest) where the dictionary has \(limit) values")
        }
    }

    /// The codes of a page; valid until the next call.
    func decode(_ page: OpenPage, below limit: Int) throws -> UnsafeBufferPointer<UInt32> {
        scratch.removeAll()
        scratch.reserve(page.valueCount * 4)
        let codes = UnsafeMutableBufferPointer(
            start: scratch.base.bindMemory(to: UInt32.self, capacity: page.valueCount), count: page.valueCount)
        try Self.decode(page.values, below: limit, into: codes)
        return UnsafeBufferPointer(codes)
    }
}
