import Glibc

/// A point on the clock that never goes back: nanoseconds since the machine started. For measuring and for deadlines.
public struct MonotonicTime: Sendable, Comparable, Hashable {
    /// Nanoseconds since the machine started.
    public let nanoseconds: Int64

    /// The point that many nanoseconds after the start of the machine.
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// This very moment.
    public static var now: Self { Self(nanoseconds: KernelClock.nanoseconds(CLOCK_MONOTONIC)) }

    /// The point `duration` later; a duration too long to count ends at the last point there is.
    public func advanced(by duration: Duration) -> Self {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.clampedNanoseconds)
        return Self(nanoseconds: overflow ? .max : sum)
    }

    /// How long after `earlier` this is.
    public func duration(since earlier: Self) -> Duration { .nanoseconds(nanoseconds - earlier.nanoseconds) }

    /// How long ago this was.
    public var elapsed: Duration { Self.now.duration(since: self) }

    /// Earlier points come first.
    public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
}

extension Duration {
    /// The duration in whole nanoseconds, held to what an `Int64` can count (292 years).
    public var clampedNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, overflowed) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflowed ? (seconds < 0 ? .min : .max) : sum
    }

    /// The duration in seconds.
    public var secondCount: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
