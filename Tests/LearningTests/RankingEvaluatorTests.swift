import Learning
import Testing

@Suite struct RankingEvaluatorTests {
    /// Fixed scores, one row a user.
    struct Fixed: RankingModel {
        let scores: [[Float]]
        var itemCount: Int { scores[0].count }
        func score(users: ArraySlice<Int32>, into out: UnsafeMutableBufferPointer<Float>) {
            for (row, user) in users.enumerated() {
                for item in 0..<itemCount { out[row * itemCount + item] = scores[Int(user)][item] }
            }
        }
    }

    static func matrix(_ rows: [[Int]], columns: Int) -> SparseMatrix {
        let pairs = rows.enumerated().flatMap { row, items in items.map { (Int32(row), Int32($0)) } }
        return SparseMatrix(
            rows: rows.count, columns: columns, rowIndices: pairs.map(\.0), columnIndices: pairs.map(\.1),
            values: pairs.map { _ in 1 })
    }

    /// Worked out by hand: user 0's list is 4 3 1 | 5, held out 3 and 5; user 1 has nothing held out; user 2's list is
    /// 0 1 2 | 4, held out 0.
    @Test func everyMetricIsWhatThePaperSays() throws {
        let train = Self.matrix([[0, 2], [0], [3, 5]], columns: 6)
        let test = Self.matrix([[3, 5], [], [0]], columns: 6)
        let model = Fixed(scores: [[9, 3, 9, 4, 5, 2], [0, 0, 0, 0, 0, 0], [6, 5, 4, 3, 2, 1]])
        let evaluator = try RankingEvaluator(train: train, test: test)
        let metrics = evaluator.evaluate(model, cutoffs: [3], pool: WorkerPool(threadCount: 2))[0]
        #expect(metrics.users == 2)
        let second = 0.6309297535714575
        let three = 1.584962500721156
        let expected: [(name: String, found: Double, value: Double)] = [
            ("recall", metrics.recall.mean, 0.75),
            ("capped recall", metrics.cappedRecall.mean, 0.75),
            ("precision", metrics.precision.mean, 1.0 / 3),
            ("ndcg", metrics.ndcg.mean, (second / (1 + second) + 1) / 2),
            ("map", metrics.map.mean, 0.625),
            ("mrr", metrics.mrr.mean, 0.75),
            ("coverage", metrics.coverage.mean, 5.0 / 6),
            // Users of the six items: 2 0 1 1 0 1; the lists are 4 3 1 and 0 1 2.
            ("popularity bias", metrics.popularityBias.mean, 0.5),
            ("novelty", metrics.novelty.mean, (6 * three - 1) / 6),
            ("standard error", metrics.recall.standardError, 0.25),
        ]
        for (name, found, value) in expected { #expect(abs(found - value) < 1e-12, "\(name)") }
        #expect(metrics.hitRate == MetricEstimate(mean: 1, standardError: 0))
    }

    /// Standard errors of what is no mean over users, against the spread over many resamples of the users (the bootstrap).
    @Test func standardErrorsAgreeWithTheBootstrap() throws {
        let train = ALSTrainerTests.random(rows: 400, columns: 80, entries: 6_000, seed: 1)
        let parts = HoldOutSplit(train, share: 0.3, seed: 1)
        let model = ItemNeighborsModel(parts.train, pool: WorkerPool(threadCount: 2))
        let pool = WorkerPool(threadCount: 2)
        let whole = try RankingEvaluator(train: parts.train, test: parts.heldOut)
        let metrics = whole.evaluate(model, cutoffs: [5], pool: pool)[0]
        var random = SeededGenerator(seed: 8)
        var draws: [[Double]] = []
        for _ in 0..<300 {
            let users = (0..<whole.users.count).map { _ in
                whole.users[Int.random(in: 0..<whole.users.count, using: &random)]
            }
            let drawn = try RankingEvaluator(train: parts.train, test: parts.heldOut, users: users)
                .evaluate(model, cutoffs: [5], pool: pool)[0]
            draws.append([drawn.ndcg.mean, drawn.novelty.mean, drawn.popularityBias.mean, drawn.headShare.mean])
        }
        for (index, estimate) in [metrics.ndcg, metrics.novelty, metrics.popularityBias, metrics.headShare].enumerated()
        {
            let values = draws.map { $0[index] }
            let mean = values.reduce(0, +) / 300
            let spread = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 299).squareRoot()
            #expect(abs(spread / estimate.standardError - 1) < 0.25, "\(index): \(spread), \(estimate)")
        }
    }

    /// Worked out by hand: of three users' lists of one item, two are the same; without the third user 1 of 4 items is covered.
    @Test func coverageHasTheJackknifesError() throws {
        let train = Self.matrix([[3], [3], [3]], columns: 4)
        let test = Self.matrix([[0], [0], [1]], columns: 4)
        let model = Fixed(scores: [[2, 1, 0, 0], [2, 1, 0, 0], [1, 2, 0, 0]])
        let metrics = try RankingEvaluator(train: train, test: test)
            .evaluate(model, cutoffs: [1], pool: WorkerPool(threadCount: 1))[0]
        #expect(metrics.coverage.mean == 0.5)
        // Losses of 0, 0 and 1/4: squares around their mean 1/12 sum to 1/24; times 2/3.
        #expect(abs(metrics.coverage.standardError - (1.0 / 36).squareRoot()) < 1e-12)
    }

    @Test func heardSongsCountWhenTheyAreNotExcluded() throws {
        let train = Self.matrix([[0], [1]], columns: 3)
        let test = Self.matrix([[0], [2]], columns: 3)
        let model = Fixed(scores: [[3, 2, 1], [3, 2, 1]])
        let discovery = try RankingEvaluator(train: train, test: test)
        let replay = try RankingEvaluator(train: train, test: test, excludesTrained: false)
        let pool = WorkerPool(threadCount: 1)
        #expect(discovery.evaluate(model, cutoffs: [1], pool: pool)[0].hitRate.mean == 0)
        #expect(replay.evaluate(model, cutoffs: [1], pool: pool)[0].hitRate.mean == 0.5)
    }

    @Test func excludedItemsNeverAppearEvenWhenTheListIsShort() throws {
        let train = Self.matrix([[0, 1]], columns: 3)
        let test = Self.matrix([[2]], columns: 3)
        let metrics = try RankingEvaluator(train: train, test: test).evaluate(
            Fixed(scores: [[9, 8, -7]]), cutoffs: [3], pool: WorkerPool(threadCount: 1))[0]
        #expect(metrics.coverage.mean == 1.0 / 3)
        #expect(metrics.ndcg.mean == 1)
    }

    @Test func threadsChangeNoDigit() throws {
        let train = ALSTrainerTests.random(rows: 300, columns: 100, entries: 3_000, seed: 51)
        let test = ALSTrainerTests.random(rows: 300, columns: 100, entries: 1_000, seed: 52)
        let evaluator = try RankingEvaluator(train: train, test: test)
        let model = RandomModel(itemCount: 100, seed: 1)
        let single = evaluator.evaluate(model, cutoffs: [5, 20], pool: WorkerPool(threadCount: 1))
        #expect(evaluator.evaluate(model, cutoffs: [5, 20], pool: WorkerPool(threadCount: 4)) == single)
    }

    @Test func factorScoresAreInnerProducts() throws {
        var options = ALSOptions()
        options.factors = 10
        options.iterations = 3
        let pool = WorkerPool(threadCount: 2)
        let matrix = ALSTrainerTests.random(rows: 40, columns: 37, entries: 500, seed: 53)
        let model = try ALSTrainer(options: options, pool: pool).train(matrix)
        let users: [Int32] = (0..<40).map { $0 }
        var scores = [Float](repeating: 0, count: 40 * 37)
        scores.withUnsafeMutableBufferPointer { FactorRankingModel(model).score(users: users[...], into: $0) }
        for user in 0..<40 {
            for item in 0..<37 {
                #expect(abs(scores[user * 37 + item] - model.score(user: user, item: item)) < 1e-5)
            }
        }
    }

    @Test func popularityRanksByUsersAndShapesMustMatch() throws {
        let train = Self.matrix([[0, 1], [1], [1, 2], [2]], columns: 4)
        let test = Self.matrix([[2], [], [], []], columns: 4)
        let metrics = try RankingEvaluator(train: train, test: test).evaluate(
            PopularityModel(train), cutoffs: [1], pool: WorkerPool(threadCount: 1))[0]
        #expect(metrics.ndcg.mean == 1)
        #expect(throws: LearningError.self) {
            try RankingEvaluator(train: train, test: Self.matrix([[0]], columns: 4))
        }
    }
}
