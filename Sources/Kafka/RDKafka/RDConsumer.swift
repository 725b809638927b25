import CRdKafka

/// The consuming half of librdkafka.
///
/// Records do not come through `rd_kafka_consumer_poll`: every assigned partition's queue is forwarded to one queue of
/// ours, which `rd_kafka_consume_callback_queue` empties with one lock a batch. (`rd_kafka_consume_batch_queue` was the
/// other choice: it locks once a record, waits for a full batch, and before librdkafka 2.1 hands over records of revoked
/// partitions.) Rebalances, errors and statistics stay on the group's queue, served between batches by the same thread, so
/// that a rebalance never happens in the middle of a batch:
///
///     partition 0 ─┐
///     partition 1 ─┼─► records ──► consume_callback ──► body          ┐
///     partition 2 ─┘                                                  ├ one thread: poll
///     group ─────────► consumer_poll(0) ─► rebalance ─► listener      ┘
///
/// Used by one thread at a time.
final class RDConsumer {
    /// How long records are waited for before the group's queue is looked at again.
    static let slice = Duration.milliseconds(50)

    let client: RDKafkaClient
    let records: OpaquePointer
    let listener: (any KafkaRebalanceListener)?
    private let relay: Relay
    private let onError: @Sendable (KafkaError) -> Void
    // Not checked for overlapping access on every record: one thread, and no access calls anything that comes back here.
    @exclusivity(unchecked) var table = RDAssignment()
    /// Partitions the group gave, whose start the listener could not tell yet.
    var undecided: [KafkaTopicPartition] = []
    /// What went wrong inside a callback, to be thrown once librdkafka has returned.
    @exclusivity(unchecked) var failure: (any Error)?
    let fetcher: RDFetcher
    private let maximumPollInterval: Duration
    /// When the caller last polled, itself inside a poll.
    private var latestPoll = ContinuousClock.now
    private var isDestroyed = false

    /// Lets librdkafka's callback find the consumer that is made after it.
    ///
    /// `@unchecked Sendable`: written once before the client is used, read inside poll and close only, which the owner calls
    /// from one thread at a time, on the consumer that is there then. Not a weak reference: an object that has one counts
    /// all its references on a slow path.
    private final class Relay: @unchecked Sendable {
        var consumer: Unmanaged<RDConsumer>?
    }

    init(_ configuration: KafkaConfiguration, group: String, listener: (any KafkaRebalanceListener)?) throws {
        let relay = Relay()
        let callbacks = RDKafkaCallbacks(
            .consumer, configuration,
            onRebalance: { code, partitions in
                relay.consumer?._withUnsafeGuaranteedRef { $0.rebalance(code, partitions) }
            })
        client = try RDKafkaClient(
            .consumer, properties: configuration.consumerProperties(group: group) + RDFetcher.properties,
            callbacks: callbacks
        ) { rd_kafka_conf_set_offset_commit_cb($0, commitCallback) }
        // Errors and statistics join the group's queue, which poll serves.
        let code = rd_kafka_poll_set_consumer(client.handle)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError.client(code, "making a consumer") }
        guard let records = rd_kafka_queue_new(client.handle) else {
            throw KafkaError.client(RD_KAFKA_RESP_ERR__FAIL, "making a queue")
        }
        self.records = records
        self.listener = listener
        maximumPollInterval = configuration.consumer.maximumPollInterval
        self.relay = relay
        onError = callbacks.onError
        fetcher = RDFetcher(client, configuration)
        relay.consumer = Unmanaged.passUnretained(self)
    }

    var assignment: [KafkaTopicPartition] { table.partitions }

    var positions: [KafkaTopicPartition: Int64] {
        let known = table.rows.filter { $0.position >= 0 }
        return Dictionary(known.map { ($0.partition, $0.position) }) { first, _ in first }
    }

    func subscribe(to topics: [String]) throws {
        try RDPartitionList.with(topics.map { KafkaTopicPartition($0, RD_KAFKA_PARTITION_UA) }) { list in
            let code = rd_kafka_subscribe(client.handle, list)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaError.client(code, "subscribing to \(topics.joined(separator: ", "))")
            }
        }
    }

    // MARK: - Poll

    /// Whether the caller was silent for so long that the group has given our partitions away. librdkafka does not say
    /// so when it had already asked for them back.
    var wasSilentTooLong: Bool { ContinuousClock.now - latestPoll > maximumPollInterval }

    func poll(maximumRecords: Int, timeout: Duration, _ body: (KafkaRecord) throws -> Void) throws -> Int {
        defer { latestPoll = .now }
        try decideUndecided()
        let deadline = ContinuousClock.now + timeout
        return try withoutActuallyEscaping(body) { body in
            var batch = Batch(consumer: self, body: body, maximumRecords: maximumRecords)
            var remaining = timeout
            repeat {
                let idles = table.rows.isEmpty || maximumRecords == 0
                serveGroup(&batch, wait: idles ? min(remaining, Self.slice) : .zero)
                latestPoll = .now
                if !table.rows.isEmpty, !batch.isDone { serveRecords(&batch, wait: min(remaining, Self.slice)) }
                if let failure {
                    self.failure = nil
                    throw failure
                }
                remaining = deadline - .now
            } while batch.count == 0 && remaining > .zero
            if fetcher.isWorthwhile(count: batch.count, byteCount: batch.byteCount, queued: queuedRecordCount) {
                try fetcher.wake()
            }
            if batch.count == 0, let fatal = client.fatalError { throw fatal }
            return batch.count
        }
    }

    /// Records that were fetched and not handed over yet.
    var queuedRecordCount: Int { Int(rd_kafka_queue_length(records)) }

    /// Runs the callbacks that wait on the group's queue.
    private func serveGroup(_ batch: inout Batch, wait: Duration) {
        var wait = wait
        while failure == nil, let message = rd_kafka_consumer_poll(client.handle, wait.wholeMilliseconds) {
            defer { rd_kafka_message_destroy(message) }
            wait = .zero
            if message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR { batch.take(message) } else { redirect(message) }
        }
    }

    /// A record on the group's queue is of a partition whose own queue librdkafka made anew (its topic was deleted and
    /// created again): forward that one too, and read the record again from there.
    private func redirect(_ message: UnsafeMutablePointer<rd_kafka_message_t>) {
        let raw = message.pointee
        guard let index = table.index(topic: raw.rkt, partition: raw.partition) else { return }
        let partition = table.rows[index].partition
        record {
            try forward([partition])
            try seek(to: [partition: .at(raw.offset)])
        }
    }

    private func serveRecords(_ batch: inout Batch, wait: Duration) {
        // The result counts operations of any kind; the batch counts records.
        _ = withUnsafeMutablePointer(to: &batch) {
            rd_kafka_consume_callback_queue(records, wait.wholeMilliseconds, recordCallback, $0)
        }
    }

    /// Deals with an error that came in place of a record.
    func note(_ error: KafkaError) {
        switch error.code {
        case .unreachable, .timedOut, .unknownTopic, .fenced: onError(error)
        default: if failure == nil { failure = error }
        }
    }

    // MARK: - End

    func close() throws {
        let code = rd_kafka_consumer_close(client.handle)
        let failure = failure
        destroy()
        if let failure { throw failure }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError.client(code, "leaving the group") }
    }

    /// Frees everything. Records still queued hold references that would keep librdkafka's threads alive, so they go first.
    func destroy() {
        guard !isDestroyed else { return }
        isDestroyed = true
        while rd_kafka_consume_callback_queue(records, 0, discardCallback, nil) > 0 {}
        rd_kafka_queue_destroy(records)
        client.destroy()
    }
}

/// What one call of poll has handed over, and what is to happen with the next record.
private struct Batch {
    unowned(unsafe) let consumer: RDConsumer
    let body: (KafkaRecord) throws -> Void
    let maximumRecords: Int
    var count = 0
    var byteCount = 0

    var isDone: Bool { count >= maximumRecords || consumer.failure != nil }

    /// Hands one record over, or deals with the error that came in its place.
    mutating func take(_ message: UnsafeMutablePointer<rd_kafka_message_t>) {
        let raw = message.pointee
        guard raw.err == RD_KAFKA_RESP_ERR_NO_ERROR else { return takeError(raw) }
        guard let index = consumer.table.index(topic: raw.rkt, partition: raw.partition),
            raw.offset >= consumer.table.position(at: index)
        else { return }
        consumer.table.setPosition(raw.offset + 1, at: index)
        count += 1
        byteCount += raw.len
        do {
            try body(
                KafkaRecord(
                    partition: raw.partition, offset: raw.offset,
                    key: UnsafeRawBufferPointer(start: raw.key, count: raw.key_len),
                    value: UnsafeRawBufferPointer(start: raw.payload, count: raw.len), message: message))
        } catch {
            consumer.failure = error
        }
    }

    private func takeError(_ raw: rd_kafka_message_t) {
        guard raw.err != RD_KAFKA_RESP_ERR__PARTITION_EOF else { return }
        let topic = raw.rkt.flatMap { rd_kafka_topic_name($0) }.map { String(cString: $0) } ?? ""
        let detail = raw.payload.map { String(cString: $0.assumingMemoryBound(to: CChar.self)) }
        consumer.note(.client(raw.err, "reading \(topic)/\(raw.partition)", detail: detail))
    }
}

private let recordCallback:
    @convention(c) (UnsafeMutablePointer<rd_kafka_message_t>?, UnsafeMutableRawPointer?) -> Void = { message, opaque in
        guard let message, let batch = opaque?.assumingMemoryBound(to: Batch.self) else { return }
        batch.pointee.take(message)
        // What was not handed over goes back to the head of the queue.
        if batch.pointee.isDone { rd_kafka_yield(nil) }
    }

private let discardCallback:
    @convention(c) (UnsafeMutablePointer<rd_kafka_message_t>?, UnsafeMutableRawPointer?) -> Void = { _, _ in }

/// Reports commits nobody waits for.
private let commitCallback:
    @convention(c) (
        OpaquePointer?, rd_kafka_resp_err_t, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
        UnsafeMutableRawPointer?
    ) -> Void = { _, code, _, opaque in
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR, code != RD_KAFKA_RESP_ERR__NO_OFFSET, let opaque else { return }
        Unmanaged<RDKafkaCallbacks>.fromOpaque(opaque)._withUnsafeGuaranteedRef {
            $0.onError(.client(code, "committing offsets"))
        }
    }
