// What the sanitizer must be right about before its word counts: two threads that count under a lock are no race; the same
// without the lock (built with -D RACE) is one.
import Foundation
import Synchronization

final class Counter: @unchecked Sendable {
    let lock = Mutex(())
    var values: [Int] = []

    func count(_ value: Int) {
        #if RACE
            values[0] += value
        #else
            lock.withLock { _ in values[0] += value }
        #endif
    }
}

let counter = Counter()
counter.values = [0]
let finished = DispatchSemaphore(value: 0)
for _ in 0..<4 {
    Thread {
        for value in 0..<50_000 { counter.count(value) }
        finished.signal()
    }.start()
}
for _ in 0..<4 { finished.wait() }
print(counter.values[0])
