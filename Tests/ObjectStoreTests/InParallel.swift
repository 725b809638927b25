import Foundation
import Synchronization

/// Runs `body` for 0 ..< `count` on as many threads at once and returns the results in order.
func inParallel<Value: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Value) throws -> [Value] {
    let results = Mutex([Int: Result<Value, any Error>]())
    let group = DispatchGroup()
    for number in 0..<count {
        group.enter()
        Thread {
            let result = Result { try body(number) }
            results.withLock { $0[number] = result }
            group.leave()
        }.start()
    }
    group.wait()
    return try results.withLock { $0 }.sorted { $0.key < $1.key }.map { try $0.value.get() }
}
