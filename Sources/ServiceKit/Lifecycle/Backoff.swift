/// How long to wait before the next try: exponentially longer, with jitter, up to a maximum.
///
/// The wait before try n is drawn evenly from `[(1 - jitter)·d, d]` with `d = min(maximum, initial·multiplierⁿ)`. Jitter
/// keeps clients that failed together from coming back together
/// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
public struct Backoff: Sendable {
    /// First wait, before jitter.
    public let initial: Duration
    /// Longest wait.
    public let maximum: Duration
    /// Growth from one wait to the next, at least 1.
    public let multiplier: Double
    /// Share of a wait that is left to chance, 0 … 1.
    public let jitter: Double
    /// Waits handed out since the start or the last `reset`.
    public private(set) var attempts = 0

    /// Makes a fresh backoff.
    public init(
        initial: Duration = .milliseconds(100), maximum: Duration = .seconds(30), multiplier: Double = 2,
        jitter: Double = 0.5
    ) {
        precondition(initial > .zero && maximum >= initial && multiplier >= 1 && (0...1).contains(jitter))
        self.initial = initial
        self.maximum = maximum
        self.multiplier = multiplier
        self.jitter = jitter
    }

    /// The next wait.
    public mutating func next() -> Duration {
        var generator = SystemRandomNumberGenerator()
        return next(using: &generator)
    }

    /// The next wait, with chance from `generator`.
    public mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        var seconds = initial.secondCount
        // Step by step and not by `pow`: it stops at the maximum before it can overflow.
        for _ in 0..<attempts where seconds < maximum.secondCount { seconds *= multiplier }
        attempts += 1
        seconds = min(seconds, maximum.secondCount)
        return .seconds(seconds * (1 - jitter * Double.random(in: 0...1, using: &generator)))
    }

    /// Starts over, after a success.
    public mutating func reset() { attempts = 0 }
}
