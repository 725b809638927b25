/// The struct's fields by librdkafka's names.
extension KafkaConfiguration {
    typealias Property = (name: String, value: String)

    /// Properties every client gets; `properties` come last, so they win.
    private func common(_ own: [Property], statistics: Bool = true) -> [Property] {
        var all: [Property] = [
            ("bootstrap.servers", brokers.joined(separator: ",")),
            ("client.id", clientID),
            // Some brokers answer a fetch with more than was asked for; the default limit of 100 MB then ends in an
            // endless error, while a broker that keeps to the sizes never comes near this one.
            ("receive.message.max.bytes", "1000000000"),
            // A broker that is back is found within a second, not ten.
            ("reconnect.backoff.max.ms", "1000"),
            ("socket.keepalive.enable", "true"),
        ]
        if statistics, onStatistics != nil, let statisticsInterval {
            all.append(("statistics.interval.ms", "\(statisticsInterval.wholeMilliseconds)"))
        }
        all += own
        all += properties.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return all
    }

    /// An idempotent producer that places keys where Kafka's Java client does.
    func producerProperties() -> [Property] {
        common([
            ("enable.idempotence", "true"),
            ("acks", "all"),
            ("partitioner", "murmur2_random"),
            ("compression.codec", producer.compression.rawValue),
            ("queue.buffering.max.messages", "\(producer.bufferedRecords)"),
            ("queue.buffering.max.kbytes", "\(max(1, producer.bufferedByteCount >> 10))"),
            ("linger.ms", "\(producer.linger.wholeMilliseconds)"),
            ("message.max.bytes", "\(producer.maximumRecordByteCount)"),
            ("message.timeout.ms", "\(producer.deliveryTimeout.wholeMilliseconds)"),
        ])
    }

    /// A consumer that stores and commits nothing by itself.
    func consumerProperties(group: String) -> [Property] {
        common([
            ("group.id", group),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("partition.assignment.strategy", consumer.assignment.rawValue),
            ("auto.offset.reset", consumer.offsetReset.rawValue),
            ("session.timeout.ms", "\(consumer.sessionTimeout.wholeMilliseconds)"),
            ("heartbeat.interval.ms", "\(max(1, min(3000, consumer.sessionTimeout.wholeMilliseconds / 3)))"),
            ("max.poll.interval.ms", "\(consumer.maximumPollInterval.wholeMilliseconds)"),
            ("queued.max.messages.kbytes", "\(max(1, consumer.prefetchedByteCount >> 10))"),
            ("queued.min.messages", "\(max(1, consumer.prefetchedRecordCount))"),
            ("fetch.max.bytes", "\(max(1, consumer.fetchByteCount))"),
            ("fetch.wait.max.ms", "\(consumer.fetchWait.wholeMilliseconds)"),
        ])
    }

    /// A client for questions and topic administration.
    func adminProperties() -> [Property] {
        // A question that gets no answer is asked again sooner than the default of a minute.
        common([("allow.auto.create.topics", "false"), ("socket.timeout.ms", "10000")], statistics: false)
    }

    /// Throws what a client of this configuration would throw when it is made, without making one.
    public static func validate(_ configuration: KafkaConfiguration) throws {
        try RDKafkaClient.check(configuration.producerProperties())
        try RDKafkaClient.check(configuration.consumerProperties(group: "group"))
    }
}
