import Learning
import Synchronization
import Testing

@Suite struct WorkerPoolTests {
    @Test(arguments: [1, 2, 3, 8])
    func everyChunkRunsExactlyOnceOnAValidWorker(threads: Int) {
        let pool = WorkerPool(threadCount: threads)
        let visits = (0..<1_000).map { _ in Counter() }
        let strangers = Counter()
        for _ in 0..<20 {
            pool.run(WorkPlan(count: 1_000, chunkSize: 7)) { chunk, worker in
                if worker < 0 || worker >= pool.threadCount { strangers.add() }
                for row in chunk { visits[row].add() }
            }
        }
        #expect(visits.allSatisfy { $0.value == 20 })
        #expect(strangers.value == 0)
    }

    @Test func noTwoChunksShareAWorkerAtOnce() {
        let pool = WorkerPool(threadCount: 4)
        let inside = (0..<4).map { _ in Counter() }
        let clashes = Counter()
        pool.run(WorkPlan(count: 2_000, chunkSize: 1)) { _, worker in
            if inside[worker].add() != 0 { clashes.add() }
            inside[worker].subtract()
        }
        #expect(clashes.value == 0)
    }

    @Test func callsFromSeveralThreadsQueueUp() async {
        let pool = WorkerPool(threadCount: 3)
        let total = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    pool.run(WorkPlan(count: 100, chunkSize: 3)) { chunk, _ in chunk.forEach { _ in total.add() } }
                }
            }
        }
        #expect(total.value == 800)
    }

    @Test func anEmptyPlanRunsNothing() {
        let ran = Counter()
        WorkerPool(threadCount: 2).run(WorkPlan(count: 0, chunkSize: 5)) { _, _ in ran.add() }
        WorkerPool(threadCount: 2).run(WorkPlan(offsets: [0], rowCost: 1, chunks: 4)) { _, _ in ran.add() }
        #expect(ran.value == 0)
    }

    @Test func costPlanCoversAllRowsAndBoundsEachChunk() {
        // Row i has (i * 37 % 101) entries, one row has 5,000.
        var offsets = [0]
        for row in 0..<500 { offsets.append(offsets[row] + (row == 250 ? 5_000 : row * 37 % 101)) }
        let rowCost = 4
        let plan = WorkPlan(offsets: offsets, rowCost: rowCost, chunks: 32)
        #expect(plan.boundaries.first == 0)
        #expect(plan.boundaries.last == 500)
        let total = offsets[500] + 500 * rowCost
        let goal = (total + 31) / 32
        for chunk in 0..<plan.chunkCount {
            let rows = plan[chunk]
            #expect(!rows.isEmpty)
            let cost = offsets[rows.upperBound] - offsets[rows.lowerBound] + rows.count * rowCost
            let lastRow = offsets[rows.upperBound] - offsets[rows.upperBound - 1] + rowCost
            #expect(cost < goal + lastRow)
        }
    }
}

/// A number many threads may change.
private final class Counter: Sendable {
    private let number = Atomic<Int>(0)
    var value: Int { number.load(ordering: .sequentiallyConsistent) }
    @discardableResult func add() -> Int { number.wrappingAdd(1, ordering: .sequentiallyConsistent).oldValue }
    func subtract() { number.wrappingSubtract(1, ordering: .sequentiallyConsistent) }
}
