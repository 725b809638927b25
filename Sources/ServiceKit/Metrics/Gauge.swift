import Synchronization

/// A value that goes up and down: lag, connections, the model's age.
public final class Gauge: Metric {
    static let kind = "gauge"
    private let labels: String
    private let bits = Atomic<UInt64>(0)

    init(labels: String) { self.labels = labels }

    /// Sets the value.
    public func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    /// Sets the value to a whole number.
    public func set(_ value: Int) { set(Double(value)) }

    /// Adds to the value; negative amounts take away.
    public func add(_ amount: Double) { bits.addDouble(amount) }

    /// The value now.
    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func emit(name: String, into buffer: inout [UInt8]) {
        MetricText.append(name, labels, MetricText.number(value), to: &buffer)
    }
}

/// A gauge that asks for its value.
final class CallbackGauge: Metric {
    static let kind = "gauge"
    private let labels: String
    private let value: @Sendable () -> Double

    init(labels: String, value: @escaping @Sendable () -> Double) {
        self.labels = labels
        self.value = value
    }

    func emit(name: String, into buffer: inout [UInt8]) {
        MetricText.append(name, labels, MetricText.number(value()), to: &buffer)
    }
}

extension Atomic where Value == UInt64 {
    /// Adds to the floating-point number whose bit pattern this holds.
    borrowing func addDouble(_ amount: Double) {
        var current = load(ordering: .relaxed)
        while true {
            let next = (Double(bitPattern: current) + amount).bitPattern
            let (exchanged, original) = weakCompareExchange(expected: current, desired: next, ordering: .relaxed)
            if exchanged { return }
            current = original
        }
    }
}
