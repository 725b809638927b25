import Learning
import TestSupport
import Testing

/// Neighbours by cosine, one item's and all items', and what the builder measured.
struct IVFNeighborsTests {
    private func withIndex(_ body: (IVFIndex, ClumpedItems) throws -> Void) throws {
        let data = ClumpedItems(count: 1500, dimension: 20)
        try withTemporaryDirectory { directory in
            var options = IVFIndexBuilder.Options()
            options.listCount = 30
            options.calibrationQueryLimit = 80
            try IVFIndexBuilder(options: options).build(data.items(), to: directory.path("items.ivf"))
            try body(IVFIndex(path: directory.path("items.ivf")), data)
        }
    }

    private func exact(_ index: IVFIndex, _ item: Int32, k: Int) -> [Int32] {
        func unit(_ vector: [Float]) -> [Float] {
            let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return vector.map { $0 / length }
        }
        let query = unit(index.vector(of: item))
        let cosines = (0..<Int32(index.count)).filter { $0 != item }.map { other in
            (other, zip(unit(index.vector(of: other)), query).reduce(Float(0)) { $0 + $1.0 * $1.1 })
        }
        return cosines.sorted { $0.1 > $1.1 }.prefix(k).map(\.0)
    }

    @Test func exactNeighboursAreThoseOfEveryCosine() throws {
        try withIndex { index, _ in
            for item in stride(from: Int32(0), to: 1500, by: 300) {
                let hits = index.neighbors(of: item, k: 12, parameters: .exact)
                #expect(hits.map(\.item) == exact(index, item, k: 12))
                #expect(hits.allSatisfy { abs($0.score) <= 1.0001 })
            }
        }
    }

    @Test func exactNeighboursOfManyItemsAreThoseOfEach() throws {
        try withIndex { index, _ in
            let items: [Int32] = stride(from: 1499, through: 0, by: -23).map { Int32($0) }
            for threadCount in [1, 3] {
                let together = index.exactNeighbors(of: items, k: 12, pool: WorkerPool(threadCount: threadCount))
                for (item, hits) in zip(items, together) {
                    #expect(hits.map(\.item) == exact(index, item, k: 12))
                }
            }
        }
    }

    @Test func defaultNeighboursAreNearlyAllOfThem() throws {
        try withIndex { index, _ in
            var sum = 0.0
            for item in stride(from: Int32(7), to: 1500, by: 60) {
                let found = Set(index.neighbors(of: item, k: 20).map(\.item))
                let truth = exact(index, item, k: 20)
                sum += Double(truth.filter { found.contains($0) }.count) / Double(truth.count)
            }
            #expect(sum / 25 > 0.95, "recall \(sum / 25)")
        }
    }

    @Test func allNeighboursAreThoseOfEachAndProgressIsTold() throws {
        try withIndex { index, _ in
            var told: [Int] = []
            let table = try index.allNeighbors(k: 5, pool: WorkerPool(threadCount: 3)) { done in
                told.append(done)
                return true
            }
            #expect(told == [1500])
            for item in [0, 1, 700, 1499] {
                #expect(Array(table[item * 5..<item * 5 + 5]) == index.neighbors(of: Int32(item), k: 5))
            }
        }
    }

    @Test func stoppingEndsAllNeighbours() throws {
        try withIndex { index, _ in
            let error = #expect(throws: LearningError.self) {
                try index.allNeighbors(k: 5, pool: WorkerPool(threadCount: 1)) { _ in false }
            }
            #expect(error?.code == .stopped)
        }
    }

    @Test func filteredNeighboursFillTheAnswerAndNeverNameTheItem() throws {
        try withIndex { index, _ in
            let scratch = SearchScratch()
            index.neighbors(
                of: 3, k: 40, parameters: IVFSearchParameters(slack: 0),
                filter: SearchFilter { $0.isMultiple(of: 3) }, scratch: scratch)
            #expect(scratch.hits.count == 40)
            #expect(scratch.hits.allSatisfy { $0.item.isMultiple(of: 3) && $0.item != 3 })
            index.neighbors(of: 3, k: 9_999, scratch: scratch)
            #expect(scratch.hits.count == 1499)
        }
    }

    @Test func itemWithoutADirectionHasNoNeighbours() throws {
        let items = IVFItems(
            ids: ["a", "b", "c"], vectors: [0, 0, 1, 0, 1, 1], dimension: 2,
            gram: GramMatrix(factors: 2, values: [0, 0, 0, 0]), regularization: 0, alpha: 1, modelVersion: "v")
        try withTemporaryDirectory { directory in
            try IVFIndexBuilder().build(items, to: directory.path("items.ivf"))
            let index = try IVFIndex(path: directory.path("items.ivf"))
            let zero = try #require(index.item(forID: "a"))
            #expect(index.neighbors(of: zero, k: 2).isEmpty)
            let one = try #require(index.item(forID: "b"))
            #expect(index.neighbors(of: one, k: 1).map { index.id(of: $0.item) } == ["c"])
        }
    }

    @Test func factsTellWhatIsInTheFile() throws {
        try withIndex { index, _ in
            let facts = index.facts()
            #expect(facts.count == 1500 && facts.dimension == 20 && facts.listCount == 30)
            #expect(facts.listSizes.count == 5 && facts.listSizes == facts.listSizes.sorted())
            #expect(facts.listSizes[2] > 10 && facts.listSizes[4] < 1500)
            #expect(facts.sections.map(\.byteCount).reduce(0, +) <= facts.byteCount)
            #expect(facts.sections.first { $0.name == "vectors" }?.byteCount == 1500 * 20 * 4)
            #expect(facts.sizeRatio > 1 && facts.listLengths[4] > facts.listLengths[0])
        }
    }

    @Test func calibrationRisesWithSlackAndItsParametersReachTheRecall() throws {
        try withIndex { index, data in
            let calibration = index.calibration
            #expect(Set(calibration.rows.map(\.measure)) == [.innerProduct, .cosine])
            for (low, high) in zip(calibration.rows, calibration.rows.dropFirst())
            where low.measure == high.measure && low.k == high.k {
                #expect(low.slack < high.slack && low.recall <= high.recall + 0.02)
                #expect(low.vectorsRead <= high.vectorsRead)
            }
            let slack = try #require(calibration.parameters(recall: 0.9, k: 10).slack)
            #expect(abs((calibration.recall(slack: slack, k: 10) ?? 0) - 0.9) < 1e-3 || slack == 0)
            #expect(calibration.parameters(recall: 1.1, k: 10) == .exact)
            #expect(calibration.recall(slack: 0, k: 10) == calibration.rows.first.map { Double($0.recall) })
        }
    }
}
