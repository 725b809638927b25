import Foundation
import Learning
import TestSupport
import Testing

/// Searching, filters, ids and what a file keeps.
struct IVFIndexTests {
    /// Builds, opens and hands over an index of `count` items.
    private func withIndex(
        count: Int = 3000, dimension: Int = 24, lists: Int? = 40, _ body: (IVFIndex, inout ClumpedItems) throws -> Void
    ) throws {
        var data = ClumpedItems(count: count, dimension: dimension)
        try withTemporaryDirectory { directory in
            var options = IVFIndexBuilder.Options()
            options.listCount = lists
            options.threadCount = 2
            options.calibrationQueryLimit = 60
            try IVFIndexBuilder(options: options).build(data.items(), to: directory.path("items.ivf"))
            try body(IVFIndex(path: directory.path("items.ivf")), &data)
        }
    }

    /// Exact answers, as items of the index.
    private func exact(_ index: IVFIndex, _ query: [Float], k: Int, where isAllowed: (Int32) -> Bool = { _ in true })
        -> [SearchHit]
    {
        var hits: [SearchHit] = []
        for item in 0..<Int32(index.count) where isAllowed(item) {
            let score = zip(index.vector(of: item), query).reduce(Float(0)) { $0 + $1.0 * $1.1 }
            hits.append(SearchHit(item: item, score: score))
        }
        return Array(hits.sorted { ($0.score, $1.item) > ($1.score, $0.item) }.prefix(k))
    }

    @Test func exactParametersGiveTheExactAnswer() throws {
        try withIndex { index, data in
            for _ in 0..<20 {
                let query = data.query()
                let hits = index.search(query: query, k: 10, parameters: .exact)
                #expect(hits.map(\.item) == exact(index, query, k: 10).map(\.item))
            }
        }
    }

    @Test func flatIndexGivesTheExactAnswerInRowNumbers() throws {
        try withIndex { index, data in
            let flat = FlatIndex(vectors: data.vectors, dimension: data.dimension)
            #expect(flat.count == index.count)
            for _ in 0..<10 {
                let query = data.query()
                let ids = flat.search(query: query, k: 7).map { data.ids[Int($0.item)] }
                #expect(ids == exact(index, query, k: 7).map { index.id(of: $0.item) })
            }
        }
    }

    @Test func moreSlackFindsMoreAndReadsMore() throws {
        try withIndex { index, data in
            var totals = [0.0, 0.0, 0.0]
            var read = [0, 0, 0]
            let scratch = SearchScratch()
            let queries = (0..<100).map { _ in data.query() }
            for query in queries {
                let truth = exact(index, query, k: 10)
                for (place, slack) in [0, 0.2, 0.6].enumerated() as EnumeratedSequence<[Float]> {
                    query.withUnsafeBufferPointer {
                        index.search(query: $0, k: 10, parameters: IVFSearchParameters(slack: slack), scratch: scratch)
                    }
                    totals[place] += recall(scratch.hits, truth) / Double(queries.count)
                    read[place] += scratch.vectorsRead
                }
            }
            #expect(totals[0] <= totals[1] + 0.01 && totals[1] <= totals[2] + 0.01, "\(totals)")
            #expect(totals[1] > 0.8 && totals[2] > 0.98, "recall at slack 0, 0.2, 0.6: \(totals)")
            #expect(read[0] < read[1] && read[1] < read[2] && read[2] < 100 * index.count, "\(read)")
        }
    }

    @Test func scoresAreThoseOfTheVectorsNotOfTheCodes() throws {
        try withIndex { index, data in
            let query = data.query()
            for hit in index.search(query: query, k: 30) {
                let score = zip(index.vector(of: hit.item), query).reduce(Float(0)) { $0 + $1.0 * $1.1 }
                #expect(abs(hit.score - score) <= 1e-4 * max(1, abs(score)))
            }
        }
    }

    @Test func filtersActInsideTheScanSoTheAnswerIsAlwaysFull() throws {
        try withIndex { index, data in
            let query = data.query()
            let best = exact(index, query, k: 500).map(\.item)
            let heard = ItemSet(itemCount: index.count)
            for item in best { heard.insert(item) }
            let excluded = index.search(
                query: query, k: 25, parameters: IVFSearchParameters(slack: 0), filter: SearchFilter(excluded: heard))
            #expect(excluded.count == 25 && excluded.allSatisfy { !heard.contains($0.item) })

            let everything = IVFSearchParameters.exact
            let named = index.search(
                query: query, k: 10, parameters: everything, filter: SearchFilter(excludedItems: best[..<5].sorted()))
            #expect(named.map(\.item) == Array(best[5..<15]))
            let odd = index.search(
                query: query, k: 10, parameters: everything, filter: SearchFilter { !$0.isMultiple(of: 2) })
            #expect(odd.map(\.item) == exact(index, query, k: 10) { !$0.isMultiple(of: 2) }.map(\.item))
            let allowed = index.search(
                query: query, k: 10, parameters: IVFSearchParameters(slack: 0), filter: SearchFilter(allowed: heard))
            #expect(allowed.map(\.item) == Array(best[..<10]))
        }
    }

    @Test func fewerThanKAreAnsweredOnlyWhenTheFilterLeavesFewer() throws {
        try withIndex { index, data in
            let query = data.query()
            let none = ItemSet(itemCount: index.count)
            #expect(index.search(query: query, k: 10, filter: SearchFilter(allowed: none)).isEmpty)
            let few = ItemSet(itemCount: index.count)
            for item in [3, 700, 2999] as [Int32] { few.insert(item) }
            let hits = index.search(query: query, k: 10, filter: SearchFilter(allowed: few))
            #expect(hits.map(\.item).sorted() == [3, 700, 2999])
            let rest = index.search(query: query, k: 10, filter: SearchFilter { $0 == 5 })
            #expect(rest.map(\.item) == [5])
            #expect(index.search(query: query, k: 0).isEmpty)
            #expect(index.search(query: query, k: 1_000_000).count == index.count)
        }
    }

    @Test func everyIDIsFoundAndNoOther() throws {
        try withIndex { index, data in
            var seen = Set<Int32>()
            for (row, id) in data.ids.enumerated() {
                let item = try #require(index.item(forID: id))
                #expect(index.id(of: item) == id)
                #expect(index.vector(of: item) == Array(data.vectors[row * 24..<(row + 1) * 24]))
                seen.insert(item)
            }
            #expect(seen.count == index.count)
            #expect(index.item(forID: "track-3000") == nil)
            #expect(index.item(forID: "") == nil)
        }
    }

    @Test func theFileKeepsWhatFoldingInNeeds() throws {
        try withIndex { index, data in
            let items = data.items()
            #expect(index.modelVersion == items.modelVersion)
            #expect(index.regularization == 0.01 && index.alpha == 40)
            #expect(index.gram.values == items.gram.values)
            #expect(index.dimension == 24 && index.listCount == 40)
        }
    }

    @Test func batchSearchAnswersAsSingleSearchesDo() throws {
        try withIndex { index, data in
            let queries = (0..<100).map { _ in data.query() }
            let pool = WorkerPool(threadCount: 3)
            let together = index.search(queries: queries.flatMap(\.self), k: 5, pool: pool)
            #expect(together == queries.map { index.search(query: $0, k: 5) })
        }
    }

    @Test func sameSeedGivesTheSameFileWithAnyNumberOfThreads() throws {
        let data = ClumpedItems(count: 2000, dimension: 16)
        try withTemporaryDirectory { directory in
            var files: [Data] = []
            for threads in [1, 3] {
                var options = IVFIndexBuilder.Options()
                options.threadCount = threads
                try IVFIndexBuilder(options: options).build(data.items(), to: directory.path("\(threads).ivf"))
                files.append(try Data(contentsOf: URL(fileURLWithPath: directory.path("\(threads).ivf"))))
            }
            #expect(files[0] == files[1])
        }
    }

    @Test(arguments: [(1, 1), (2, 3), (31, 5), (33, 17), (100, 67), (500, 128)])
    func smallCataloguesAndOddDimensionsAreExact(count: Int, dimension: Int) throws {
        try withIndex(count: count, dimension: dimension, lists: nil) { index, data in
            let query = data.query()
            let hits = index.search(query: query, k: 10, parameters: .exact)
            #expect(hits.map(\.item) == exact(index, query, k: 10).map(\.item))
            #expect(hits.count == min(10, count))
        }
    }

    @Test func zeroVectorsAndEqualVectorsAreIndexedLikeOthers() throws {
        let vectors = [Float](repeating: 0, count: 100 * 8) + [Float](repeating: 1, count: 100 * 8)
        let items = IVFItems(
            ids: (0..<200).map(String.init), vectors: vectors, dimension: 8,
            gram: GramMatrix(factors: 8, values: [Double](repeating: 0, count: 64)), regularization: 0, alpha: 1,
            modelVersion: "v")
        try withTemporaryDirectory { directory in
            try IVFIndexBuilder().build(items, to: directory.path("items.ivf"))
            let index = try IVFIndex(path: directory.path("items.ivf"))
            let hits = index.search(query: [Float](repeating: 0.5, count: 8), k: 150)
            #expect(hits.count == 150)
            #expect(hits.prefix(100).allSatisfy { $0.score == 4 && (Int(index.id(of: $0.item)) ?? 0) >= 100 })
        }
    }

    @Test func aQueryThatIsNotANumberFindsNothing() throws {
        try withIndex { index, _ in
            #expect(index.search(query: [Float](repeating: .nan, count: 24), k: 10).isEmpty)
        }
    }
}
