import Learning
import Testing

/// Folding in against a half iteration of the trainer, and the shares against the score.
@Suite struct FoldInTests {
    struct Trained {
        let matrix: SparseMatrix
        let options: ALSOptions
        let model: ALSModel
        var meanEntries: Double { Double(matrix.count) / Double(matrix.rows) }
    }

    static func trained(factors: Int, exponent: Double) throws -> Trained {
        // Some entries say "does not like".
        let matrix = ALSTrainerTests.random(rows: 150, columns: 90, entries: 3_000, seed: 71)
            .mapValues { row, column, value in (row + column) % 9 == 0 ? -value : value }
        var options = ALSOptions()
        options.factors = factors
        options.regularization = 0.2
        options.regularizationExponent = exponent
        options.alpha = 7
        options.iterations = 4
        let model = try ALSTrainer(options: options, pool: WorkerPool(threadCount: 2)).train(matrix)
        return Trained(matrix: matrix, options: options, model: model)
    }

    static func listens(_ matrix: SparseMatrix, user: Int) -> [FoldIn.Listen] {
        zip(matrix.columns(ofRow: user), matrix.values(ofRow: user)).map { .init(item: $0, confidence: $1) }
    }

    @Test(arguments: [8, 24, 64], [0.0, 0.6])
    func aFoldedInVectorIsTheRowOfAnExactHalfIteration(factors: Int, exponent: Double) throws {
        let trained = try Self.trained(factors: factors, exponent: exponent)
        let pool = WorkerPool(threadCount: 2)
        let foldIn = try FoldIn(
            items: trained.model.itemFactors, options: trained.options, meanEntries: trained.meanEntries, pool: pool)
        let scratch = FoldIn.Scratch(for: foldIn, listens: 4)
        let expected = try ALSTrainer(options: trained.options, pool: pool)
            .solveUsers(of: trained.matrix, holding: trained.model.itemFactors)
        for user in 0..<trained.matrix.rows {
            let vector = try foldIn.vector(listens: Self.listens(trained.matrix, user: user), scratch: scratch)
            let row = expected[user]
            let length = row.reduce(Float(0)) { max($0, abs($1)) }
            for (one, other) in zip(vector, row) { #expect(abs(one - other) < 2e-3 * (1e-2 + length)) }
        }
    }

    @Test(arguments: [0.0, 0.6])
    func theSharesOfTheListensAddUpToTheScoreAndTheLargestComesFirst(exponent: Double) throws {
        let trained = try Self.trained(factors: 24, exponent: exponent)
        let foldIn = try FoldIn(
            items: trained.model.itemFactors, options: trained.options, meanEntries: trained.meanEntries,
            pool: WorkerPool(threadCount: 1))
        let scratch = FoldIn.Scratch(for: foldIn)
        for user in [0, 17, 149] {
            let listens = Self.listens(trained.matrix, user: user)
            let vector = try foldIn.vector(listens: listens, scratch: scratch)
            for item in [Int32(3), listens[0].item, 88] {
                let shares = try foldIn.contributions(to: item, listens: listens, scratch: scratch)
                let score = zip(vector, trained.model.itemFactors[Int(item)]).reduce(Float(0)) { $0 + $1.0 * $1.1 }
                #expect(abs(shares.reduce(0) { $0 + $1.share } - score) < 2e-3)
                #expect(shares.map(\.share) == shares.map(\.share).sorted(by: >))
                #expect(shares.map(\.item).sorted() == listens.map(\.item).sorted())
                for share in shares where listens.contains(where: { $0.item == share.item && $0.confidence < 0 }) {
                    #expect(share.share == 0)
                }
            }
        }
        // A song heard explains itself best of all.
        let alone = [FoldIn.Listen(item: 5, confidence: 3), FoldIn.Listen(item: 40, confidence: 0.1)]
        #expect(try foldIn.contributions(to: 5, listens: alone, scratch: scratch).first?.item == 5)
    }

    @Test func vectorsFromAnotherSourceAreTheSame() throws {
        let trained = try Self.trained(factors: 24, exponent: 0)
        let pool = WorkerPool(threadCount: 1)
        let items = trained.model.itemFactors
        let direct = try FoldIn(items: items, options: trained.options, pool: pool)
        let copies = (0..<items.rows).map { items[$0] }
        let indirect = try FoldIn(
            gram: GramMatrix(of: items, pool: pool), itemCount: items.rows, options: trained.options
        ) { item, target in _ = target.update(fromContentsOf: copies[Int(item)]) }
        let listens = Self.listens(trained.matrix, user: 4)
        #expect(
            try direct.vector(listens: listens, scratch: FoldIn.Scratch(for: direct))
                == indirect.vector(listens: listens, scratch: FoldIn.Scratch(for: indirect)))
    }

    @Test func noListensGiveZerosAndWhatIsNotFiniteIsSaid() throws {
        let trained = try Self.trained(factors: 8, exponent: 0)
        let foldIn = try FoldIn(
            items: trained.model.itemFactors, options: trained.options, pool: WorkerPool(threadCount: 1))
        let scratch = FoldIn.Scratch(for: foldIn)
        #expect(try foldIn.vector(listens: [], scratch: scratch) == [Float](repeating: 0, count: 8))
        #expect(try foldIn.contributions(to: 1, listens: [], scratch: scratch).isEmpty)
        let bad = [FoldIn.Listen(item: 1, confidence: .nan)]
        #expect(throws: LearningError.self) { try foldIn.vector(listens: bad, scratch: scratch) }
        #expect(throws: LearningError.self) { try foldIn.contributions(to: 1, listens: bad, scratch: scratch) }
        var other = trained.options
        other.factors = 9
        #expect(throws: LearningError.self) {
            try FoldIn(items: trained.model.itemFactors, options: other, pool: WorkerPool(threadCount: 1))
        }
        other = trained.options
        other.regularizationExponent = 0.5
        #expect(throws: LearningError.self) {
            try FoldIn(items: trained.model.itemFactors, options: other, pool: WorkerPool(threadCount: 1))
        }
    }
}
