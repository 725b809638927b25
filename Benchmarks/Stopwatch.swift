/// Time of a closure by the monotonic clock.
enum Stopwatch {
    /// Seconds that `body` took, and its result.
    static func seconds<Result>(_ body: () throws -> Result) rethrows -> (seconds: Double, result: Result) {
        let clock = ContinuousClock()
        let start = clock.now
        let result = try body()
        let elapsed = start.duration(to: clock.now).components
        return (Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18, result)
    }

    /// The middle value; the mean of the two middle ones when their count is even.
    static func median(_ values: [Double]) -> Double {
        precondition(!values.isEmpty, "a median of nothing")
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}
