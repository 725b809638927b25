import Synchronization

/// How values are spread: latencies, sizes. Buckets on a logarithmic scale, sixteen to a doubling, so a quantile is read
/// with an error of at most 1/32 whatever the magnitude.
///
/// A positive Double is 1.f · 2^e: `e` and the first four bits of `f` are the bucket, no logarithm is taken.
///
///     bucket 0        1 … 16·(highest-lowest)            last
///     below 2^lowest  [2^e·(1+k/16), 2^e·(1+(k+1)/16))   2^highest and above
///
/// Prometheus gets one cumulative `le` a doubling; quantiles asked for here use all buckets.
public final class Histogram: Metric, @unchecked Sendable {
    // Sendable: `buckets` never changes and points at atomics only.
    static let kind = "histogram"
    private static let stepsPerDoubling = 16
    private let labels: String
    private let lowestExponent: Int
    private let highestExponent: Int
    private let bucketCount: Int
    private let buckets: UnsafeMutablePointer<Atomic<UInt64>>
    private let sumBits = Atomic<UInt64>(0)

    init(labels: String, lowestExponent: Int, highestExponent: Int) {
        precondition(lowestExponent < highestExponent && lowestExponent > -1000 && highestExponent < 1000)
        self.labels = labels
        self.lowestExponent = lowestExponent
        self.highestExponent = highestExponent
        bucketCount = (highestExponent - lowestExponent) * Self.stepsPerDoubling + 2
        buckets = .allocate(capacity: bucketCount)
        for index in 0..<bucketCount { (buckets + index).initialize(to: Atomic(0)) }
    }

    deinit {
        buckets.deinitialize(count: bucketCount)
        buckets.deallocate()
    }

    /// Records a value; what is below or above the range counts in the outermost buckets, NaN is ignored.
    ///
    /// - Complexity: two atomic additions, no lock.
    public func record(_ value: Double) {
        guard !value.isNaN else { return }
        buckets[bucketIndex(of: value)].wrappingAdd(1, ordering: .relaxed)
        if value.isFinite { sumBits.addDouble(value) }
    }

    /// Records a duration in seconds.
    public func record(_ duration: Duration) { record(duration.secondCount) }

    /// Runs `body` and records how many seconds it took, also when it throws.
    public func time<Result>(_ body: () throws -> Result) rethrows -> Result {
        let start = MonotonicTime.now
        defer { record(start.elapsed) }
        return try body()
    }

    /// How many values were recorded.
    public var count: UInt64 {
        var sum: UInt64 = 0
        for index in 0..<bucketCount { sum += buckets[index].load(ordering: .relaxed) }
        return sum
    }

    /// Sum of the values recorded.
    public var sum: Double { Double(bitPattern: sumBits.load(ordering: .relaxed)) }

    /// The value below which the share `fraction` of the values lies: the middle of its bucket, held to the range.
    /// Nil when nothing was recorded.
    ///
    /// - Complexity: O(buckets).
    public func quantile(_ fraction: Double) -> Double? {
        precondition((0...1).contains(fraction))
        let counts = (0..<bucketCount).map { buckets[$0].load(ordering: .relaxed) }
        let total = counts.reduce(0, +)
        guard total > 0 else { return nil }
        let rank = max(1, UInt64((fraction * Double(total)).rounded(.up)))
        var seen: UInt64 = 0
        for (index, count) in counts.enumerated() {
            seen += count
            if seen >= rank { return middle(of: index) }
        }
        return middle(of: bucketCount - 1)
    }

    /// How many values lie in each doubling of the range, lowest first: for drawing. What is below or above the range
    /// counts in the first or last.
    ///
    /// - Complexity: O(buckets).
    public var doublings: [(upperBound: Double, count: UInt64)] {
        var doublings = (lowestExponent + 1...highestExponent).map { (upperBound: Self.power($0), count: UInt64(0)) }
        for index in 0..<bucketCount {
            let doubling = (index - 1) / Self.stepsPerDoubling
            doublings[min(max(doubling, 0), doublings.count - 1)].count += buckets[index].load(ordering: .relaxed)
        }
        return doublings
    }

    func emit(name: String, into buffer: inout [UInt8]) {
        let prefix = labels.isEmpty ? "" : labels + ","
        var cumulative = buckets[0].load(ordering: .relaxed)
        var index = 1
        for exponent in lowestExponent...highestExponent {
            let bound = MetricText.number(Self.power(exponent))
            MetricText.append("\(name)_bucket", "\(prefix)le=\"\(bound)\"", "\(cumulative)", to: &buffer)
            guard exponent < highestExponent else { break }
            for _ in 0..<Self.stepsPerDoubling {
                cumulative += buckets[index].load(ordering: .relaxed)
                index += 1
            }
        }
        cumulative += buckets[bucketCount - 1].load(ordering: .relaxed)
        MetricText.append("\(name)_bucket", "\(prefix)le=\"+Inf\"", "\(cumulative)", to: &buffer)
        MetricText.append("\(name)_sum", labels, MetricText.number(sum), to: &buffer)
        MetricText.append("\(name)_count", labels, "\(cumulative)", to: &buffer)
    }

    private func bucketIndex(of value: Double) -> Int {
        guard value >= Self.power(lowestExponent) else { return 0 }
        guard value < Self.power(highestExponent) else { return bucketCount - 1 }
        let step = Int(value.significandBitPattern >> 48)
        return 1 + (Int(value.exponent) - lowestExponent) * Self.stepsPerDoubling + step
    }

    private func middle(of index: Int) -> Double {
        if index == 0 { return Self.power(lowestExponent) }
        if index == bucketCount - 1 { return Self.power(highestExponent) }
        let (octave, step) = (index - 1).quotientAndRemainder(dividingBy: Self.stepsPerDoubling)
        return Self.power(lowestExponent + octave) * (1 + (Double(step) + 0.5) / Double(Self.stepsPerDoubling))
    }

    private static func power(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }
}
