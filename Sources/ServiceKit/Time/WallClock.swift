import Glibc
import Synchronization

/// What time it is, so that tests can say it.
public protocol WallClock: Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    var now: Int64 { get }
}

/// The machine's clock.
public struct SystemWallClock: WallClock {
    /// Makes the clock; it holds nothing.
    public init() {}

    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var now: Int64 { KernelClock.nanoseconds(CLOCK_REALTIME) / 1_000_000 }
}

/// A clock that stands still until it is told to move.
public final class ManualWallClock: WallClock {
    private let instant: Atomic<Int64>

    /// Starts at that many epoch milliseconds.
    public init(_ now: Int64) { instant = Atomic(now) }

    /// The instant last set.
    public var now: Int64 { instant.load(ordering: .acquiring) }

    /// Jumps to that many epoch milliseconds.
    public func set(_ now: Int64) { instant.store(now, ordering: .releasing) }

    /// Moves on by that many milliseconds.
    public func advance(milliseconds: Int64) { instant.wrappingAdd(milliseconds, ordering: .acquiringAndReleasing) }
}
