import CRdKafka

/// Keeps librdkafka's broker threads fetching.
///
/// A broker thread that finds the queue of fetched records full stops asking, and looks again when something wakes it: a
/// request, an answer, or one second. A consumer that empties the queue meanwhile stands still for the rest of that second.
/// Since version 2.2 `fetch.queue.backoff.ms` tells how long the pause is. Before that there is one public call that wakes
/// the broker threads and does nothing else when the credentials stay the same: `rd_kafka_sasl_set_credentials` (2.0 and
/// later). Before 2.0 the pause stays.
struct RDFetcher {
    /// Properties this version needs to be looked for the room itself.
    static var properties: [KafkaConfiguration.Property] {
        hasBackoffProperty ? [("fetch.queue.backoff.ms", "5")] : []
    }

    private static var hasBackoffProperty: Bool { rd_kafka_version() >= 0x0202_00ff }
    private static var hasCredentialsCall: Bool { rd_kafka_version() >= 0x0200_00ff }

    private let client: RDKafkaClient
    private let user: String
    private let password: String
    private let options: KafkaConfiguration.ConsumerOptions

    init(_ client: RDKafkaClient, _ configuration: KafkaConfiguration) {
        self.client = client
        user = configuration.properties["sasl.username"] ?? ""
        password = configuration.properties["sasl.password"] ?? ""
        options = configuration.consumer
    }

    /// Whether handing over so much may have ended a pause, now that so few records are queued. A waking for every few
    /// records would cost more than it brings.
    func isWorthwhile(count: Int, byteCount: Int, queued: Int) -> Bool {
        guard queued <= options.prefetchedRecordCount / 2 else { return false }
        return count > 0
            && (count >= min(500, options.prefetchedRecordCount / 8) || byteCount >= options.prefetchedByteCount / 8)
    }

    /// Wakes the broker threads, which then look at the queue and at paused partitions again.
    func wake() throws {
        guard Self.hasCredentialsCall else { return }
        if let error = rd_kafka_sasl_set_credentials(client.handle, user, password) {
            throw KafkaError.client(consuming: error, "waking the broker threads")
        }
    }
}
