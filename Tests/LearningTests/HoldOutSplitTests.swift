import Learning
import Testing

@Suite struct HoldOutSplitTests {
    private let matrix = ALSTrainerTests.random(rows: 200, columns: 60, entries: 4_000, seed: 3)

    @Test func everyUserLosesTheShareOfTheLikedItemsAndNothingElseChanges() {
        let signed = matrix.mapValues { row, column, value in (row + Int(column)) % 5 == 0 ? -value : value }
        let parts = HoldOutSplit(signed, share: 0.2, seed: 1)
        for row in 0..<signed.rows {
            let liked = signed.values(ofRow: row).count { $0 > 0 }
            #expect(parts.heldOut.count(ofRow: row) == Int(Double(liked) * 0.2))
            #expect(parts.heldOut.values(ofRow: row).allSatisfy { $0 > 0 })
            #expect(
                Set(parts.heldOut.columns(ofRow: row)).isDisjoint(with: parts.train.columns(ofRow: row)))
        }
        #expect(parts.train.adding(parts.heldOut) == signed)
        #expect(parts.train.columns == signed.columns && parts.heldOut.rows == signed.rows)
    }

    @Test func theSeedDecidesWhatIsHeldOut() {
        #expect(
            HoldOutSplit(matrix, share: 0.3, seed: 5).heldOut == HoldOutSplit(matrix, share: 0.3, seed: 5).heldOut)
        #expect(
            HoldOutSplit(matrix, share: 0.3, seed: 5).heldOut != HoldOutSplit(matrix, share: 0.3, seed: 6).heldOut)
    }
}
