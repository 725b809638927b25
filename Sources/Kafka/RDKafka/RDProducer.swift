import CRdKafka
import ServiceKit
import Synchronization

/// A record on its way into librdkafka's buffer.
struct RDRecord {
    var topic: KafkaProducerTopic
    var key: UnsafeRawBufferPointer?
    var value: UnsafeRawBufferPointer?
    var partition: Int32?
    var timestamp: Int64?
    var headers: [KafkaHeader]
}

/// The producing half of librdkafka: one client, its topics, and the thread that serves its delivery reports.
final class RDProducer: Sendable {
    private let client: RDKafkaClient
    private let deliveries: RDDeliveries
    private let topics = Mutex<[String: RDTopic]>([:])
    private let reporter: WorkerThread
    private let stop: Stop

    private final class Stop: Sendable {
        let isSet = Atomic<Bool>(false)
    }

    /// `@unchecked Sendable`: a topic handle may be used by any thread; it is destroyed once, in `destroy()`.
    private struct RDTopic: @unchecked Sendable {
        let handle: OpaquePointer
    }

    init(_ configuration: KafkaConfiguration, deliveries: RDDeliveries) throws {
        self.deliveries = deliveries
        let callbacks = RDKafkaCallbacks(.producer, configuration, onDelivery: { deliveries.report($0) })
        let client = try RDKafkaClient(
            .producer, properties: configuration.producerProperties(), callbacks: callbacks)
        let stop = Stop()
        reporter = try WorkerThread(name: "kafka-reports") {
            // The count of served events is of no interest.
            while !stop.isSet.load(ordering: .acquiring) { _ = rd_kafka_poll(client.handle, 100) }
        }
        self.client = client
        self.stop = stop
    }

    /// The handle of a topic, made once and kept.
    func topic(_ name: String) throws -> OpaquePointer {
        try topics.withLock { topics in
            if let known = topics[name] { return known.handle }
            guard let made = rd_kafka_topic_new(client.handle, name, nil) else {
                throw KafkaError.client(rd_kafka_last_error(), "topic \(name)")
            }
            topics[name] = RDTopic(handle: made)
            return made
        }
    }

    /// What made the client useless, if something did.
    var fatalError: KafkaError? { client.fatalError }

    /// Hands a record over; false when the buffer is full.
    func produce(_ record: RDRecord) throws -> Bool {
        let generation = deliveries.reserve()
        guard let error = record.withArguments(generation, { rd_kafka_produceva(client.handle, $0, $1) }) else {
            return true
        }
        deliveries.cancel(generation)
        if rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__QUEUE_FULL {
            rd_kafka_error_destroy(error)
            return false
        }
        let failure = KafkaError.client(consuming: error, "append to topic \(record.topic.name)")
        throw client.fatalError ?? failure
    }

    /// Sends what is buffered without waiting for company, and serves reports for up to `timeout`.
    func flush(timeout: Duration) {
        // "Timed out" is an answer here: the caller counts what is outstanding.
        _ = rd_kafka_flush(client.handle, max(1, timeout.wholeMilliseconds))
    }

    /// Serves reports until one came or the time is over.
    func waitForDelivery(timeout: Duration) {
        // The count of served events is of no interest: the caller tries again either way.
        _ = rd_kafka_poll(client.handle, timeout.wholeMilliseconds)
    }

    /// Gives up what is outstanding and frees everything. No other call may be under way.
    func destroy() {
        guard !stop.isSet.exchange(true, ordering: .acquiringAndReleasing) else { return }
        // The body throws nothing.
        _ = reporter.join(upTo: nil)
        // Purged records are reported as failed, so that `onFailure` sees them.
        _ = rd_kafka_purge(client.handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        let deadline = ContinuousClock.now + .seconds(2)
        while rd_kafka_outq_len(client.handle) > 0, ContinuousClock.now < deadline {
            _ = rd_kafka_poll(client.handle, 20)
        }
        topics.withLock { topics in
            topics.values.forEach { rd_kafka_topic_destroy($0.handle) }
            topics.removeAll()
        }
        client.destroy()
    }
}

extension RDRecord {
    /// Lays the record out as the tagged values `rd_kafka_produceva` takes and calls `body` with them.
    fileprivate func withArguments<Result>(
        _ generation: Int, _ body: (UnsafePointer<rd_kafka_vu_t>?, Int) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: rd_kafka_vu_t.self, capacity: 7 + headers.count) { arguments in
            var count = 0
            func add(_ type: rd_kafka_vtype_t, _ set: (inout rd_kafka_vu_t) -> Void) {
                var argument = rd_kafka_vu_t()
                argument.vtype = type
                set(&argument)
                arguments.initializeElement(at: count, to: argument)
                count += 1
            }
            add(RD_KAFKA_VTYPE_RKT) { $0.u.rkt = topic.handle }
            add(RD_KAFKA_VTYPE_MSGFLAGS) { $0.u.i = RD_KAFKA_MSG_F_COPY }
            add(RD_KAFKA_VTYPE_OPAQUE) { $0.u.ptr = UnsafeMutableRawPointer(bitPattern: generation) }
            if let partition { add(RD_KAFKA_VTYPE_PARTITION) { $0.u.i32 = partition } }
            if let timestamp { add(RD_KAFKA_VTYPE_TIMESTAMP) { $0.u.i64 = timestamp } }
            if let key { add(RD_KAFKA_VTYPE_KEY) { $0.u.mem = memory(key) } }
            if let value { add(RD_KAFKA_VTYPE_VALUE) { $0.u.mem = memory(value) } }
            return withHeaders(headers[...], add) { body(arguments.baseAddress, count) }
        }
    }

    /// An empty buffer may have no address, which Kafka would take for "no key": give it one.
    private func memory(_ bytes: UnsafeRawBufferPointer) -> rd_kafka_vu_t.__Unnamed_union_u.__Unnamed_struct_mem {
        let address = UnsafeMutableRawPointer(mutating: bytes.baseAddress) ?? emptyBytes
        return .init(ptr: address, size: bytes.count)
    }

    private func withHeaders<Result>(
        _ rest: ArraySlice<KafkaHeader>, _ add: (rd_kafka_vtype_t, (inout rd_kafka_vu_t) -> Void) -> Void,
        _ body: () -> Result
    ) -> Result {
        guard let header = rest.first else { return body() }
        return header.name.withCString { name in
            header.value.withUnsafeBytes { value in
                add(RD_KAFKA_VTYPE_HEADER) {
                    $0.u.header.name = name
                    $0.u.header.val = value.baseAddress ?? UnsafeRawPointer(emptyBytes)
                    $0.u.header.size = value.count
                }
                return withHeaders(rest.dropFirst(), add, body)
            }
        }
    }
}

/// An address for what has no bytes; never read or written, never freed.
private nonisolated(unsafe) let emptyBytes = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)
