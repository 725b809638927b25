/// Adds up values by pair of row and column in bounded memory: what turns a stream of listens into a matrix.
///
/// ```
/// append → buffer ──full──▶ radix sort, add equal pairs ──▶ merge into the sorted pairs so far
/// ```
///
/// The buffer grows with the distinct pairs, so that merging costs a constant number of passes over each: the peak is about
/// 30 bytes a distinct pair, whatever the number of values appended.
public struct SparseMatrixBuilder: Sendable {
    /// Values appended so far.
    public private(set) var appended = 0
    private var keys: [UInt64] = []
    private var values: [Float] = []
    private var bufferedKeys: [UInt64] = []
    private var bufferedValues: [Float] = []
    private let minimumBuffer: Int

    /// An empty builder.
    public init() { self.init(minimumBuffer: 1 << 20) }

    /// Also says how many values are collected at least before they are merged: for tests.
    package init(minimumBuffer: Int) { self.minimumBuffer = minimumBuffer }

    /// Adds `value` to the pair.
    ///
    /// - Complexity: O(1) amortised
    public mutating func append(row: UInt32, column: UInt32, value: Float) {
        if bufferedKeys.count >= max(minimumBuffer, keys.count / 2) { compact() }
        bufferedKeys.append(UInt64(row) << 32 | UInt64(column))
        bufferedValues.append(value)
        appended += 1
    }

    /// The matrix of all sums; pairs that sum to zero are left out. The builder is empty afterwards.
    public mutating func finish(rows: Int, columns: Int) -> SparseMatrix {
        compact()
        var offsets = [Int](repeating: 0, count: rows + 1)
        var columnIndices: [Int32] = []
        var kept: [Float] = []
        columnIndices.reserveCapacity(keys.count)
        kept.reserveCapacity(keys.count)
        for (key, value) in zip(keys, values) where value != 0 {
            let row = Int(key >> 32), column = Int(key & 0xFFFF_FFFF)
            precondition(row < rows && column < columns, "a pair lies outside the matrix")
            offsets[row + 1] += 1
            columnIndices.append(Int32(truncatingIfNeeded: column))
            kept.append(value)
        }
        for row in 0..<rows { offsets[row + 1] += offsets[row] }
        self = SparseMatrixBuilder(minimumBuffer: minimumBuffer)
        return SparseMatrix(
            trustedRows: rows, columns: columns, offsets: offsets, columnIndices: columnIndices, values: kept)
    }

    /// Sorts the buffer, adds up equal pairs and merges them into what is there.
    private mutating func compact() {
        guard !bufferedKeys.isEmpty else { return }
        RadixSort.sort(keys: &bufferedKeys, values: &bufferedValues)
        var mergedKeys: [UInt64] = []
        var mergedValues: [Float] = []
        mergedKeys.reserveCapacity(keys.count + bufferedKeys.count)
        mergedValues.reserveCapacity(keys.count + bufferedKeys.count)
        var old = 0
        var new = 0
        while old < keys.count || new < bufferedKeys.count {
            let takesOld = new == bufferedKeys.count || (old < keys.count && keys[old] <= bufferedKeys[new])
            let key = takesOld ? keys[old] : bufferedKeys[new]
            let value = takesOld ? values[old] : bufferedValues[new]
            if takesOld { old += 1 } else { new += 1 }
            if let last = mergedKeys.last, last == key {
                mergedValues[mergedValues.count - 1] += value
            } else {
                mergedKeys.append(key)
                mergedValues.append(value)
            }
        }
        keys = mergedKeys
        values = mergedValues
        bufferedKeys.removeAll(keepingCapacity: true)
        bufferedValues.removeAll(keepingCapacity: true)
    }
}

/// Least-significant-digit radix sort of 64-bit keys with a float each; digits all keys share are passed over.
enum RadixSort {
    private static let digitBits: UInt64 = 11

    static func sort(keys: inout [UInt64], values: inout [Float]) {
        let differing = keys.reduce(0) { $0 | ($1 ^ keys[0]) }
        var otherKeys = keys
        var otherValues = values
        var shift: UInt64 = 0
        while shift < 64 {
            defer { shift += digitBits }
            guard (differing >> shift) & (1 << digitBits - 1) != 0 else { continue }
            pass(shift, keys, values, &otherKeys, &otherValues)
            swap(&keys, &otherKeys)
            swap(&values, &otherValues)
        }
    }

    private static func pass(
        _ shift: UInt64, _ keys: [UInt64], _ values: [Float], _ sortedKeys: inout [UInt64],
        _ sortedValues: inout [Float]
    ) {
        let mask: UInt64 = 1 << digitBits - 1
        var next = [Int](repeating: 0, count: Int(mask) + 2)
        for key in keys { next[Int((key >> shift) & mask) + 1] += 1 }
        for digit in 0...Int(mask) { next[digit + 1] += next[digit] }
        sortedKeys.withUnsafeMutableBufferPointer { sortedKeys in
            sortedValues.withUnsafeMutableBufferPointer { sortedValues in
                for index in keys.indices {
                    let digit = Int((keys[index] >> shift) & mask)
                    let place = next[digit]
                    next[digit] = place + 1
                    sortedKeys[place] = keys[index]
                    sortedValues[place] = values[index]
                }
            }
        }
    }
}
