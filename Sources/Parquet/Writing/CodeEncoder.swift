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

/// Finds bounds of strings by their codes: each string is turned into a number once, by which rows compare.
///
/// The number is made of the first eight bytes behind what all strings share, so that `user-00000001` and
/// `user-00000002` differ in it; strings with equal numbers are compared whole.
struct CodeBounds {
    private let values: ByteArrayColumn
    private let keys: [UInt64]

    init(_ values: ByteArrayColumn) {
        self.values = values
        let shared = Self.sharedPrefix(values)
        keys = values.bytes.withUnsafeBytes { bytes in
            (0..<values.count).map { index in
                let range = values.range(of: index)
                var key: UInt64 = 0
                for position in 0..<8 {
                    let place = range.lowerBound + shared + position
                    key = key << 8 | (place < range.upperBound ? UInt64(bytes[place]) : 0)
                }
                return key
            }
        }
    }

    private static func sharedPrefix(_ values: ByteArrayColumn) -> Int {
        guard values.count > 0 else { return 0 }
        return values.bytes.withUnsafeBytes { bytes in
            let first = values.range(of: 0)
            var shared = first.count
            for index in 1..<values.count {
                let range = values.range(of: index)
                shared = min(shared, range.count)
                var length = 0
                while length < shared, bytes[first.lowerBound + length] == bytes[range.lowerBound + length] {
                    length += 1
                }
                shared = length
                if shared == 0 { break }
            }
            return shared
        }
    }

    /// Bounds of the values that the codes stand for.
    func bounds(of codes: UnsafeBufferPointer<UInt32>) -> ValueBounds? {
        guard let first = codes.first else { return nil }
        var least = Int(first)
        var greatest = Int(first)
        keys.withUnsafeBufferPointer { keys in
            var leastKey = keys[least]
            var greatestKey = leastKey
            for code in codes {
                let key = keys[Int(code)]
                if key <= leastKey, key < leastKey || isLess(Int(code), least) {
                    least = Int(code)
                    leastKey = key
                }
                if key >= greatestKey, key > greatestKey || isLess(greatest, Int(code)) {
                    greatest = Int(code)
                    greatestKey = key
                }
            }
        }
        return ValueBounds(minimum: Array(values[least]), maximum: Array(values[greatest]))
    }

    private func isLess(_ left: Int, _ right: Int) -> Bool {
        guard left != right else { return false }
        return values.bytes.withUnsafeBytes { BoundsFinder.isLess($0, values.range(of: left), values.range(of: right)) }
    }
}
