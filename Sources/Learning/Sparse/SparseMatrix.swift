/// A sparse matrix of floats, row by row (CSR): users × items of play counts or confidences.
///
/// ```
/// offsets        0     2  2        5        row i has the entries offsets[i]..<offsets[i + 1]
/// columnIndices  3  7     0  3  9           ascending inside a row, none twice
/// values         1  4     2  1  1
/// ```
public struct SparseMatrix: Sendable, Equatable {
    /// Number of rows.
    public let rows: Int
    /// Number of columns.
    public let columns: Int
    /// Where each row starts; `rows + 1` numbers.
    public let offsets: [Int]
    /// Column of each entry.
    public let columnIndices: [Int32]
    /// Value of each entry.
    public let values: [Float]

    /// Entries that are there.
    public var count: Int { values.count }

    /// Takes arrays that are a CSR matrix already: checks lengths, order and ranges.
    ///
    /// - Throws: `LearningError` naming the row that is wrong.
    /// - Complexity: O(rows + entries)
    public init(rows: Int, columns: Int, offsets: [Int], columnIndices: [Int32], values: [Float]) throws {
        guard rows >= 0, columns >= 0, columns <= Int(Int32.max), offsets.count == rows + 1, offsets.first == 0,
            offsets.last == columnIndices.count, values.count == columnIndices.count
        else {
            throw LearningError.invalid(
                "a sparse matrix of \(rows) × \(columns) needs \(rows + 1) offsets from 0 to the number of entries, and a column and a value an entry"
            )
        }
        for row in 0..<rows {
            guard offsets[row] <= offsets[row + 1], offsets[row + 1] <= columnIndices.count else {
                throw LearningError.invalid(
                    "row \(row) of the sparse matrix ends before it starts or after the entries")
            }
            var former: Int32 = -1
            for entry in offsets[row]..<offsets[row + 1] {
                guard columnIndices[entry] > former, Int(columnIndices[entry]) < columns else {
                    throw LearningError.invalid(
                        "row \(row) of the sparse matrix: columns must ascend and stay below \(columns), found \(columnIndices[entry]) after \(former)"
                    )
                }
                former = columnIndices[entry]
            }
        }
        self.init(
            trustedRows: rows, columns: columns, offsets: offsets, columnIndices: columnIndices, values: values)
    }

    /// Takes arrays that are known to be right.
    init(trustedRows rows: Int, columns: Int, offsets: [Int], columnIndices: [Int32], values: [Float]) {
        self.rows = rows
        self.columns = columns
        self.offsets = offsets
        self.columnIndices = columnIndices
        self.values = values
    }

    /// Builds the matrix from triplets in any order; the values of equal pairs are added.
    ///
    /// - Complexity: O(rows + columns + triplets); two counting sorts, nothing is compared.
    public init(rows: Int, columns: Int, rowIndices: [Int32], columnIndices: [Int32], values: [Float]) {
        precondition(rowIndices.count == columnIndices.count && values.count == rowIndices.count)
        precondition(columns <= Int(Int32.max) && rows <= Int(Int32.max))
        let byColumn = Self.countingSort(keys: columnIndices, keyCount: columns, payload: rowIndices, values: values)
        // A stable second sort by row leaves the columns ascending inside each row.
        let columnOfEntry = Self.expand(byColumn.offsets)
        let byRow = Self.countingSort(
            keys: byColumn.payload, keyCount: rows, payload: columnOfEntry, values: byColumn.values)
        self = Self.merging(rows: rows, columns: columns, sorted: byRow)
    }

    /// The matrix with rows and columns exchanged.
    ///
    /// - Complexity: O(rows + columns + entries)
    public func transposed() -> SparseMatrix {
        let sorted = Self.countingSort(
            keys: columnIndices, keyCount: columns, payload: Self.expand(offsets), values: values)
        return SparseMatrix(
            trustedRows: columns, columns: rows, offsets: sorted.offsets, columnIndices: sorted.payload,
            values: sorted.values)
    }

    /// Columns of a row, ascending.
    public func columns(ofRow row: Int) -> ArraySlice<Int32> { columnIndices[offsets[row]..<offsets[row + 1]] }

    /// Values of a row, in the order of `columns(ofRow:)`.
    public func values(ofRow row: Int) -> ArraySlice<Float> { values[offsets[row]..<offsets[row + 1]] }

    /// Entries of a row.
    public func count(ofRow row: Int) -> Int { offsets[row + 1] - offsets[row] }

    /// The same places with other values.
    ///
    /// - Parameter transform: is given the row, the column and the value.
    public func mapValues(_ transform: (Int, Int, Float) -> Float) -> SparseMatrix {
        var mapped = values
        for row in 0..<rows {
            for entry in offsets[row]..<offsets[row + 1] {
                mapped[entry] = transform(row, Int(columnIndices[entry]), values[entry])
            }
        }
        return SparseMatrix(
            trustedRows: rows, columns: columns, offsets: offsets, columnIndices: columnIndices, values: mapped)
    }
}

// MARK: - Counting sort

extension SparseMatrix {
    private typealias Sorted = (offsets: [Int], payload: [Int32], values: [Float])

    /// Entries by key, those of a key in the order they came.
    private static func countingSort(keys: [Int32], keyCount: Int, payload: [Int32], values: [Float]) -> Sorted {
        var offsets = [Int](repeating: 0, count: keyCount + 1)
        for key in keys {
            precondition(key >= 0 && Int(key) < keyCount, "index \(key) is not in 0..<\(keyCount)")
            offsets[Int(key) + 1] += 1
        }
        for key in 0..<keyCount { offsets[key + 1] += offsets[key] }
        var next = offsets
        let count = keys.count
        var sortedValues: [Float] = []
        let sortedPayload = [Int32](unsafeUninitializedCapacity: count) { payloadOut, payloadCount in
            sortedValues = [Float](unsafeUninitializedCapacity: count) { valuesOut, valuesCount in
                for index in 0..<count {
                    let key = Int(keys[index])
                    let place = next[key]
                    next[key] = place + 1
                    payloadOut[place] = payload[index]
                    valuesOut[place] = values[index]
                }
                valuesCount = count
            }
            payloadCount = count
        }
        return (offsets, sortedPayload, sortedValues)
    }

    /// The key of each entry of a sorted run.
    private static func expand(_ offsets: [Int]) -> [Int32] {
        let count = offsets[offsets.count - 1]
        return [Int32](unsafeUninitializedCapacity: count) { keys, keyCount in
            for key in 0..<offsets.count - 1 {
                for entry in offsets[key]..<offsets[key + 1] { keys[entry] = Int32(truncatingIfNeeded: key) }
            }
            keyCount = count
        }
    }

    /// Adds up neighbours of the same column.
    private static func merging(rows: Int, columns: Int, sorted: Sorted) -> SparseMatrix {
        var offsets = [0]
        offsets.reserveCapacity(rows + 1)
        var columnIndices: [Int32] = []
        var values: [Float] = []
        columnIndices.reserveCapacity(sorted.values.count)
        values.reserveCapacity(sorted.values.count)
        for row in 0..<rows {
            let start = columnIndices.count
            for entry in sorted.offsets[row]..<sorted.offsets[row + 1] {
                if columnIndices.count > start, columnIndices[columnIndices.count - 1] == sorted.payload[entry] {
                    values[values.count - 1] += sorted.values[entry]
                } else {
                    columnIndices.append(sorted.payload[entry])
                    values.append(sorted.values[entry])
                }
            }
            offsets.append(columnIndices.count)
        }
        return SparseMatrix(
            trustedRows: rows, columns: columns, offsets: offsets, columnIndices: columnIndices, values: values)
    }
}
