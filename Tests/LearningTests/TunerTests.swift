import Learning
import Testing

@Suite struct TunerTests {
    private static func options() -> Tuner.Options {
        var options = Tuner.Options()
        options.space.factors = [2, 4]
        options.bracketSize = 6
        options.reduction = 3
        options.rungs = [1, 3]
        options.settingLimit = 12
        return options
    }

    private static func data() throws -> MatrixTuningData {
        try MatrixTuningData(
            ALSTrainerTests.random(rows: 150, columns: 60, entries: 3_000, seed: 4), share: 0.2, seed: 1)
    }

    private static func forgettingSeconds(_ trials: [TuningTrial]) -> [TuningTrial] {
        trials.map { trial in
            var trial = trial
            trial.seconds = 0
            return trial
        }
    }

    @Test func everyBracketThinsItsSettingsOutByTheirScore() throws {
        let tuner = try Tuner(options: Self.options(), pool: WorkerPool(threadCount: 2))
        let trials = try tuner.run(on: Self.data())
        #expect(trials.count == 2 * (6 + 2))
        for bracket in 0..<2 {
            let own = trials.filter { $0.number / 6 == bracket }
            let first = own.filter { $0.iterations == 1 }.sorted {
                ($0.score("ndcg@20"), $1.number) > ($1.score("ndcg@20"), $0.number)
            }
            #expect(
                Set(own.filter { $0.iterations == 3 }.map(\.number)) == Set(first.prefix(2).map(\.number)))
        }
        let best = try #require(tuner.best(trials).first)
        #expect(best.iterations == 3)
        #expect(trials.filter { $0.iterations == 3 }.allSatisfy { $0.score("ndcg@20") <= best.score("ndcg@20") })
    }

    @Test func aSearchThatWasCutShortGoesOnWhereItWas() throws {
        let tuner = try Tuner(options: Self.options(), pool: WorkerPool(threadCount: 2))
        let whole = try tuner.run(on: Self.data())
        var count = 0
        let part = try tuner.run(on: Self.data(), isStopped: { count == 5 }, observe: { _ in count += 1 })
        #expect(part.count == 5)
        var new = 0
        let resumed = try tuner.run(on: Self.data(), known: part, observe: { _ in new += 1 })
        #expect(Self.forgettingSeconds(resumed) == Self.forgettingSeconds(whole))
        #expect(new == whole.count - 5)
    }

    @Test func aSettingTheFactorsRunAwayWithIsAFailedTrial() throws {
        let matrix = ALSTrainerTests.random(rows: 150, columns: 60, entries: 3_000, seed: 4)
        let broken = matrix.mapValues { _, _, value in value > 2.9 ? .nan : value }
        let tuner = try Tuner(options: Self.options(), pool: WorkerPool(threadCount: 2))
        let trials = try tuner.run(on: MatrixTuningData(broken, share: 0.2, seed: 1))
        #expect(!trials.isEmpty)
        #expect(trials.contains { $0.failure != nil && $0.metrics.isEmpty })
    }

    @Test func theSpaceStaysInsideItsBounds() throws {
        var options = Self.options()
        options.bracketSize = 40
        options.settingLimit = 120
        options.rungs = [1]
        options.space.regularization = 2...8
        options.space.strength = 1...3
        let tuner = try Tuner(options: options, pool: WorkerPool(threadCount: 2))
        let trials = try tuner.run(on: Self.data())
        #expect(trials.count == 120)
        for trial in trials {
            #expect((1.99...8.01).contains(trial.candidate.regularization))
            #expect((0.99...3.01).contains(trial.candidate.strength))
            #expect([2, 4].contains(trial.candidate.factors))
        }
        #expect(Set(trials.map(\.candidate.regularization)).count > 60)
    }

    @Test func aMatrixNobodyHasEnoughInIsRefused() {
        let matrix = SparseMatrix(rows: 2, columns: 2, rowIndices: [0, 1], columnIndices: [0, 1], values: [1, 1])
        #expect(throws: LearningError.self) { try MatrixTuningData(matrix, share: 0.2, seed: 1) }
    }
}
