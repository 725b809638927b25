/// Compresses the pages of one chunk, and stops trying where it does not help.
///
/// Snappy's search through bit-packed codes finds nothing and costs as much as all else. So a page that shrinks by less
/// than `leastSaving` makes the following ones be stored (`SnappyBlock`), and every `retryInterval`th is tried again.
struct PageCompressor {
    private let compressor: Compressor
    private let codec: CompressionCodec
    private var storedCount = 0
    private var isIncompressible = false

    private static let leastSaving = 0.03
    private static let retryInterval = 16

    init(_ compressor: Compressor, _ codec: CompressionCodec) {
        self.compressor = compressor
        self.codec = codec
    }

    /// Appends what the page's codec makes of its bytes, and returns what is to follow that as it is: `bytes` when they
    /// are stored, which saves a copy, else nothing.
    mutating func compress(
        _ bytes: UnsafeRawBufferPointer, to buffer: OutputBuffer
    ) throws -> UnsafeRawBufferPointer {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        if codec == .uncompressed { return bytes }
        guard codec == .snappy else {
            try compressor.compress(bytes, to: buffer)
            return nothing
        }
        if isIncompressible, storedCount % Self.retryInterval != 0 {
            storedCount += 1
            SnappyBlock.appendHeader(ofStored: bytes.count, to: buffer)
            return bytes
        }
        let start = buffer.count
        try compressor.compress(bytes, to: buffer)
        isIncompressible = Double(buffer.count - start) > Double(bytes.count) * (1 - Self.leastSaving)
        guard isIncompressible else { return nothing }
        // Stored is about as small, and is read without a copy.
        storedCount = 1
        buffer.truncate(to: start)
        SnappyBlock.appendHeader(ofStored: bytes.count, to: buffer)
        return bytes
    }
}
