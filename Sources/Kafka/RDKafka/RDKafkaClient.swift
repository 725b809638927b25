import CRdKafka
import Synchronization

/// The owner of one `rd_kafka_t`: made of a configuration, destroyed exactly once.
///
/// `@unchecked Sendable`: librdkafka's handle may be used by any number of threads (its INTRODUCTION.md, "Threads and
/// callbacks"); `callbacks` is immutable and Sendable; `destroy()` happens once, guarded by `isDestroyed`, after the
/// owner has made sure that no call is under way.
final class RDKafkaClient: @unchecked Sendable {
    enum Kind {
        case producer, consumer

        var raw: rd_kafka_type_t { self == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER }
        /// How librdkafka's warning about a property of the other kind begins to say so.
        var foreignProperty: String { self == .producer ? "is a consumer property" : "is a producer property" }
    }

    let handle: OpaquePointer
    private let callbacks: RDKafkaCallbacks
    private let isDestroyed = Atomic<Bool>(false)

    /// Makes a client; `configure` may register more callbacks on the `rd_kafka_conf_t`.
    init(
        _ kind: Kind, properties: [(name: String, value: String)], callbacks: RDKafkaCallbacks,
        configure: (OpaquePointer) -> Void = { _ in }
    ) throws {
        guard let conf = rd_kafka_conf_new() else {
            throw KafkaError.configuration("librdkafka could not allocate a configuration")
        }
        // rd_kafka_new takes the configuration over only when it succeeds.
        var owned: OpaquePointer? = conf
        defer { if let owned { rd_kafka_conf_destroy(owned) } }
        try Self.apply(properties, to: conf)
        callbacks.register(on: conf)
        configure(conf)
        handle = try withErrorText { text, capacity in
            rd_kafka_new(kind.raw, conf, text, capacity)
        }
        owned = nil
        self.callbacks = callbacks
    }

    /// Waits for librdkafka's threads and frees everything; later calls do nothing. No other call may be under way.
    func destroy() {
        guard !isDestroyed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        // The consumer has left its group by an explicit close, where rebalance callbacks could still run.
        rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
    }

    deinit { destroy() }

    /// The fatal error that made this client useless, if there is one.
    var fatalError: KafkaError? {
        var text = [CChar](repeating: 0, count: 512)
        let raw = rd_kafka_fatal_error(handle, &text, text.count)
        guard raw != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        return .client(raw, "the client failed for good", detail: string(text), isFatal: true)
    }

    /// Throws for a property librdkafka refuses by itself.
    static func check(_ properties: [(name: String, value: String)]) throws {
        guard let conf = rd_kafka_conf_new() else {
            throw KafkaError.configuration("librdkafka could not allocate a configuration")
        }
        defer { rd_kafka_conf_destroy(conf) }
        try apply(properties, to: conf)
    }

    private static func apply(_ properties: [(name: String, value: String)], to conf: OpaquePointer) throws {
        var text = [CChar](repeating: 0, count: 512)
        for (name, value) in properties {
            let result = rd_kafka_conf_set(conf, name, value, &text, text.count)
            guard result == RD_KAFKA_CONF_OK else {
                throw KafkaError.configuration("Kafka property \(name)=\(value) is refused: \(string(text))")
            }
        }
    }
}

/// Runs a call that returns nil and writes a text when it fails.
private func withErrorText(
    _ body: (UnsafeMutablePointer<CChar>, Int) -> OpaquePointer?
) throws -> OpaquePointer {
    var text = [CChar](repeating: 0, count: 512)
    let result = text.withUnsafeMutableBufferPointer { buffer in
        buffer.baseAddress.flatMap { body($0, buffer.count) }
    }
    guard let result else { throw KafkaError.configuration("no Kafka client can be made: \(string(text))") }
    return result
}

/// The text before the terminating zero.
func string(_ text: [CChar]) -> String {
    String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

extension Duration {
    /// Whole milliseconds, at least 0, as librdkafka's timeouts are.
    var wholeMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        let milliseconds = seconds.multipliedReportingOverflow(by: 1000)
        guard !milliseconds.overflow else { return Int32.max }
        return Int32(clamping: max(0, milliseconds.partialValue + attoseconds / 1_000_000_000_000_000))
    }
}
