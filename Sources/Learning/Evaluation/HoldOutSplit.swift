/// Cuts a part out of every user's items to measure with, by a seed.
public struct HoldOutSplit: Sendable {
    /// What is learned from.
    public let train: SparseMatrix
    /// What is held out: positive entries only, since a skip is nothing to hit.
    public let heldOut: SparseMatrix

    /// Holds out `share` of each user's positive entries, rounded down: a user with fewer than 1 ÷ share of them keeps all.
    ///
    /// - Parameter share: 0…1, exclusive.
    /// - Complexity: O(rows + entries)
    public init(_ matrix: SparseMatrix, share: Double, seed: UInt64) {
        precondition(share > 0 && share < 1, "a share between 0 and 1 is held out")
        var isHeldOut = [Bool](repeating: false, count: matrix.count)
        for row in 0..<matrix.rows {
            var entries = (matrix.offsets[row]..<matrix.offsets[row + 1]).filter { matrix.values[$0] > 0 }
            let count = Int(Double(entries.count) * share)
            var random = SplitMix64(seed: seed ^ (UInt64(row) &* 0x9E37_79B9_7F4A_7C15))
            for place in 0..<count {
                let other = place + Int(random.unit() * Double(entries.count - place))
                entries.swapAt(place, other)
                isHeldOut[entries[place]] = true
            }
        }
        train = Self.part(of: matrix) { !isHeldOut[$0] }
        heldOut = Self.part(of: matrix) { isHeldOut[$0] }
    }

    private static func part(of matrix: SparseMatrix, _ isKept: (Int) -> Bool) -> SparseMatrix {
        var offsets = [0], columns: [Int32] = [], values: [Float] = []
        for row in 0..<matrix.rows {
            for entry in matrix.offsets[row]..<matrix.offsets[row + 1] where isKept(entry) {
                columns.append(matrix.columnIndices[entry])
                values.append(matrix.values[entry])
            }
            offsets.append(columns.count)
        }
        return SparseMatrix(
            trustedRows: matrix.rows, columns: matrix.columns, offsets: offsets, columnIndices: columns, values: values)
    }
}
