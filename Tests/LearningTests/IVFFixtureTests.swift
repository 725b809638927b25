import Foundation
import Learning
import Testing

/// Index files that were released stay readable.
struct IVFFixtureTests {
    private func fixture(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/index/\(name)").path
    }

    /// The answers were computed by numpy from the vectors the file was made of.
    @Test func formatOneAnswersAsNumpyDid() throws {
        let index = try IVFIndex(path: fixture("items-v1.ivf"))
        #expect(index.facts().formatVersion == 1)
        #expect(index.count == 120 && index.dimension == 8 && index.listCount == 7)
        #expect(index.modelVersion == "benchmark" && index.regularization == 0.01 && index.alpha == 40)
        #expect(Set((0..<120).compactMap { index.item(forID: "\($0)") }).count == 120)
        let hits = index.search(query: [1, -2, 0.5, 0.25, -1, 3, 0, 1.5], k: 5, parameters: .exact)
        #expect(hits.map { index.id(of: $0.item) } == ["61", "54", "100", "117", "17"])
        for (hit, score) in zip(hits, [10.914242, 10.059173, 6.949739, 5.292351, 4.783091] as [Float]) {
            #expect(abs(hit.score - score) < 1e-4)
        }
        let seven = try #require(index.item(forID: "7"))
        #expect(index.vector(of: seven).prefix(2) == [0.6663491725921631, 0.26135164499282837])
        #expect(
            index.neighbors(of: seven, k: 3, parameters: .exact).map { index.id(of: $0.item) } == ["55", "47", "40"])
        #expect(index.calibration.rows.contains { $0.measure == .innerProduct && $0.k == 10 })
    }
}
