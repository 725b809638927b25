import CParquetKernels

/// RLE_DICTIONARY: codes into a dictionary page.
struct CodeEncoder: ValueEncoder {
    /// One code a value of the chunk.
    private let codes: [UInt32]
    private let first: Int
    private let width: Int
    private let page: OutputBuffer
    private let count: Int
    private let findBounds: (Range<Int>) -> ValueBounds?

    /// - Parameters:
    ///   - codes: holds the chunk's codes from `first` on.
    ///   - page: the values of the dictionary, plain-encoded.
    ///   - count: how many they are.
    ///   - bounds: finds the bounds of a range of the chunk's values.
    init(
        codes: [UInt32], first: Int, page: OutputBuffer, count: Int, bounds: @escaping (Range<Int>) -> ValueBounds?
    ) {
        self.codes = codes
        self.first = first
        self.page = page
        self.count = count
        width = Self.width(of: count)
        findBounds = bounds
    }

    /// Bits a code takes in a dictionary of so many values.
    static func width(of count: Int) -> Int { HybridDecoder.width(upTo: max(0, count - 1)) }

    /// Bytes that `valueCount` codes take when none repeats.
    static func byteCount(_ valueCount: Int, dictionaryCount: Int) -> Int {
        (valueCount * width(of: dictionaryCount) + 7) / 8
    }

    var encoding: Encoding { .rleDictionary }

    var dictionary: (bytes: OutputBuffer, count: Int)? { (page, count) }

    func append(_ range: Range<Int>, to buffer: OutputBuffer) {
        buffer.append(byte: UInt8(width))
        let bound = pq_hybrid_bound(range.count, UInt32(width))
        codes.withUnsafeBufferPointer { codes in
            let slice = UnsafeBufferPointer(rebasing: codes[range.shifted(by: first)])
            guard let input = slice.baseAddress else { return }
            buffer.append(upTo: bound) {
                pq_hybrid_encode(input, slice.count, UInt32(width), $0.assumingMemoryBound(to: UInt8.self))
            }
        }
    }

    func bounds(of range: Range<Int>) -> ValueBounds? { findBounds(range) }

    func count(from start: Int, byteTarget: Int) -> Int { max(8, byteTarget * 8 / max(1, width)) }
}
