import CParquetKernels

/// Decodes pages of BYTE_ARRAY, FIXED_LEN_BYTE_ARRAY and INT96.
struct ByteArrayReader {
    /// Byte count of each value, 0 when each tells its own.
    private let fixedLength: Int
    private let byteLimit: Int
    private let codes = CodeDecoder()
    private var dictionary: ByteArrayColumn?
    /// Strings decoded so far, and where each ends, as in `ByteArrayColumn`.
    private let bytes = OutputBuffer()
    private let offsets = OutputBuffer()

    init(fixedLength: Int, byteLimit: Int) {
        self.fixedLength = fixedLength
        self.byteLimit = min(byteLimit, Int(UInt32.max))
        offsets.append(littleEndian: 0)
    }

    /// Distinct values of the dictionary page, if there is one.
    var dictionaryValues: ByteArrayColumn? { dictionary }

    /// Everything decoded so far.
    var column: ByteArrayColumn {
        let count = offsets.count / MemoryLayout<UInt32>.size
        let ends = UnsafeBufferPointer(start: offsets.base.assumingMemoryBound(to: UInt32.self), count: count)
        return ByteArrayColumn(unchecked: Array(bytes.bytes), offsets: Array(ends))
    }

    /// Takes the values of the dictionary page.
    mutating func setDictionary(_ page: UnsafeRawBufferPointer, count: Int) throws {
        guard fixedLength > 0 || count <= page.count / 4 else {
            throw ParquetError.damaged("the dictionary has \(page.count) bytes for \(count) values")
        }
        try appendPlain(page, count)
        dictionary = column
        bytes.removeAll()
        offsets.truncate(to: MemoryLayout<UInt32>.size)
    }

    /// Makes room for so many strings.
    func reserve(_ count: Int) { offsets.reserve(count * MemoryLayout<UInt32>.size) }

    /// Decodes the values of a page behind those decoded so far.
    func decode(_ page: OpenPage) throws {
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

    /// The strings that codes stand for, one after the other. The codes are those of `decodeCodes`.
    func spellOut(_ codes: [UInt32]) throws -> ByteArrayColumn {
        guard let dictionary else { throw ParquetError.damaged("the chunk has no dictionary page") }
        return try dictionary.bytes.withUnsafeBufferPointer { bytes in
            try dictionary.offsets.withUnsafeBufferPointer { starts in
                let total = Int(clamping: pq_sum_lengths(starts.baseAddress, codes, codes.count))
                try checkRoom(total)
                var ends: [UInt32] = []
                let spelled = [UInt8](unsafeUninitializedCapacity: total) { out, initialized in
                    ends = [UInt32](unsafeUninitializedCapacity: codes.count + 1) { ends, count in
                        ends[0] = 0
                        pq_spell(
                            bytes.baseAddress, bytes.count, starts.baseAddress, codes, codes.count, out.baseAddress,
                            total, ends.baseAddress.map { $0 + 1 })
                        count = codes.count + 1
                    }
                    initialized = total
                }
                return ByteArrayColumn(unchecked: spelled, offsets: ends)
            }
        }
    }

    // MARK: room

    /// Refuses strings that come to more than they may.
    private func checkRoom(_ byteCount: Int) throws {
        guard byteCount <= byteLimit - bytes.count else {
            throw ParquetError.limitExceeded(
                "the chunk's strings come to more than \(byteLimit) bytes; read them as a dictionary or raise freeByteArrayByteCount"
            )
        }
    }

    /// Hands `body` the place of the next strings and of their ends, with room for `byteCount` bytes and `count` ends;
    /// it tells how many bytes it wrote, all ends having been written.
    private func append(
        _ count: Int, byteCount: Int,
        _ body: (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt32>) throws -> Int
    ) throws {
        try checkRoom(byteCount)
        bytes.reserve(byteCount)
        try offsets.append(upTo: count * MemoryLayout<UInt32>.size) { ends in
            try bytes.append(upTo: byteCount) { target in
                try body(target.assumingMemoryBound(to: UInt8.self), ends.assumingMemoryBound(to: UInt32.self))
            }
            return count * MemoryLayout<UInt32>.size
        }
    }

    // MARK: encodings

    private func appendPlain(_ page: UnsafeRawBufferPointer, _ count: Int) throws {
        guard count > 0 else { return }
        if fixedLength > 0 {
            guard page.count / fixedLength >= count else {
                throw ParquetError.damaged("the page has \(page.count) bytes for \(count) values of \(fixedLength)")
            }
            return try appendFixed(UnsafeRawBufferPointer(rebasing: page[..<(count * fixedLength)]), count)
        }
        guard count <= page.count / 4 else {
            throw ParquetError.damaged("the page has \(page.count) bytes for \(count) strings")
        }
        // All strings and their lengths fit the page, so all strings fit the room made for them.
        try append(count, byteCount: page.count - 4 * count) { target, ends in
            let input = page.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let written = pq_plain_strings(input, page.count, count, target, UInt32(bytes.count), ends)
            guard written >= 0 else { throw ParquetError.damaged("a string reaches behind the end of its page") }
            return written
        }
    }

    private func appendFixed(_ values: UnsafeRawBufferPointer, _ count: Int) throws {
        try append(count, byteCount: values.count) { target, ends in
            UnsafeMutableRawBufferPointer(start: target, count: values.count).copyMemory(from: values)
            setFixedEnds(ends, count)
            return values.count
        }
    }

    private func setFixedEnds(_ ends: UnsafeMutablePointer<UInt32>, _ count: Int) {
        let start = bytes.count
        for index in 0..<count { ends[index] = UInt32(start + (index + 1) * fixedLength) }
    }

    private func appendDictionary(_ page: OpenPage) throws {
        guard let dictionary else { throw ParquetError.damaged("the chunk has no dictionary page") }
        let codes = try codes.decode(page, below: dictionary.count)
        guard let base = codes.baseAddress, !codes.isEmpty else { return }
        try dictionary.bytes.withUnsafeBufferPointer { values in
            try dictionary.offsets.withUnsafeBufferPointer { starts in
                let total = Int(clamping: pq_sum_lengths(starts.baseAddress, base, codes.count))
                try append(codes.count, byteCount: total) { target, ends in
                    // The end before the first lies in place: offsets begin with one.
                    pq_spell(
                        values.baseAddress, values.count, starts.baseAddress, base, codes.count, target, total, ends)
                    return total
                }
            }
        }
    }

    /// Lengths by deltas, then all bytes.
    private func appendDeltaLength(_ page: OpenPage) throws {
        guard page.valueCount > 0 else { return }
        let (lengths, consumed) = try Self.deltas(page.values, page.valueCount)
        let rest = UnsafeRawBufferPointer(rebasing: page.values[consumed...])
        var total = 0
        for length in lengths {
            // No sum of so many 32-bit numbers overflows.
            total += Int(length)
            guard length >= 0, total <= rest.count else {
                throw ParquetError.damaged("the strings come to more than the page's \(rest.count) bytes")
            }
        }
        try append(lengths.count, byteCount: total) { target, ends in
            UnsafeMutableRawBufferPointer(start: target, count: total).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: rest[..<total]))
            var end = bytes.count
            for (index, length) in lengths.enumerated() {
                end += Int(length)
                ends[index] = UInt32(end)
            }
            return total
        }
    }

    /// For each string how many bytes it shares with the one before, by deltas; then the rests as above.
    private func appendDeltaPrefix(_ page: OpenPage) throws {
        guard page.valueCount > 0 else { return }
        let (prefixes, prefixEnd) = try Self.deltas(page.values, page.valueCount)
        let tail = UnsafeRawBufferPointer(rebasing: page.values[prefixEnd...])
        let (suffixes, suffixEnd) = try Self.deltas(tail, page.valueCount)
        let total = try measureDeltaPrefix(prefixes, suffixes, byteCount: tail.count - suffixEnd)
        try append(prefixes.count, byteCount: total) { target, ends in
            var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: tail[suffixEnd...]))
            var previous = 0
            var end = 0
            for index in prefixes.indices {
                let start = end
                let prefix = Int(prefixes[index])
                let rest = try cursor.take(Int(suffixes[index]))
                (target + start).update(from: target + previous, count: prefix)
                UnsafeMutableRawBufferPointer(start: target + start + prefix, count: rest.count).copyMemory(from: rest)
                end += prefix + rest.count
                ends[index] = UInt32(bytes.count + end)
                previous = start
            }
            return end
        }
    }

    /// Bytes of all strings of a page, their lengths checked against each other and against what there is.
    private func measureDeltaPrefix(_ prefixes: [Int32], _ suffixes: [Int32], byteCount: Int) throws -> Int {
        var total = 0
        var rests = 0
        var previous = 0
        for (prefix, suffix) in zip(prefixes, suffixes) {
            guard prefix >= 0, prefix <= previous else {
                throw ParquetError.damaged("a string shares \(prefix) bytes with one of \(previous)")
            }
            rests += Int(suffix)
            guard suffix >= 0, rests <= byteCount else {
                throw ParquetError.damaged("the strings come to more than the page's \(byteCount) bytes")
            }
            previous = Int(prefix) + Int(suffix)
            total += previous
            guard fixedLength == 0 || previous == fixedLength else {
                throw ParquetError.damaged("a value has \(previous) bytes where all have \(fixedLength)")
            }
        }
        return total
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
    private func appendSplit(_ page: OpenPage) throws {
        let count = page.valueCount
        guard page.values.count / fixedLength == count, page.values.count % fixedLength == 0 else {
            throw ParquetError.damaged("the page has \(page.values.count) bytes for \(count) values of \(fixedLength)")
        }
        guard count > 0 else { return }
        try append(count, byteCount: page.values.count) { target, ends in
            for stream in 0..<fixedLength {
                for index in 0..<count { target[index * fixedLength + stream] = page.values[stream * count + index] }
            }
            setFixedEnds(ends, count)
            return page.values.count
        }
    }
}
