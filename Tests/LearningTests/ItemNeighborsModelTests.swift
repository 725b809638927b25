import Learning
import Testing

@Suite struct ItemNeighborsModelTests {
    /// Scores of all users by a model, a row a user.
    private func scores(_ model: some RankingModel, users: Int) -> [[Float]] {
        let all = (0..<Int32(users)).map { $0 }
        var flat = [Float](repeating: .nan, count: users * model.itemCount)
        flat.withUnsafeMutableBufferPointer { model.score(users: all[...], into: $0) }
        return (0..<users).map { Array(flat[$0 * model.itemCount..<($0 + 1) * model.itemCount]) }
    }

    @Test func aScoreIsTheSumOfCosinesToWhatWasHeard() throws {
        // Items as columns over four users: 0 = (2,0,1,0), 1 = (1,3,0,0), 2 = (0,1,0,0), 3 = (0,0,0,-1): a skip says nothing.
        let matrix = try SparseMatrix(
            rows: 4, columns: 4, offsets: [0, 2, 4, 5, 6], columnIndices: [0, 1, 1, 2, 0, 3],
            values: [2, 1, 3, 1, 1, -1])
        let model = ItemNeighborsModel(matrix, pool: WorkerPool(threadCount: 2))
        let cosine01 = Float(2.0 / (5.0 * 10.0).squareRoot())
        let cosine12 = Float(3.0 / (10.0).squareRoot())
        let expected: [[Float]] = [
            [cosine01, cosine01, cosine12, 0], [cosine01, cosine12, cosine12, 0], [0, cosine01, 0, 0], [0, 0, 0, 0],
        ]
        let found = scores(model, users: 4)
        for user in 0..<4 {
            for item in 0..<4 { #expect(abs(found[user][item] - expected[user][item]) < 1e-6, "\(user) \(item)") }
        }
    }

    @Test func itAgreesWithAllPairsComputedPlainly() {
        let matrix = ALSTrainerTests.random(rows: 120, columns: 40, entries: 1_500, seed: 9)
        let model = ItemNeighborsModel(matrix, neighbors: 40, pool: WorkerPool(threadCount: 3))
        let items = matrix.transposed()
        func dot(_ left: Int, _ right: Int) -> Double {
            let values = Dictionary(uniqueKeysWithValues: zip(items.columns(ofRow: left), items.values(ofRow: left)))
            return zip(items.columns(ofRow: right), items.values(ofRow: right)).reduce(0) {
                $0 + Double(values[$1.0] ?? 0) * Double($1.1)
            }
        }
        let found = scores(model, users: 120)
        for user in stride(from: 0, to: 120, by: 17) {
            for item in 0..<40 {
                let expected = matrix.columns(ofRow: user).filter { Int($0) != item }.reduce(0.0) {
                    $0 + dot(item, Int($1)) / max(1e-30, dot(item, item) * dot(Int($1), Int($1))).squareRoot()
                }
                #expect(abs(Double(found[user][item]) - expected) < 1e-4)
            }
        }
    }
}
