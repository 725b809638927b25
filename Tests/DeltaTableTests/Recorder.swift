import Synchronization

/// Remembers strings that hooks on any thread hand it.
final class Recorder: Sendable {
    private let recorded = Mutex<[String]>([])

    func append(_ value: String) { recorded.withLock { $0.append(value) } }

    var values: [String] { recorded.withLock { $0 } }
}
