import Synchronization

/// A count that only grows: events, bytes, failures.
public final class Counter: Metric {
    static let kind = "counter"
    private let labels: String
    private let count = Atomic<UInt64>(0)

    init(labels: String) { self.labels = labels }

    /// Adds; negative amounts are a caller bug.
    ///
    /// - Complexity: one atomic addition.
    public func increment(by amount: Int = 1) {
        precondition(amount >= 0, "a counter only grows")
        count.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    /// The count now.
    public var value: UInt64 { count.load(ordering: .relaxed) }

    func emit(name: String, into buffer: inout [UInt8]) { MetricText.append(name, labels, "\(value)", to: &buffer) }
}
