import CParquetKernels

/// Finds bounds of strings by their codes: each string is turned into a number once, by which rows compare.
///
/// The number is made of the bytes behind what all strings share, so that `user-00000001` and `user-00000002` differ in
/// it. Where no string has more than seven bytes there, the number is the string; strings that are longer and have equal
/// numbers are compared whole.
struct CodeBounds {
    private let values: ByteArrayColumn
    private let keys: [UInt64]
    private let isExact: Bool
    /// What all strings begin with.
    private let prefix: ArraySlice<UInt8>

    init(_ values: ByteArrayColumn) {
        self.values = values
        guard values.count > 0 else {
            keys = []
            isExact = true
            prefix = []
            return
        }
        let longest = values.offsets.withUnsafeBufferPointer { offsets in
            var longest: UInt32 = 0
            for index in 1..<offsets.count { longest = max(longest, offsets[index] - offsets[index - 1]) }
            return Int(longest)
        }
        let shared: Int
        (keys, shared, isExact) = values.bytes.withUnsafeBufferPointer { bytes in
            values.offsets.withUnsafeBufferPointer { offsets in
                let shared = pq_shared_prefix(bytes.baseAddress, offsets.baseAddress, values.count)
                let isExact = longest - shared <= 7
                let keys = [UInt64](unsafeUninitializedCapacity: values.count) { out, initialized in
                    pq_string_keys(
                        bytes.baseAddress, offsets.baseAddress, values.count, shared, isExact, out.baseAddress)
                    initialized = values.count
                }
                return (keys, shared, isExact)
            }
        }
        prefix = values[0].prefix(shared)
    }

    /// Bounds of the values that the codes stand for.
    func bounds(of codes: UnsafeBufferPointer<UInt32>) -> ValueBounds? {
        guard let base = codes.baseAddress, codes.count > 0 else { return nil }
        var least: UInt64 = 0
        var greatest: UInt64 = 0
        return keys.withUnsafeBufferPointer { keys in
            pq_key_bounds(keys.baseAddress, base, codes.count, &least, &greatest)
            if isExact { return ValueBounds(minimum: spell(least), maximum: spell(greatest)) }
            let first = extreme(codes, keys, least) { isLess($0, $1) }
            let last = extreme(codes, keys, greatest) { isLess($1, $0) }
            return ValueBounds(minimum: Array(values[first]), maximum: Array(values[last]))
        }
    }

    /// The string of an exact number: seven bytes, then how many of them count.
    private func spell(_ key: UInt64) -> [UInt8] {
        Array(prefix) + (0..<Int(key & 0xff)).map { UInt8(truncatingIfNeeded: key >> UInt64(56 - 8 * $0)) }
    }

    /// Of the strings with that key the one that comes before all others.
    private func extreme(
        _ codes: UnsafeBufferPointer<UInt32>, _ keys: UnsafeBufferPointer<UInt64>, _ key: UInt64,
        _ precedes: (Int, Int) -> Bool
    ) -> Int {
        var found: Int?
        for code in codes where keys[Int(code)] == key && found.map({ precedes(Int(code), $0) }) ?? true {
            found = Int(code)
        }
        return found ?? 0
    }

    private func isLess(_ left: Int, _ right: Int) -> Bool {
        guard left != right else { return false }
        return values.bytes.withUnsafeBytes { BoundsFinder.isLess($0, values.range(of: left), values.range(of: right)) }
    }
}
