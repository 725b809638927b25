import CRdKafka
import Synchronization

/// Counts what a producer took and what became of it, from delivery reports.
///
/// So that a flush waits for the records before it and not for those other threads keep adding, records carry the number
/// of the generation they were taken in (as librdkafka's message opaque), and a flush begins a new one:
///
///     generation      1       2       3 (current)
///     outstanding     0      17      40               flush of generation 2 waits for 1 … 2 only
///
/// Counts live in a ring; generations that share a slot make a flush wait longer, never shorter.
final class RDDeliveries: Sendable {
    private static let slots = 64

    private let accepted = Atomic<Int>(0)
    private let delivered = Atomic<Int>(0)
    private let failed = Atomic<Int>(0)
    private let generation = Atomic<Int>(1)
    private let ring: [Slot]
    private let latest = Mutex<KafkaError?>(nil)
    private let onFailure: (@Sendable (KafkaProducer.FailedRecord) -> Void)?

    /// Outstanding records of one generation, on a cache line of its own.
    private final class Slot: Sendable {
        let outstanding = Atomic<Int>(0)
    }

    init(onFailure: (@Sendable (KafkaProducer.FailedRecord) -> Void)?) {
        self.onFailure = onFailure
        ring = (0..<Self.slots).map { _ in Slot() }
    }

    var snapshot: KafkaProducer.Deliveries {
        // Outcomes first: read the other way round they could exceed what was accepted.
        let failed = failed.load(ordering: .acquiring)
        let delivered = delivered.load(ordering: .acquiring)
        return .init(accepted: accepted.load(ordering: .acquiring), delivered: delivered, failed: failed)
    }

    /// Records given up so far, and why the latest was.
    var failures: (count: Int, error: KafkaError?) {
        (failed.load(ordering: .acquiring), latest.withLock { $0 })
    }

    var failedCount: Int { failed.load(ordering: .acquiring) }

    func accept() { accepted.add(1, ordering: .relaxed) }

    /// Reserves a place in the current generation; its number travels with the record.
    func reserve() -> Int {
        let number = generation.load(ordering: .acquiring)
        ring[number % Self.slots].outstanding.add(1, ordering: .relaxed)
        return number
    }

    /// Gives a reserved place back: the record was not taken.
    func cancel(_ number: Int) { ring[number % Self.slots].outstanding.subtract(1, ordering: .releasing) }

    /// Ends the current generation and returns its number.
    func beginFlush() -> Int { generation.add(1, ordering: .acquiringAndReleasing).oldValue }

    func isOutstanding(upTo number: Int) -> Bool { outstanding(upTo: number) > 0 }

    func outstanding(upTo number: Int) -> Int {
        let first = max(1, number - Self.slots + 1)
        return (first...number).reduce(0) { $0 + ring[$1 % Self.slots].outstanding.load(ordering: .acquiring) }
    }

    /// Counts one delivery report.
    func report(_ message: UnsafePointer<rd_kafka_message_t>) {
        if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
            delivered.add(1, ordering: .releasing)
        } else {
            fail(message)
        }
        cancel(Int(bitPattern: message.pointee._private))
    }

    private func fail(_ message: UnsafePointer<rd_kafka_message_t>) {
        let raw = message.pointee
        let topic = raw.rkt.flatMap { rd_kafka_topic_name($0) }.map { String(cString: $0) } ?? ""
        let error = KafkaError.client(raw.err, "delivery to topic \(topic), partition \(raw.partition)")
        latest.withLock { $0 = error }
        onFailure?(
            .init(
                topic: topic, partition: raw.partition, key: UnsafeRawBufferPointer(start: raw.key, count: raw.key_len),
                value: UnsafeRawBufferPointer(start: raw.payload, count: raw.len), error: error,
                isPossiblyPersisted: rd_kafka_message_status(message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED))
        failed.add(1, ordering: .releasing)
    }
}
