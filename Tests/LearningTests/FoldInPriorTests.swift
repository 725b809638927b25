import Learning
import Testing

/// Moving a known listener's vector: against a stranger's fold-in, and against the normal equations in double precision.
@Suite struct FoldInPriorTests {
    private static func moved(_ foldIn: FoldIn, _ listens: [FoldIn.Listen], onto prior: [Float]) throws -> [Float] {
        var vector = [Float](repeating: .nan, count: prior.count)
        try listens.withUnsafeBufferPointer { listens in
            try prior.withUnsafeBufferPointer { prior in
                try vector.withUnsafeMutableBufferPointer {
                    try foldIn.fold(listens, onto: prior, scratch: FoldIn.Scratch(for: foldIn, listens: 2), into: $0)
                }
            }
        }
        return vector
    }

    @Test(arguments: [8, 24, 64], [0.0, 0.6])
    func ontoZeroItIsTheFoldInOfAStrangerAndWithoutListensNothingMoves(factors: Int, exponent: Double) throws {
        let trained = try FoldInTests.trained(factors: factors, exponent: exponent)
        let foldIn = try FoldIn(
            items: trained.model.itemFactors, options: trained.options, meanEntries: trained.meanEntries,
            pool: WorkerPool(threadCount: 1))
        for user in [0, 9, 101] {
            let listens = FoldInTests.listens(trained.matrix, user: user)
            let stranger = try foldIn.vector(listens: listens, scratch: FoldIn.Scratch(for: foldIn))
            let moved = try Self.moved(foldIn, listens, onto: [Float](repeating: 0, count: factors))
            let length = stranger.reduce(Float(0)) { max($0, abs($1)) }
            for (one, other) in zip(stranger, moved) { #expect(abs(one - other) < 1e-3 * (1e-2 + length)) }
            #expect(try Self.moved(foldIn, [], onto: stranger) == stranger)
        }
    }

    @Test func theMovedVectorIsTheMinimumOfItsObjective() throws {
        let trained = try FoldInTests.trained(factors: 12, exponent: 0)
        let foldIn = try FoldIn(
            items: trained.model.itemFactors, options: trained.options, pool: WorkerPool(threadCount: 1))
        let items = trained.model.itemFactors
        let prior = trained.model.userFactors[3].map { $0 }
        let listens = [
            FoldIn.Listen(item: 5, confidence: 1), .init(item: 70, confidence: 0.3), .init(item: 11, confidence: -0.5),
        ]
        let vector = try Self.moved(foldIn, listens, onto: prior)
        // The gradient of the objective, in double: (YᵀY + λI)(x − x₀) + Σ α|r|·y(yᵀx) − Σ_{r>0} (1+αr)·y + … = 0.
        let (alpha, lambda) = (trained.options.alpha, trained.options.regularization)
        let difference = zip(vector, prior).map { Double($0) - Double($1) }
        var gradient = difference.map { lambda * $0 }
        for row in 0..<items.rows {
            let item = items[row].map(Double.init)
            let along = zip(item, difference).reduce(0) { $0 + $1.0 * $1.1 }
            for index in gradient.indices { gradient[index] += item[index] * along }
        }
        for listen in listens {
            let item = items[Int(listen.item)].map(Double.init)
            let score = zip(item, vector).reduce(0) { $0 + $1.0 * Double($1.1) }
            let weight = alpha * Double(listen.confidence.magnitude)
            let wanted = listen.confidence > 0 ? 1 + weight : 0
            for index in gradient.indices { gradient[index] += item[index] * (weight * score - wanted) }
        }
        let scale = alpha * items[5].reduce(0) { max($0, abs(Double($1))) }
        for value in gradient { #expect(abs(value) < 1e-3 * scale) }
        // Towards what was played, away from what was skipped.
        func score(_ vector: [Float], _ item: Int) -> Float { zip(vector, items[item]).reduce(0) { $0 + $1.0 * $1.1 } }
        #expect(score(vector, 5) > score(prior, 5) && score(vector, 70) > score(prior, 70))
        #expect(abs(score(vector, 11)) < abs(score(prior, 11)) || score(vector, 11) < 0.05)
    }

    @Test func whatIsNotFiniteIsSaid() throws {
        let trained = try FoldInTests.trained(factors: 8, exponent: 0)
        let foldIn = try FoldIn(
            items: trained.model.itemFactors, options: trained.options, pool: WorkerPool(threadCount: 1))
        let zeros = [Float](repeating: 0, count: 8)
        #expect(throws: LearningError.self) {
            try Self.moved(foldIn, [.init(item: 1, confidence: .infinity)], onto: zeros)
        }
    }
}
