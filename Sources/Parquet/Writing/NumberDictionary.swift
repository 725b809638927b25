import CParquetKernels

/// Numbers distinct fixed-width values in order of first use, as long as a dictionary of them pays.
///
/// Values are compared by their bits: of floating-point numbers each NaN and each zero is one of its own, as in the file.
struct NumberDictionary {
    /// One code a value.
    let codes: [UInt32]
    /// The distinct values, as they lie in memory.
    let page: OutputBuffer
    /// How many they are.
    let count: Int

    /// Values between two looks at whether the dictionary still pays.
    private static let batch = 1 << 15

    /// Builds the dictionary of `count` values of `byteWidth` (4 or 8) bytes; nil as soon as it and the codes would come
    /// to more than `byteLimit`, which a sample often tells before.
    init?(_ input: UnsafeRawPointer, count: Int, byteWidth: Int, byteLimit: Int) {
        func byteCount(_ distinct: Int) -> Int {
            distinct * byteWidth + CodeEncoder.byteCount(count, dictionaryCount: distinct)
        }
        let estimate = pq_estimate_distinct(input, count, UInt32(byteWidth), HashSeed.value)
        guard byteCount(estimate) <= byteLimit, let table = pq_numbering_make(UInt32(byteWidth), HashSeed.value) else {
            return nil
        }
        defer { pq_numbering_free(table) }
        var isPaying = true
        codes = [UInt32](unsafeUninitializedCapacity: count) { out, initialized in
            while let base = out.baseAddress, initialized < count, isPaying {
                let wanted = min(Self.batch, count - initialized)
                let taken = pq_numbering_add(
                    table, input + initialized * byteWidth, wanted, byteLimit / byteWidth, base + initialized)
                initialized += taken
                isPaying = taken == wanted && byteCount(pq_numbering_count(table)) <= byteLimit
            }
        }
        guard isPaying else { return nil }
        self.count = pq_numbering_count(table)
        page = OutputBuffer(capacity: self.count * byteWidth + Int(PQ_SLACK))
        page.append(UnsafeRawBufferPointer(start: pq_numbering_values(table), count: self.count * byteWidth))
    }
}
