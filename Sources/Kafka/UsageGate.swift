import Glibc
import Synchronization

/// Lets calls of many threads pass until it is closed, and closes only when none of them is inside: what stands between
/// a producer's callers and the destruction of its handle.
///
/// One word: the callers inside, with the top bit set once it is closed.
final class UsageGate: Sendable {
    private static let closedBit = UInt64(1) << 63
    private let word = Atomic<UInt64>(0)
    private let what: String

    init(_ what: String) { self.what = what }

    var isClosed: Bool { word.load(ordering: .acquiring) & Self.closedBit != 0 }

    /// Passes, or throws `closed`. Pair with `leave()`.
    func enter() throws {
        let (old, _) = word.add(1, ordering: .acquiring)
        guard old & Self.closedBit == 0 else {
            leave()
            throw KafkaError.closed(what)
        }
    }

    func leave() { word.subtract(1, ordering: .releasing) }

    func use<Result>(_ body: () throws -> Result) throws -> Result {
        try enter()
        defer { leave() }
        return try body()
    }

    /// Closes and waits until nobody is inside. Returns whether this call closed it.
    func close() -> Bool {
        let (old, _) = word.bitwiseOr(Self.closedBit, ordering: .acquiringAndReleasing)
        guard old & Self.closedBit == 0 else { return false }
        // Callers leave within one librdkafka call; those that wait for room look at `isClosed` every few milliseconds.
        while word.load(ordering: .acquiring) != Self.closedBit { usleep(200) }
        return true
    }
}
