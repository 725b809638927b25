extension SparseMatrix {
    /// The matrix with rows and columns under other numbers, or gone.
    ///
    /// - Parameters:
    ///   - rowNumbers: the new number of each row, -1 to leave it out.
    ///   - rowCount: rows of the new matrix.
    ///   - columnNumbers: the new number of each column, -1 to leave it out.
    ///   - columnCount: columns of the new matrix.
    /// - Complexity: O(rows + columns + entries)
    public func renumbered(
        rows rowNumbers: [Int32], count rowCount: Int, columns columnNumbers: [Int32], count columnCount: Int
    )
        -> SparseMatrix
    {
        precondition(rowNumbers.count == rows && columnNumbers.count == columns)
        var newRows: [Int32] = [], newColumns: [Int32] = [], newValues: [Float] = []
        newRows.reserveCapacity(count)
        newColumns.reserveCapacity(count)
        newValues.reserveCapacity(count)
        for row in 0..<rows where rowNumbers[row] >= 0 {
            for entry in offsets[row]..<offsets[row + 1] {
                let column = columnNumbers[Int(columnIndices[entry])]
                guard column >= 0 else { continue }
                newRows.append(rowNumbers[row])
                newColumns.append(column)
                newValues.append(values[entry])
            }
        }
        return SparseMatrix(
            rows: rowCount, columns: columnCount, rowIndices: newRows, columnIndices: newColumns, values: newValues)
    }

    /// Entry by entry sum with a matrix of the same shape; pairs that sum to zero are left out.
    ///
    /// - Complexity: O(rows + entries of both)
    public func adding(_ other: SparseMatrix) -> SparseMatrix {
        precondition(rows == other.rows && columns == other.columns, "matrices to add must have the same shape")
        return combining(other) { own, added in
            let sum = (own ?? 0) + (added ?? 0)
            return sum == 0 ? nil : sum
        }
    }

    /// The entries whose place is empty in `other`.
    ///
    /// - Complexity: O(rows + entries of both)
    public func removing(_ other: SparseMatrix) -> SparseMatrix {
        precondition(rows == other.rows && columns == other.columns, "matrices to compare must have the same shape")
        return combining(other) { own, taken in taken == nil ? own : nil }
    }

    /// The entries that `isKept` says yes to.
    public func filtered(_ isKept: (Float) -> Bool) -> SparseMatrix {
        var newOffsets = [0], newColumns: [Int32] = [], newValues: [Float] = []
        for row in 0..<rows {
            for entry in offsets[row]..<offsets[row + 1] where isKept(values[entry]) {
                newColumns.append(columnIndices[entry])
                newValues.append(values[entry])
            }
            newOffsets.append(newColumns.count)
        }
        return SparseMatrix(
            trustedRows: rows, columns: columns, offsets: newOffsets, columnIndices: newColumns, values: newValues)
    }

    /// Walks both matrices side by side, row by row.
    private func combining(_ other: SparseMatrix, _ value: (Float?, Float?) -> Float?) -> SparseMatrix {
        var newOffsets = [0], newColumns: [Int32] = [], newValues: [Float] = []
        newOffsets.reserveCapacity(rows + 1)
        for row in 0..<rows {
            var own = offsets[row]
            var foreign = other.offsets[row]
            while own < offsets[row + 1] || foreign < other.offsets[row + 1] {
                let ownColumn = own < offsets[row + 1] ? columnIndices[own] : .max
                let foreignColumn = foreign < other.offsets[row + 1] ? other.columnIndices[foreign] : .max
                let combined = value(
                    ownColumn <= foreignColumn ? values[own] : nil,
                    foreignColumn <= ownColumn ? other.values[foreign] : nil)
                if let combined {
                    newColumns.append(min(ownColumn, foreignColumn))
                    newValues.append(combined)
                }
                if ownColumn <= foreignColumn { own += 1 }
                if foreignColumn <= ownColumn { foreign += 1 }
            }
            newOffsets.append(newColumns.count)
        }
        return SparseMatrix(
            trustedRows: rows, columns: columns, offsets: newOffsets, columnIndices: newColumns, values: newValues)
    }
}
