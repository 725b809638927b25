import CParquetKernels

/// Decodes pages of BYTE_ARRAY, FIXED_LEN_BYTE_ARRAY and INT96.
struct ByteArrayReader {
    /// Byte count of each value, 0 when each tells its own.
    private let fixedLength: Int
    private let byteLimit: Int
    private let codes = CodeDecoder()
    private var dictionary: ByteArrayColumn?
    private var bytes: [UInt8] = []
    private var offsets: [UInt32] = [0]

    init(fixedLength: Int, byteLimit: Int) {
        self.fixedLength = fixedLength
        self.byteLimit = min(byteLimit, Int(UInt32.max))
    }

    /// Distinct values of the dictionary page, if there is one.
    var dictionaryValues: ByteArrayColumn? { dictionary }

    /// Everything decoded so far.
    var column: ByteArrayColumn { ByteArrayColumn(unchecked: bytes, offsets: offsets) }

    /// Takes the values of the dictionary page.
    mutating func setDictionary(_ page: UnsafeRawBufferPointer, count: Int) throws {
        guard fixedLength > 0 || count <= page.count / 4 else {
            throw ParquetError.damaged("the dictionary has \(page.count) bytes for \(count) values")
        }
        try appendPlain(page, count)
        dictionary = column
        bytes = []
        offsets = [0]
    }

    /// Decodes the values of a page behind those decoded so far.
    mutating func decode(_ page: OpenPage) throws {
        switch page.encoding {
        case .plain: try appendPlain(page.values, page.valueCount)
        case .rleDictionary, .plainDictionary: try appendDictionary(page)
        case .deltaLengthByteArray where fixedLength == 0: try appendDeltaLength(page)
        case .deltaByteArray: try appendDeltaPrefix(page)
        case .byteStreamSplit where fixedLength > 0: try appendSplit(page)
        default: throw ParquetError.unsupported("\(page.encoding.name) pages of byte arrays")
        }
    }

    /// Decodes the codes of a dictionary-encoded page.
    func decodeCodes(_ page: OpenPage, into out: UnsafeMutableBufferPointer<UInt32>) throws {
        guard let dictionary else { throw ParquetError.damaged("the chunk has no dictionary page") }
        try CodeDecoder.decode(page.values, below: dictionary.count, into: out)
    }

    // MARK: room

    /// Makes `byteCount` zero bytes at the end, for the caller to overwrite, and tells where.
    private mutating func extend(_ byteCount: Int) throws -> Int {
        let start = bytes.count
        guard byteCount <= byteLimit - start else {
            throw ParquetError.limitExceeded(
                "the chunk's strings come to more than \(byteLimit) bytes; read them as a dictionary or raise maximumByteArrayByteCount"
            )
        }
        bytes.append(contentsOf: repeatElement(0, count: byteCount))
        return start
    }

    // MARK: encodings

    private mutating func appendPlain(_ page: UnsafeRawBufferPointer, _ count: Int) throws {
        if fixedLength > 0 {
            guard page.count / fixedLength >= count else {
                throw ParquetError.damaged("the page has \(page.count) bytes for \(count) values of \(fixedLength)")
            }
            _ = try extend(0)
            bytes.append(contentsOf: page[..<(count * fixedLength)])
            appendFixedOffsets(count)
            return
        }
        guard count <= page.count / 4 else {
            throw ParquetError.damaged("the page has \(page.count) bytes for \(count) strings")
        }
        var end = try extend(page.count - 4 * count)
        offsets.reserveCapacity(offsets.count + count)
        try bytes.withUnsafeMutableBytes { target in
            var cursor = ByteCursor(page)
            for _ in 0..<count {
                let string = try cursor.take(Int(try cursor.readUInt32()))
                // All strings and their lengths fit the page, so all strings fit the room made for them.
                UnsafeMutableRawBufferPointer(rebasing: target[end..<end + string.count]).copyMemory(from: string)
                end += string.count
                offsets.append(UInt32(end))
            }
        }
        bytes.removeLast(bytes.count - end)
    }

    private mutating func appendFixedOffsets(_ count: Int) {
        let start = bytes.count - count * fixedLength
        offsets.append(contentsOf: (0..<count).lazy.map { [fixedLength] in UInt32(start + ($0 + 1) * fixedLength) })
    }

    private mutating func appendDictionary(_ page: OpenPage) throws {
        guard let dictionary else { throw ParquetError.damaged("the chunk has no dictionary page") }
        let codes = try codes.decode(page, below: dictionary.count)
        let total = dictionary.offsets.withUnsafeBufferPointer {
            pq_sum_lengths($0.baseAddress, codes.baseAddress, codes.count)
        }
        var end = try extend(Int(clamping: total))
        offsets.reserveCapacity(offsets.count + codes.count)
        bytes.withUnsafeMutableBytes { target in
            dictionary.bytes.withUnsafeBytes { source in
                for code in codes {
                    let range = dictionary.range(of: Int(code))
                    UnsafeMutableRawBufferPointer(rebasing: target[end..<end + range.count])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[range]))
                    end += range.count
                    offsets.append(UInt32(end))
                }
            }
        }
    }

    /// Lengths by deltas, then all bytes.
    private mutating func appendDeltaLength(_ page: OpenPage) throws {
        guard page.valueCount > 0 else { return }
        var end = bytes.count
        let (lengths, consumed) = try Self.deltas(page.values, page.valueCount)
        var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: page.values[consumed...]))
        offsets.reserveCapacity(offsets.count + lengths.count)
        for length in lengths {
            let string = try cursor.take(Int(length))
            _ = try extend(0)
            bytes.append(contentsOf: string)
            end += string.count
            offsets.append(UInt32(end))
        }
    }

    /// For each string how many bytes it shares with the one before, by deltas; then the rests as above.
    private mutating func appendDeltaPrefix(_ page: OpenPage) throws {
        guard page.valueCount > 0 else { return }
        let (prefixes, prefixEnd) = try Self.deltas(page.values, page.valueCount)
        let tail = UnsafeRawBufferPointer(rebasing: page.values[prefixEnd...])
        let (suffixes, suffixEnd) = try Self.deltas(tail, page.valueCount)
        var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: tail[suffixEnd...]))
        var previous = bytes.count..<bytes.count
        for (prefix, suffix) in zip(prefixes, suffixes) {
            guard prefix >= 0, prefix <= previous.count else {
                throw ParquetError.damaged("a string shares \(prefix) bytes with one of \(previous.count)")
            }
            let rest = try cursor.take(Int(suffix))
            let start = try extend(Int(prefix))
            bytes.withUnsafeMutableBytes { all in
                let shared = UnsafeRawBufferPointer(
                    rebasing: all[previous.lowerBound..<previous.lowerBound + Int(prefix)])
                UnsafeMutableRawBufferPointer(rebasing: all[start..<start + Int(prefix)]).copyMemory(from: shared)
            }
            bytes.append(contentsOf: rest)
            _ = try extend(0)
            previous = start..<bytes.count
            guard fixedLength == 0 || previous.count == fixedLength else {
                throw ParquetError.damaged("a value has \(previous.count) bytes where all have \(fixedLength)")
            }
            offsets.append(UInt32(bytes.count))
        }
    }

    private static func deltas(
        _ bytes: UnsafeRawBufferPointer, _ count: Int
    ) throws -> (values: [Int32], byteCount: Int) {
        var decoder = try DeltaDecoder(bytes)
        guard decoder.valueCount == count else {
            throw ParquetError.damaged("the page holds \(decoder.valueCount) lengths where \(count) belong")
        }
        let values = try [Int32](unsafeUninitializedCapacity: count) { out, initialized in
            try out.withMemoryRebound(to: UInt32.self) {
                try decoder.decode(into: UnsafeMutableBufferPointer(rebasing: $0[..<count]))
            }
            initialized = count
        }
        return (values, decoder.position)
    }

    /// BYTE_STREAM_SPLIT of values of a fixed length.
    private mutating func appendSplit(_ page: OpenPage) throws {
        let count = page.valueCount
        guard page.values.count / fixedLength == count, page.values.count % fixedLength == 0 else {
            throw ParquetError.damaged("the page has \(page.values.count) bytes for \(count) values of \(fixedLength)")
        }
        let start = try extend(page.values.count)
        for stream in 0..<fixedLength {
            for index in 0..<count { bytes[start + index * fixedLength + stream] = page.values[stream * count + index] }
        }
        appendFixedOffsets(count)
    }
}
