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
            return integers(values, numbers, .narrow(numbers), range)
        case .int64(let numbers):
            return integers(values, numbers, .wide(numbers), range)
        case .float(let numbers): return numbersOnly(values, numbers, range)
        case .double(let numbers): return numbersOnly(values, numbers, range)
        case .byteArrays(let column): return try byteArrays(column, range)
        case .dictionary(let codes, let column): return try coded(codes, column, range)
        }
    }

    // MARK: numbers

    private func integers<Value: BitwiseCopyable>(
        _ wrapped: ColumnValues, _ numbers: [Value], _ deltas: DeltaEncoder.Values, _ range: Range<Int>
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
        return dictionary(wrapped, numbers, range, instead: byteCount) ?? best
    }

    private func numbersOnly<Value: BitwiseCopyable>(
        _ wrapped: ColumnValues, _ numbers: [Value], _ range: Range<Int>
    ) -> any ValueEncoder {
        dictionary(wrapped, numbers, range, instead: range.count * MemoryLayout<Value>.size)
            ?? PlainNumberEncoder(values: numbers, chunk: range, wrapped: wrapped, order: order)
    }

    private func pays(_ byteCount: Int, instead other: Int) -> Bool {
        Double(byteCount) <= Double(other) * (1 - Self.leastSaving)
    }

    private func dictionary<Value: BitwiseCopyable>(
        _ wrapped: ColumnValues, _ numbers: [Value], _ range: Range<Int>, instead byteCount: Int
    ) -> CodeEncoder? {
        guard options.usesDictionaries, !range.isEmpty else { return nil }
        let limit = min(Int(Double(byteCount) * (1 - Self.leastSaving)), options.dictionaryByteLimit + byteCount)
        let width = MemoryLayout<Value>.size
        let found: NumberDictionary? = numbers.withUnsafeBytes { bytes in
            bytes.baseAddress.flatMap {
                NumberDictionary(
                    $0 + range.lowerBound * width, count: range.count, byteWidth: width, byteLimit: limit)
            }
        }
        guard let found, found.page.count <= options.dictionaryByteLimit else { return nil }
        let order = order
        return CodeEncoder(codes: found.codes, first: 0, page: found.page, count: found.count) { slice in
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
        guard let (codes, values) = try intern(column, range, instead: byteCount) else { return plain }
        return encoder(codes: codes, first: 0, values)
    }

    private func plainByteCount(_ column: ByteArrayColumn, _ range: Range<Int>) -> Int {
        let byteCount = Int(column.offsets[range.upperBound] - column.offsets[range.lowerBound])
        return leaf.length > 0 ? byteCount : byteCount + 4 * range.count
    }

    /// Strings between two looks at whether the dictionary still pays.
    private static let batch = 1 << 13
    /// Strings of which in a sample of this many nearly none repeats are not worth numbering any further.
    private static let sampleCount = 1 << 16

    /// Codes and distinct strings; nil as soon as a dictionary does not pay.
    private func intern(
        _ column: ByteArrayColumn, _ range: Range<Int>, instead byteCount: Int
    ) throws -> (codes: [UInt32], values: ByteArrayColumn)? {
        let interner = try ByteArrayInterner()
        var isPaying = true
        let codes = try [UInt32](unsafeUninitializedCapacity: range.count) { out, initialized in
            while let base = out.baseAddress, initialized < range.count, isPaying {
                let taken = min(Self.batch, range.count - initialized)
                let start = range.lowerBound + initialized
                try interner.intern(column, start..<start + taken, into: base + initialized)
                initialized += taken
                isPaying = dictionaryPays(interner, of: initialized, in: range.count, instead: byteCount)
            }
        }
        return isPaying ? (codes, interner.values) : nil
    }

    private func dictionaryPays(
        _ interner: ByteArrayInterner, of seen: Int, in count: Int, instead byteCount: Int
    ) -> Bool {
        if seen == Self.sampleCount, interner.count > seen / 100 * 97 { return false }
        let dictionary = interner.byteCount + (leaf.length > 0 ? 0 : 4 * interner.count)
        guard dictionary <= options.dictionaryByteLimit else { return false }
        return pays(dictionary + CodeEncoder.byteCount(count, dictionaryCount: interner.count), instead: byteCount)
    }

    private func coded(
        _ codes: [UInt32], _ values: ByteArrayColumn, _ range: Range<Int>
    ) throws -> any ValueEncoder {
        let compacted = try DictionaryCompaction(codes, range, values, column: leaf.name)
        try checkLengths(compacted.values, 0..<compacted.values.count)
        let dictionary = plainByteCount(compacted.values, 0..<compacted.values.count)
        let coded = dictionary + CodeEncoder.byteCount(range.count, dictionaryCount: compacted.values.count)
        let lengthByteCount = leaf.length > 0 ? 0 : 4
        let isSmaller =
            pays(coded, instead: compacted.leastPlainByteCount(lengthByteCount: lengthByteCount))
            || pays(coded, instead: compacted.plainByteCount(lengthByteCount: lengthByteCount))
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
