import CParquetKernels

/// Decodes pages of INT32, INT64, FLOAT and DOUBLE into memory of the caller.
///
/// Not generic over the value type: all four are four or eight bytes that are copied, gathered or, for integers, summed.
struct FixedWidthReader {
    private let type: PhysicalType
    private let byteWidth: Int
    private let codes = CodeDecoder()
    private let dictionary = OutputBuffer()
    private var dictionaryCount: Int?

    /// - Parameter type: one of the four.
    init(_ type: PhysicalType) {
        self.type = type
        byteWidth = type == .int32 || type == .float ? 4 : 8
    }

    /// Takes the values of the dictionary page.
    mutating func setDictionary(_ bytes: UnsafeRawBufferPointer, count: Int) throws {
        guard bytes.count / byteWidth >= count else {
            throw ParquetError.damaged("the dictionary has \(bytes.count) bytes for \(count) values")
        }
        dictionary.append(UnsafeRawBufferPointer(rebasing: bytes[..<(count * byteWidth)]))
        dictionaryCount = count
    }

    /// Decodes the values of a page to `out`, which has room for `page.valueCount` of them.
    func decode(_ page: OpenPage, into out: UnsafeMutableRawPointer) throws {
        let count = page.valueCount
        guard count > 0 else { return }
        switch page.encoding {
        case .plain:
            guard page.values.count / byteWidth >= count, let values = page.values.baseAddress else {
                throw ParquetError.damaged("the page has \(page.values.count) bytes for \(count) values")
            }
            out.copyMemory(from: values, byteCount: count * byteWidth)
        case .rleDictionary, .plainDictionary: try gather(page, into: out)
        case .deltaBinaryPacked where type == .int32 || type == .int64: try sum(page, into: out)
        case .byteStreamSplit: try unsplit(page, into: out)
        default: throw ParquetError.unsupported("\(page.encoding.name) pages of \(type.name) values")
        }
    }

    private func gather(_ page: OpenPage, into out: UnsafeMutableRawPointer) throws {
        guard let dictionaryCount else { throw ParquetError.damaged("the chunk has no dictionary page") }
        let codes = try codes.decode(page, below: dictionaryCount)
        if byteWidth == 4 {
            let table = dictionary.base.assumingMemoryBound(to: UInt32.self)
            pq_gather32(table, codes.baseAddress, out.assumingMemoryBound(to: UInt32.self), codes.count)
        } else {
            let table = dictionary.base.assumingMemoryBound(to: UInt64.self)
            pq_gather64(table, codes.baseAddress, out.assumingMemoryBound(to: UInt64.self), codes.count)
        }
    }

    private func sum(_ page: OpenPage, into out: UnsafeMutableRawPointer) throws {
        var decoder = try DeltaDecoder(page.values)
        let count = page.valueCount
        if byteWidth == 4 {
            let target = out.assumingMemoryBound(to: UInt32.self)
            try decoder.decode(into: UnsafeMutableBufferPointer(start: target, count: count))
        } else {
            let target = out.assumingMemoryBound(to: UInt64.self)
            try decoder.decode(into: UnsafeMutableBufferPointer(start: target, count: count))
        }
    }

    /// BYTE_STREAM_SPLIT: first all first bytes, then all second bytes, and so on.
    private func unsplit(_ page: OpenPage, into out: UnsafeMutableRawPointer) throws {
        let count = page.valueCount
        guard page.values.count / byteWidth == count, page.values.count % byteWidth == 0 else {
            throw ParquetError.damaged("the page has \(page.values.count) bytes for \(count) values")
        }
        let target = out.assumingMemoryBound(to: UInt8.self)
        for stream in 0..<byteWidth {
            for index in 0..<count { target[index * byteWidth + stream] = page.values[stream * count + index] }
        }
    }
}
