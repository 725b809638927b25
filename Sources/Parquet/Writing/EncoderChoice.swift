import CParquetKernels

/// Chooses the encoding of a chunk: the smallest of plain, dictionary and, for integers, differences.
struct EncoderChoice {
    let leaf: SchemaLeaf
    let options: WriterOptions

    /// An encoding must save this part of the next simpler one, which decodes with less work.
    private static let leastSaving = 0.05

    private var order: ValueOrder? { ValueOrder(leaf) }

    /// The encoder of the values in `range`.
    func encoder(_ values: ColumnValues, _ range: Range<Int>) throws -> any ValueEncoder {
        switch values {
        case .boolean(let values): return BooleanEncoder(values: values, chunk: range)
        case .int32(let numbers):
            return integers(values, numbers, UInt32.self, .narrow(numbers), range)
        case .int64(let numbers):
            return integers(values, numbers, UInt64.self, .wide(numbers), range)
        case .float(let numbers): return numbersOnly(values, numbers, UInt32.self, range)
        case .double(let numbers): return numbersOnly(values, numbers, UInt64.self, range)
        case .byteArrays(let column): return try byteArrays(column, range)
        case .dictionary(let codes, let column): return try coded(codes, column, range)
        }
    }

    // MARK: numbers

    private func integers<Value: BitwiseCopyable, Bits: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ wrapped: ColumnValues, _ numbers: [Value], _ bits: Bits.Type, _ deltas: DeltaEncoder.Values,
        _ range: Range<Int>
    ) -> any ValueEncoder {
        var best: any ValueEncoder = PlainNumberEncoder(values: numbers, chunk: range, wrapped: wrapped, order: order)
        var byteCount = range.count * MemoryLayout<Value>.size
        if options.usesDeltas {
            let encoder = DeltaEncoder(values: deltas, chunk: range, wrapped: wrapped, order: order)
            let estimate = encoder.estimatedByteCount()
            if pays(estimate, instead: byteCount) {
                best = encoder
                byteCount = estimate
            }
        }
        return dictionary(wrapped, numbers, bits, range, instead: byteCount) ?? best
    }

    private func numbersOnly<Value: BitwiseCopyable, Bits: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ wrapped: ColumnValues, _ numbers: [Value], _ bits: Bits.Type, _ range: Range<Int>
    ) -> any ValueEncoder {
        dictionary(wrapped, numbers, bits, range, instead: range.count * MemoryLayout<Value>.size)
            ?? PlainNumberEncoder(values: numbers, chunk: range, wrapped: wrapped, order: order)
    }

    private func pays(_ byteCount: Int, instead other: Int) -> Bool {
        Double(byteCount) <= Double(other) * (1 - Self.leastSaving)
    }

    private func dictionary<Value: BitwiseCopyable, Bits: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ wrapped: ColumnValues, _ numbers: [Value], _ bits: Bits.Type, _ range: Range<Int>, instead byteCount: Int
    ) -> CodeEncoder? {
        guard options.usesDictionaries else { return nil }
        let limit = min(Int(Double(byteCount) * (1 - Self.leastSaving)), options.dictionaryByteLimit + byteCount)
        let found: NumberDictionary<Bits>? = numbers.withUnsafeBytes { bytes in
            NumberDictionary(
                UnsafeBufferPointer(rebasing: bytes.assumingMemoryBound(to: Bits.self)[range]), byteLimit: limit)
        }
        guard let found, found.values.count * MemoryLayout<Bits>.size <= options.dictionaryByteLimit else { return nil }
        let page = OutputBuffer()
        found.values.withUnsafeBytes { page.append($0) }
        let order = order
        return CodeEncoder(codes: found.codes, first: 0, page: page, count: found.values.count) { slice in
            order.flatMap { BoundsFinder.bounds(of: wrapped, in: slice.shifted(by: range.lowerBound), $0) }
        }
    }

    // MARK: byte arrays

    private var isOrdered: Bool { order == .bytes }

    private func byteArrays(_ column: ByteArrayColumn, _ range: Range<Int>) throws -> any ValueEncoder {
        try checkLengths(column, range)
        let plain = PlainByteArrayEncoder(
            column: column, chunk: range, hasFixedLength: leaf.length > 0, isOrdered: isOrdered)
        guard options.usesDictionaries, !range.isEmpty else { return plain }
        let byteCount = plainByteCount(column, range)
        var codes: [UInt32] = []
        guard let values = intern(column, range, instead: byteCount, into: &codes) else { return plain }
        return encoder(codes: codes, first: 0, values)
    }

    private func plainByteCount(_ column: ByteArrayColumn, _ range: Range<Int>) -> Int {
        let byteCount = Int(column.offsets[range.upperBound] - column.offsets[range.lowerBound])
        return leaf.length > 0 ? byteCount : byteCount + 4 * range.count
    }

    /// The distinct strings; nil as soon as a dictionary of them does not pay.
    private func intern(
        _ column: ByteArrayColumn, _ range: Range<Int>, instead byteCount: Int, into codes: inout [UInt32]
    ) -> ByteArrayColumn? {
        var interner = ByteArrayInterner()
        codes.reserveCapacity(range.count)
        var isPaying = true
        column.bytes.withUnsafeBytes { bytes in
            for index in range {
                codes.append(interner.code(of: UnsafeRawBufferPointer(rebasing: bytes[column.range(of: index)])))
                guard codes.count & 0xfff == 0 else { continue }
                isPaying = dictionaryPays(interner.values, of: codes.count, in: range.count, instead: byteCount)
                if !isPaying { return }
            }
        }
        let values = interner.values
        guard isPaying, dictionaryPays(values, of: codes.count, in: range.count, instead: byteCount) else { return nil }
        return values
    }

    /// Strings of which in a sample of this many nearly none repeats are not worth numbering any further.
    private static let sampleCount = 1 << 16

    private func dictionaryPays(_ values: ByteArrayColumn, of seen: Int, in count: Int, instead byteCount: Int) -> Bool
    {
        if seen == Self.sampleCount, values.count > seen / 100 * 97 { return false }
        let dictionary = values.bytes.count + (leaf.length > 0 ? 0 : 4 * values.count)
        guard dictionary <= options.dictionaryByteLimit else { return false }
        return pays(dictionary + CodeEncoder.byteCount(count, dictionaryCount: values.count), instead: byteCount)
    }

    private func coded(
        _ codes: [UInt32], _ values: ByteArrayColumn, _ range: Range<Int>
    ) throws -> any ValueEncoder {
        let compacted = try DictionaryCompaction(codes, range, values, column: leaf.name)
        try checkLengths(compacted.values, 0..<compacted.values.count)
        let dictionary = plainByteCount(compacted.values, 0..<compacted.values.count)
        let byteCount = compacted.plainByteCount(lengthByteCount: leaf.length > 0 ? 0 : 4)
        let isSmaller = pays(
            dictionary + CodeEncoder.byteCount(range.count, dictionaryCount: compacted.values.count), instead: byteCount
        )
        if options.usesDictionaries, dictionary <= options.dictionaryByteLimit, isSmaller || range.isEmpty {
            return encoder(codes: compacted.codes, first: compacted.first, compacted.values)
        }
        return PlainByteArrayEncoder(
            column: try compacted.spelledOut(column: leaf.name), chunk: 0..<range.count,
            hasFixedLength: leaf.length > 0, isOrdered: isOrdered)
    }

    private func encoder(codes: [UInt32], first: Int, _ values: ByteArrayColumn) -> CodeEncoder {
        let page = OutputBuffer()
        PlainByteArrayEncoder(
            column: values, chunk: 0..<values.count, hasFixedLength: leaf.length > 0, isOrdered: false
        ).append(0..<values.count, to: page)
        let bounds = isOrdered ? CodeBounds(values) : nil
        return CodeEncoder(codes: codes, first: first, page: page, count: values.count) { range in
            codes.withUnsafeBufferPointer {
                bounds?.bounds(of: UnsafeBufferPointer(rebasing: $0[range.shifted(by: first)]))
            }
        }
    }

    private func checkLengths(_ column: ByteArrayColumn, _ range: Range<Int>) throws {
        guard leaf.length > 0 else { return }
        for index in range where column.range(of: index).count != leaf.length {
            throw ParquetError.mismatch(
                "column \(leaf.name): value \(index) has \(column.range(of: index).count) bytes, all must have \(leaf.length)"
            )
        }
    }
}

/// Codes of a chunk and the values that they use: a caller's dictionary may be that of many chunks.
struct DictionaryCompaction {
    /// Holds the chunk's codes from `first` on.
    let codes: [UInt32]
    let first: Int
    let values: ByteArrayColumn
    private let count: Int

    init(_ codes: [UInt32], _ range: Range<Int>, _ values: ByteArrayColumn, column: String) throws {
        var seen = [UInt8](repeating: 0, count: values.count)
        let areValid = codes.withUnsafeBufferPointer { codes in
            seen.withUnsafeMutableBufferPointer { seen in
                let slice = UnsafeBufferPointer(rebasing: codes[range])
                return pq_mark_seen(slice.baseAddress, slice.count, seen.baseAddress, UInt32(seen.count))
            }
        }
        guard areValid else {
            throw ParquetError.mismatch(
                "column \(column): a code lies outside the dictionary of \(values.count) values")
        }
        let used = seen.reduce(0) { $0 + Int($1) }
        count = range.count
        // A few values that no row uses cost less than giving every row a new code.
        if used * 8 >= values.count * 7 {
            self.codes = codes
            first = range.lowerBound
            self.values = values
            return
        }
        var newCodes = [UInt32](repeating: 0, count: values.count)
        let kept = seen.indices.filter { seen[$0] == 1 }
        for (new, old) in kept.enumerated() { newCodes[old] = UInt32(new) }
        self.codes = codes[range].map { newCodes[Int($0)] }
        first = 0
        self.values = values.selecting(kept)
    }

    private var chunkCodes: ArraySlice<UInt32> { codes[first..<first + count] }

    /// Bytes that the values would take plain.
    func plainByteCount(lengthByteCount: Int) -> Int {
        let lengths = values.offsets.withUnsafeBufferPointer { offsets in
            chunkCodes.withUnsafeBufferPointer { pq_sum_lengths(offsets.baseAddress, $0.baseAddress, $0.count) }
        }
        return Int(clamping: lengths) + count * lengthByteCount
    }

    /// The values of the rows one after the other.
    func spelledOut(column: String) throws -> ByteArrayColumn {
        guard plainByteCount(lengthByteCount: 0) <= Int(UInt32.max) else {
            throw ParquetError.limitExceeded("column \(column): the strings of a row group come to more than 4 GiB")
        }
        return values.selecting(chunkCodes.lazy.map { Int($0) })
    }
}
