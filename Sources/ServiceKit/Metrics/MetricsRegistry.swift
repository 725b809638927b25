import Synchronization

/// Names of a label set and their values: `["topic": "music_log"]`. Order does not matter.
public typealias MetricLabels = [String: String]

/// All metrics of the process, or of one test; renders them as Prometheus text.
///
/// Asking twice for the same name and labels gives the same object, so a metric is looked up once and kept in a
/// property; recording into it takes no lock. Format: Prometheus text exposition 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
public final class MetricsRegistry: Sendable {
    /// The process's registry.
    public static let shared = MetricsRegistry()

    private struct Family {
        let kind: String
        let help: String
        var members: [String: any Metric] = [:]
        var labels: [String: MetricLabels] = [:]
    }

    private let families = Mutex<[String: Family]>([:])

    /// An empty registry.
    public init() {}

    /// The counter of that name and labels. By custom the name ends in `_total`.
    ///
    /// - Parameter help: one line for people; the first one given stays.
    public func counter(_ name: String, _ help: String, labels: MetricLabels = [:]) -> Counter {
        member(name, help, labels) { Counter(labels: $0) }
    }

    /// The gauge of that name and labels.
    public func gauge(_ name: String, _ help: String, labels: MetricLabels = [:]) -> Gauge {
        member(name, help, labels) { Gauge(labels: $0) }
    }

    /// A gauge whose value is asked for when it is rendered: a queue's length, a file's age. A later closure of the same
    /// name and labels takes the place of the earlier one.
    public func gauge(
        _ name: String, _ help: String, labels: MetricLabels = [:], value: @escaping @Sendable () -> Double
    ) {
        let rendered = MetricText.render(labels)
        insert(name, help, rendered, CallbackGauge(labels: rendered, value: value))
    }

    /// The histogram of that name and labels, for positive values between 2^`lowestExponent` and 2^`highestExponent`.
    /// The default range suits seconds: 1 µs to 64 s. By custom the name ends in its unit.
    public func histogram(
        _ name: String, _ help: String, labels: MetricLabels = [:], lowestExponent: Int = -20, highestExponent: Int = 6
    ) -> Histogram {
        member(name, help, labels) {
            Histogram(labels: $0, lowestExponent: lowestExponent, highestExponent: highestExponent)
        }
    }

    /// The histograms of that name and their labels, in no order: for showing them otherwise than as text.
    public func histograms(named name: String) -> [(labels: MetricLabels, histogram: Histogram)] {
        guard let family = families.withLock({ $0[name] }) else { return [] }
        return family.members.compactMap { rendered, metric in
            (metric as? Histogram).map { (family.labels[rendered] ?? [:], $0) }
        }
    }

    /// Appends everything as Prometheus text, in order of name.
    public func emit(into buffer: inout [UInt8]) {
        let families = families.withLock { $0 }
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            buffer += "# HELP \(name) \(MetricText.escapeHelp(family.help))\n# TYPE \(name) \(family.kind)\n".utf8
            for (_, metric) in family.members.sorted(by: { $0.key < $1.key }) { metric.emit(name: name, into: &buffer) }
        }
    }

    /// Everything as Prometheus text.
    public var text: String {
        var buffer: [UInt8] = []
        emit(into: &buffer)
        return String(decoding: buffer, as: UTF8.self)
    }

    private func member<Kind: Metric>(
        _ name: String, _ help: String, _ labels: MetricLabels, make: (String) -> Kind
    ) -> Kind {
        precondition(MetricText.isValidName(name), "\(name) is not a Prometheus metric name")
        let rendered = MetricText.render(labels)
        return families.withLock { families in
            let family = families[name] ?? Family(kind: Kind.kind, help: help)
            precondition(family.kind == Kind.kind, "\(name) is a \(family.kind) already")
            if let existing = family.members[rendered] as? Kind { return existing }
            let made = make(rendered)
            families[name] = family
            families[name]?.members[rendered] = made
            families[name]?.labels[rendered] = labels
            return made
        }
    }

    private func insert(_ name: String, _ help: String, _ rendered: String, _ metric: CallbackGauge) {
        precondition(MetricText.isValidName(name), "\(name) is not a Prometheus metric name")
        families.withLock { families in
            families[name, default: Family(kind: CallbackGauge.kind, help: help)].members[rendered] = metric
        }
    }
}

/// What a registry keeps.
protocol Metric: AnyObject, Sendable {
    static var kind: String { get }
    func emit(name: String, into buffer: inout [UInt8])
}

/// Names, labels and numbers as Prometheus writes them.
enum MetricText {
    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    static func isValidName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(48...57).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte)
                || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":")
        }
    }

    /// `key="value",…` in order of key, without braces; empty for no labels.
    static func render(_ labels: MetricLabels) -> String {
        labels.sorted { $0.key < $1.key }.map { key, value in
            precondition(isValidName(key) && !key.contains(":"), "\(key) is not a Prometheus label name")
            return "\(key)=\"\(escapeLabel(value))\""
        }.joined(separator: ",")
    }

    static func escapeHelp(_ text: String) -> String { escape(text, quote: false) }

    static func escapeLabel(_ text: String) -> String { escape(text, quote: true) }

    private static func escape(_ text: String, quote: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quote: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// A value; whole numbers without a fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }

    /// One sample line.
    static func append(_ name: String, _ labels: String, _ value: String, to buffer: inout [UInt8]) {
        buffer += name.utf8
        if !labels.isEmpty { buffer += "{\(labels)}".utf8 }
        buffer += " \(value)\n".utf8
    }
}
