import Learning
import ServiceKit
import Testing
import Training

/// What folding in is worth, where it must be worth much and where nothing.
@Suite struct ColdStartTests {
    /// Listeners of four tastes, each of whom likes half of the songs of their own.
    private static func world(users: Int = 400, items: Int = 120) throws -> SparseMatrix {
        var rows: [Int32] = [], columns: [Int32] = []
        for user in 0..<users {
            for item in 0..<items where item % 4 == user % 4 && (user &* 31 &+ item &* 17) % 7 < 4 {
                rows.append(Int32(user))
                columns.append(Int32(item))
            }
        }
        return SparseMatrix(
            rows: users, columns: items, rowIndices: rows, columnIndices: columns,
            values: [Float](repeating: 1, count: rows.count))
    }

    private static func options() -> TrainingOptions {
        var options = TrainingOptions()
        options.als.factors = 8
        options.als.iterations = 5
        options.threadCount = 2
        return options
    }

    private func ndcg(_ comparison: ColdStartComparison, _ subject: ColdStartComparison.Subject) throws -> Double {
        let metrics = try #require(comparison.results.first { $0.subject == subject }).metrics
        return try #require(metrics[0].named.first { $0.name == "ndcg" }).estimate.mean
    }

    @Test func threeSongsOfAStrangerFindTheirTasteAndPopularityDoesNot() throws {
        let comparison = try ColdStartComparison.measure(
            Self.world(), options: Self.options(), share: 0.2, listens: 3, cutoffs: [10])
        #expect(comparison.coldUsers > 40 && comparison.coldUsers < 120)
        #expect(comparison.listens == 3 && comparison.results.count == ColdStartComparison.Subject.allCases.count)
        let foldIn = try ndcg(comparison, .coldFoldIn)
        #expect(foldIn > 0.7)
        #expect(try foldIn > 1.5 * ndcg(comparison, .coldPopularity))
        // Known listeners: what they are told agrees with what they like, so it does no harm.
        #expect(try ndcg(comparison, .knownPrior) > 0.9 * ndcg(comparison, .knownModel))
        // The same seed, the same figures.
        let again = try ColdStartComparison.measure(
            Self.world(), options: Self.options(), share: 0.2, listens: 3, cutoffs: [10])
        #expect(try ndcg(again, .coldFoldIn) == foldIn)
    }

    @Test func tooFewSongsAndAStopAreSaid() throws {
        #expect(throws: TrainingError.self) {
            try ColdStartComparison.measure(
                Self.world(), options: Self.options(), share: 0.2, listens: 30, cutoffs: [10])
        }
        let stop = StopSignal()
        stop.stop()
        #expect(throws: TrainingError.self) {
            try ColdStartComparison.measure(
                Self.world(), options: Self.options(), share: 0.2, listens: 3, cutoffs: [10], until: stop)
        }
    }
}
