import Synchronization

/// Appends records to topics: idempotent, acknowledged by all in-sync replicas, in order by key.
///
/// `produce` copies the record into a bounded buffer and returns; it waits while the buffer is full. A record is durable
/// when `flush` has returned. One producer may be used by any number of threads. **A failed delivery is thrown once**, by
/// the next `produce` (which then has not taken its record) or `flush`
/// of whichever thread comes first: threads that each must know about their own records use a producer
/// each, or let one of them flush for all.
public final class KafkaProducer: Sendable {
    /// What became of the records given to a producer so far.
    public struct Deliveries: Sendable, Hashable {
        /// Taken by `produce`.
        public let accepted: Int
        /// Acknowledged by the cluster.
        public let delivered: Int
        /// Given up.
        public let failed: Int
        /// Neither yet.
        public var outstanding: Int { accepted - delivered - failed }

        /// Makes the counts.
        public init(accepted: Int, delivered: Int, failed: Int) {
            self.accepted = accepted
            self.delivered = delivered
            self.failed = failed
        }
    }

    /// A record that was given up. The buffers are valid only during the call.
    public struct FailedRecord {
        /// Topic it was for.
        public let topic: String
        /// Partition it was placed in, -1 when it was not placed.
        public let partition: Int32
        /// Its key.
        public let key: UnsafeRawBufferPointer
        /// Its value.
        public let value: UnsafeRawBufferPointer
        /// Why it was given up.
        public let error: KafkaError
        /// Whether the cluster may hold it all the same: its answer was lost.
        public let isPossiblyPersisted: Bool
    }

    private let options: KafkaConfiguration.ProducerOptions
    private let deliveries: RDDeliveries
    private let client: RDProducer
    private let gate = UsageGate("the Kafka producer")
    private let reportedFailures = Atomic<Int>(0)

    /// Makes a producer; brokers are reached for in the background.
    ///
    /// - Parameter onFailure: is given every record that was given up, from the producer's own thread, so that nothing
    ///   accepted is lost unseen.
    /// - Throws: `KafkaError.configuration` when a property is refused.
    public init(
        configuration: KafkaConfiguration, onFailure: (@Sendable (FailedRecord) -> Void)? = nil
    ) throws {
        options = configuration.producer
        deliveries = RDDeliveries(onFailure: onFailure)
        client = try RDProducer(configuration, deliveries: deliveries)
    }

    deinit { client.destroy() }

    /// A topic to produce to; cheap to keep, valid until `close()`.
    /// - Throws: `KafkaError.closed`, or `configuration` for a name Kafka does not allow.
    public func topic(_ name: String) throws -> KafkaProducerTopic {
        try gate.use { KafkaProducerTopic(name: name, handle: try client.topic(name)) }
    }

    /// Takes one record: copied, placed by the Murmur2 hash of its key as Kafka's Java client places it, or at random
    /// when the key is nil. Records of one key stay in order.
    ///
    /// - Parameters:
    ///   - partition: overrides the placement by key.
    ///   - timestamp: epoch milliseconds; nil is now.
    /// - Throws: and has not taken the record: `queueFull` after `maximumBlock`, `messageTooLarge`, `unknownTopic`,
    ///   `closed`, the fatal error that ended the producer, or `deliveryFailed` for records taken earlier.
    /// - Complexity: O(size of the record); no allocation of ours.
    public func produce(
        to topic: KafkaProducerTopic, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
        partition: Int32? = nil, timestamp: Int64? = nil, headers: [KafkaHeader] = []
    ) throws {
        try gate.enter()
        defer { gate.leave() }
        try throwNewFailures()
        let record = RDRecord(
            topic: topic, key: key, value: value, partition: partition, timestamp: timestamp, headers: headers)
        guard try !client.produce(record) else { return deliveries.accept() }
        try waitForRoom(record)
        deliveries.accept()
    }

    /// Takes one record of two byte arrays.
    public func produce(
        to topic: KafkaProducerTopic, key: [UInt8]?, value: [UInt8], partition: Int32? = nil,
        timestamp: Int64? = nil, headers: [KafkaHeader] = []
    ) throws {
        try withOptionalBytes(key) { key in
            try value.withUnsafeBytes { value in
                try produce(
                    to: topic, key: key, value: value, partition: partition, timestamp: timestamp, headers: headers)
            }
        }
    }

    /// Returns when every record taken before the call is delivered.
    ///
    /// - Throws: `deliveryFailed` with the count of records given up since this was last reported; `timedOut` with the
    ///   count of records that are still outstanding, which stay buffered; `closed`.
    public func flush(timeout: Duration) throws {
        try gate.use { try drain(timeout: timeout) }
    }

    /// What became of the records so far.
    public var progress: Deliveries { deliveries.snapshot }

    /// Flushes and releases everything; later calls do nothing.
    ///
    /// - Throws: as `flush`; the producer is closed all the same, and records still outstanding are given up.
    public func close(timeout: Duration = .seconds(30)) throws {
        guard gate.close() else { return }
        defer { client.destroy() }
        try drain(timeout: timeout)
    }

    private func drain(timeout: Duration) throws {
        let deadline = ContinuousClock.now + timeout
        let generation = deliveries.beginFlush()
        while deliveries.isOutstanding(upTo: generation) {
            let remaining = deadline - .now
            guard remaining > .zero else { break }
            client.flush(timeout: min(remaining, .milliseconds(20)))
        }
        let outstanding = deliveries.outstanding(upTo: generation)
        try throwNewFailures()
        if outstanding > 0 { throw KafkaError.flushTimedOut(outstanding: outstanding, timeout: timeout) }
    }

    private func throwNewFailures() throws {
        guard deliveries.failedCount != reportedFailures.load(ordering: .relaxed) else { return }
        let (failed, error) = deliveries.failures
        let new = failed - reportedFailures.exchange(failed, ordering: .acquiringAndReleasing)
        // A client that failed for good purges its buffer: what failed it says more than "purged".
        guard new > 0, let cause = client.fatalError ?? error else { return }
        throw KafkaError.deliveryFailed(count: new, cause: cause)
    }

    /// Tries again until there is room: the producer's thread frees it as the cluster answers.
    private func waitForRoom(_ record: RDRecord) throws {
        let deadline = ContinuousClock.now + options.maximumBlock
        repeat {
            if gate.isClosed { throw KafkaError.closed("the Kafka producer") }
            client.waitForDelivery(timeout: .milliseconds(5))
            if try client.produce(record) { return }
        } while ContinuousClock.now < deadline
        throw KafkaError.queueFull(record.topic.name, waited: options.maximumBlock)
    }
}

/// A topic a producer appends to; made by `KafkaProducer.topic(_:)` and valid until that producer is closed.
public struct KafkaProducerTopic: @unchecked Sendable {
    // Unchecked: the handle may be used by any thread, and is only followed behind its producer's usage gate.
    /// Its name.
    public let name: String
    let handle: OpaquePointer
}

/// A name and a value that travel beside a record.
public struct KafkaHeader: Sendable, Hashable {
    /// Name; several headers may share one.
    public var name: String
    /// Value.
    public var value: [UInt8]

    /// Makes a header.
    public init(name: String, value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

private func withOptionalBytes<Result>(
    _ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) throws -> Result
) rethrows -> Result {
    guard let bytes else { return try body(nil) }
    return try bytes.withUnsafeBytes { try body($0) }
}
