import CParquetKernels

/// Writes definition and repetition levels as the RLE / bit-packed hybrid.
struct LevelEncoder {
    private let greatest: Int
    private let width: Int
    private let usual: UInt32

    /// - Parameter usual: what a missing array of levels stands for.
    init(greatest: Int, usual: Int) {
        self.greatest = greatest
        self.usual = UInt32(usual)
        width = HybridDecoder.width(upTo: greatest)
    }

    /// Whether the leaf has such levels at all.
    var isNeeded: Bool { greatest > 0 }

    /// Appends the levels of the slots in `range`.
    func append(_ levels: [UInt8]?, _ range: Range<Int>, to buffer: OutputBuffer) {
        guard let levels else {
            buffer.append(varint: UInt64(range.count) << 1)
            buffer.append(byte: UInt8(usual))
            return
        }
        let wide = levels[range].map { UInt32($0) }
        let bound = pq_hybrid_bound(wide.count, UInt32(width))
        buffer.append(upTo: bound) {
            pq_hybrid_encode(wide, wide.count, UInt32(width), $0.assumingMemoryBound(to: UInt8.self))
        }
    }
}
