import CParquetKernels

/// Finds the least and the greatest of some values of a column.
enum BoundsFinder {
    /// Bounds of numbers and truth values; nil when there is none (no value, or nothing but NaN).
    static func bounds(of values: ColumnValues, in range: Range<Int>, _ order: ValueOrder) -> ValueBounds? {
        guard !range.isEmpty else { return nil }
        switch values {
        case .boolean(let values):
            let least = values[range].contains(false) ? UInt8(0) : 1
            return ValueBounds(least, values[range].contains(true) ? UInt8(1) : 0)
        case .int32(let values): return bounds(of: values, in: range, isUnsigned: order == .unsigned32)
        case .int64(let values): return bounds(of: values, in: range, isUnsigned: order == .unsigned64)
        case .float(let values): return bounds(of: values[range])
        case .double(let values): return bounds(of: values[range])
        case .byteArrays, .dictionary: return nil
        }
    }

    private static func bounds(of values: [Int32], in range: Range<Int>, isUnsigned: Bool) -> ValueBounds {
        if isUnsigned {
            var unsigned = (least: UInt32.max, greatest: UInt32.min)
            for value in values[range] {
                unsigned.least = min(unsigned.least, UInt32(bitPattern: value))
                unsigned.greatest = max(unsigned.greatest, UInt32(bitPattern: value))
            }
            return ValueBounds(unsigned.least, unsigned.greatest)
        }
        var (least, greatest) = (Int32(0), Int32(0))
        values.withUnsafeBufferPointer { values in
            let slice = UnsafeBufferPointer(rebasing: values[range])
            pq_min_max_i32(slice.baseAddress, slice.count, &least, &greatest)
        }
        return ValueBounds(least, greatest)
    }

    private static func bounds(of values: [Int64], in range: Range<Int>, isUnsigned: Bool) -> ValueBounds {
        if isUnsigned {
            var unsigned = (least: UInt64.max, greatest: UInt64.min)
            for value in values[range] {
                unsigned.least = min(unsigned.least, UInt64(bitPattern: value))
                unsigned.greatest = max(unsigned.greatest, UInt64(bitPattern: value))
            }
            return ValueBounds(unsigned.least, unsigned.greatest)
        }
        var (least, greatest) = (Int64(0), Int64(0))
        values.withUnsafeBufferPointer { values in
            let slice = UnsafeBufferPointer(rebasing: values[range])
            pq_min_max_i64(slice.baseAddress, slice.count, &least, &greatest)
        }
        return ValueBounds(least, greatest)
    }

    /// NaN has no place in the order; a zero bound takes the sign that includes the other zero (parquet.thrift, note on
    /// `ColumnOrder`).
    private static func bounds<Value: BinaryFloatingPoint & BitwiseCopyable>(of values: ArraySlice<Value>)
        -> ValueBounds?
    {
        var least = Value.infinity
        var greatest = -Value.infinity
        var isFound = false
        for value in values where !value.isNaN {
            least = min(least, value)
            greatest = max(greatest, value)
            isFound = true
        }
        guard isFound else { return nil }
        return ValueBounds(least == 0 ? -0.0 : least, greatest == 0 ? 0.0 : greatest)
    }

    // MARK: byte arrays

    /// Bounds of byte arrays.
    static func bounds(of column: ByteArrayColumn, in range: Range<Int>) -> ValueBounds? {
        guard var least = range.first, var greatest = range.first else { return nil }
        column.bytes.withUnsafeBytes { bytes in
            for index in range.dropFirst() {
                if isLess(bytes, column.range(of: index), column.range(of: least)) {
                    least = index
                } else if isLess(bytes, column.range(of: greatest), column.range(of: index)) {
                    greatest = index
                }
            }
        }
        return ValueBounds(minimum: Array(column[least]), maximum: Array(column[greatest]))
    }

    static func isLess(_ bytes: UnsafeRawBufferPointer, _ left: Range<Int>, _ right: Range<Int>) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        let order = compareBytes(base + left.lowerBound, base + right.lowerBound, min(left.count, right.count))
        return order == 0 ? left.count < right.count : order < 0
    }

    private static func compareBytes(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Int32 {
        pq_compare(left.assumingMemoryBound(to: UInt8.self), right.assumingMemoryBound(to: UInt8.self), count)
    }
}
