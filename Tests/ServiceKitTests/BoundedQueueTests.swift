import ServiceKit
import Synchronization
import TestSupport
import Testing

@Suite struct BoundedQueueTests {
    struct Unexpected: Error {}

    @Test func elementsComeOutInOrderAroundTheRing() {
        let queue = BoundedQueue<Int>(capacity: 3)
        var taken: [Int] = []
        for number in 0..<10 {
            #expect(queue.push(number))
            if number % 3 == 2 { taken += queue.pop(atMost: 8) }
        }
        #expect(taken == Array(0..<9))
        #expect(queue.pop() == 9)
    }

    @Test func aFullQueueRefusesWhenTheTimeRunsOut() {
        let queue = BoundedQueue<String>(capacity: 1)
        #expect(queue.push("a"))
        #expect(!queue.push("b", timeout: .milliseconds(5)))
        #expect(queue.count == 1)
        #expect(queue.pop() == "a")
        #expect(queue.pop(timeout: .zero) == nil)
    }

    @Test func closingRefusesNewElementsAndHandsOutTheOld() {
        let queue = BoundedQueue<Int>(capacity: 4)
        #expect(queue.push(1) && queue.push(2))
        queue.close()
        #expect(!queue.push(3))
        #expect(queue.pop() == 1)
        #expect(queue.pop(atMost: 5) == [2])
        #expect(queue.pop() == nil && queue.isClosed)
    }

    @Test func closingWakesThoseWhoWait() throws {
        let (empty, full) = (BoundedQueue<Int>(capacity: 1), BoundedQueue<Int>(capacity: 1))
        #expect(full.push(1))
        let popper = try WorkerThread(name: "pop") { if empty.pop() != nil { throw Unexpected() } }
        let pusher = try WorkerThread(name: "push") { if full.push(2) { throw Unexpected() } }
        empty.close()
        full.close()
        try popper.join()
        try pusher.join()
    }

    @Test func nothingIsLostOrDoubledBetweenManyThreads() throws {
        let queue = BoundedQueue<Int>(capacity: 7)
        let sums = Mutex((count: 0, sum: 0))
        let poppers = try (0..<3).map { index in
            try WorkerThread(name: "pop \(index)") {
                while let number = queue.pop() {
                    sums.withLock { $0 = ($0.count + 1, $0.sum + number) }
                }
            }
        }
        let pushers = try (0..<3).map { index in
            try WorkerThread(name: "push \(index)") {
                for number in 0..<2_000 where !queue.push(number) { throw Unexpected() }
            }
        }
        for thread in pushers { try thread.join() }
        queue.close()
        for thread in poppers { try thread.join() }
        #expect(sums.withLock { $0.count } == 6_000)
        #expect(sums.withLock { $0.sum } == 3 * 1_999_000)
    }
}
