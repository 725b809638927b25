import CParquetKernels

/// Finds bounds of strings by their codes: each string is turned into a number once, by which rows compare.
///
/// The number is made of the bytes behind what all strings share, so that `user-00000001` and `user-00000002` differ in
/// it. Where no string has more than seven bytes there, the number is the string; a few longer ones are sorted, and their
/// ranks are the numbers; of many longer ones those with equal numbers are compared whole.
struct CodeBounds {
    private let values: ByteArrayColumn
    private let keys: [UInt64]
    private let form: Form

    /// What the numbers are.
    private enum Form {
        /// Seven bytes behind the prefix that all share, and how many of them count.
        case exact(prefix: ArraySlice<UInt8>)
        /// Ranks: places in the order of the strings.
        case ranks([Int])
        /// Eight bytes behind the prefix.
        case beginnings
    }

    /// So many strings are sorted in no time.
    private static let greatestSortedCount = 256

    init(_ values: ByteArrayColumn) {
        self.values = values
        guard values.count > 0 else {
            (keys, form) = ([], .beginnings)
            return
        }
        let shared = Self.withPointers(values) { pq_shared_prefix($0, $1, values.count) }
        let isExact = Self.longest(values) - shared <= 7
        if !isExact, values.count <= Self.greatestSortedCount {
            let order = values.bytes.withUnsafeBytes { bytes in
                (0..<values.count).sorted { BoundsFinder.isLess(bytes, values.range(of: $0), values.range(of: $1)) }
            }
            var ranks = [UInt64](repeating: 0, count: values.count)
            for (rank, code) in order.enumerated() { ranks[code] = UInt64(rank) }
            (keys, form) = (ranks, .ranks(order))
            return
        }
        keys = [UInt64](unsafeUninitializedCapacity: values.count) { out, initialized in
            Self.withPointers(values) { pq_string_keys($0, $1, values.count, shared, isExact, out.baseAddress) }
            initialized = values.count
        }
        form = isExact ? .exact(prefix: values[0].prefix(shared)) : .beginnings
    }

    private static func withPointers<Result>(
        _ values: ByteArrayColumn, _ body: (UnsafePointer<UInt8>?, UnsafePointer<UInt32>?) -> Result
    ) -> Result {
        values.bytes.withUnsafeBufferPointer { bytes in
            values.offsets.withUnsafeBufferPointer { body(bytes.baseAddress, $0.baseAddress) }
        }
    }

    private static func longest(_ values: ByteArrayColumn) -> Int {
        values.offsets.withUnsafeBufferPointer { offsets in
            var longest: UInt32 = 0
            for index in 1..<offsets.count { longest = max(longest, offsets[index] - offsets[index - 1]) }
            return Int(longest)
        }
    }

    /// Bounds of the values that the codes stand for.
    func bounds(of codes: UnsafeBufferPointer<UInt32>) -> ValueBounds? {
        guard let base = codes.baseAddress, codes.count > 0 else { return nil }
        var least: UInt64 = 0
        var greatest: UInt64 = 0
        return keys.withUnsafeBufferPointer { keys in
            pq_key_bounds(keys.baseAddress, base, codes.count, &least, &greatest)
            switch form {
            case .exact(let prefix):
                return ValueBounds(minimum: Self.spell(prefix, least), maximum: Self.spell(prefix, greatest))
            case .ranks(let order):
                return ValueBounds(
                    minimum: Array(values[order[Int(least)]]), maximum: Array(values[order[Int(greatest)]]))
            case .beginnings:
                let first = extreme(codes, keys, least) { isLess($0, $1) }
                let last = extreme(codes, keys, greatest) { isLess($1, $0) }
                return ValueBounds(minimum: Array(values[first]), maximum: Array(values[last]))
            }
        }
    }

    /// The string of an exact number.
    private static func spell(_ prefix: ArraySlice<UInt8>, _ key: UInt64) -> [UInt8] {
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
