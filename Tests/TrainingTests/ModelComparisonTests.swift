import Domain
import Learning
import Testing
import Training

@Suite struct ModelComparisonTests {
    @Test func theGateAndTheComparisonMeasureTheSame() throws {
        let tastes = TasteGroups()
        let bench = try TrainingRunTests.Bench(now: tastes.now)
        let lake = MemoryLake(tastes.events())
        let options = TrainingRunTests.quick()
        let gate = try #require(bench.run(lake).run().heldOut)
        let listens = try LakeListens(of: lake, options: options, now: tastes.now)
        let comparison = try ModelComparer(options: options).compare(
            listens, holdingOut: nil, subjects: ModelComparison.Subject.allCases, cutoffs: [10, 20])
        #expect(comparison.results.map(\.subject) == [.als, .neighbors, .popularity, .random])
        #expect(comparison.results[0].metrics[0].users == gate.model[0].users)
        #expect(abs(comparison.results[0].metrics[0].ndcg.mean - gate.model[0].ndcg.mean) < 1e-6)
        #expect(comparison.results[2].metrics == gate.popularity)
        // Tastes are all a list can be right by here, and both of the first two find them.
        for index in 0..<2 {
            #expect(
                comparison.results[index].metrics[0].ndcg.mean > 2 * comparison.results[3].metrics[0].ndcg.mean)
        }
    }

    @Test func aShareOfEachListenersSongsCanBeHeldOut() throws {
        let tastes = TasteGroups()
        let options = TrainingRunTests.quick()
        let listens = try LakeListens(of: MemoryLake(tastes.events()), options: options, now: tastes.now)
        let comparison = try ModelComparer(options: options).compare(
            listens, holdingOut: 0.2, subjects: [.als, .random], cutoffs: [10])
        #expect(comparison.measuredUsers == 80)
        #expect(
            comparison.results[0].metrics[0].ndcg.interval.lowerBound
                > comparison.results[1].metrics[0].ndcg.interval.upperBound)
    }

    @Test func aSearchOnTheLakeNeverSeesTheHeldOutDays() throws {
        let tastes = TasteGroups()
        let lake = MemoryLake(tastes.events())
        let data = try LakeTuningData(lake: lake, options: TrainingRunTests.quick(), now: tastes.now)
        let split = try data.split(halfLifeDays: 30)
        let request = try #require(lake.lastRequest)
        // Thirty days have six held out.
        #expect(request.days.upperBound == tastes.last.advanced(by: -6))
        #expect(split.train.rows == 80 && !split.evaluator.users.isEmpty)
        let plain = try data.split(halfLifeDays: 0)
        #expect(plain.train.values.max() ?? 0 > split.train.values.max() ?? 0)
    }
}
