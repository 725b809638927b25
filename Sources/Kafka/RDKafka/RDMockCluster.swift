import CRdKafka
import Synchronization

/// The owner of a `rd_kafka_mock_cluster_t` and of the client it needs for its threads.
///
/// `@unchecked Sendable`: the mock's calls pass a message to its own thread, or take its lock; `destroy()` runs once.
final class RDMockCluster: @unchecked Sendable {
    private let client: RDKafkaClient
    private let cluster: OpaquePointer
    private let isDestroyed = Atomic<Bool>(false)

    init(brokers: Int) throws {
        var configuration = KafkaConfiguration(brokers: [], clientID: "mock-cluster")
        configuration.onLog = { _ in }
        client = try RDKafkaClient(
            .producer, properties: [("client.id", "mock-cluster")],
            callbacks: RDKafkaCallbacks(.producer, configuration))
        guard let cluster = rd_kafka_mock_cluster_new(client.handle, Int32(clamping: brokers)) else {
            throw KafkaError.configuration("a mock cluster of \(brokers) brokers cannot be started")
        }
        self.cluster = cluster
    }

    var brokers: [String] {
        rd_kafka_mock_cluster_bootstraps(cluster).map { String(cString: $0).split(separator: ",").map(String.init) }
            ?? []
    }

    func createTopic(_ name: String, partitions: Int, replication: Int) throws {
        try check(
            rd_kafka_mock_topic_create(cluster, name, Int32(clamping: partitions), Int32(clamping: replication)),
            "creating topic \(name)")
    }

    func setUp(_ isUp: Bool, _ broker: Int32) throws {
        try check(
            isUp ? rd_kafka_mock_broker_set_up(cluster, broker) : rd_kafka_mock_broker_set_down(cluster, broker),
            "switching broker \(broker)")
    }

    func setLeader(topic: String, partition: Int32, broker: Int32) throws {
        try check(
            rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker), "moving \(topic)/\(partition)")
    }

    func setRoundTrip(_ duration: Duration, _ broker: Int32) throws {
        try check(rd_kafka_mock_broker_set_rtt(cluster, broker, duration.wholeMilliseconds), "slowing broker \(broker)")
    }

    func fail(_ request: Int16, with faults: [Int32]) {
        let codes = faults.map { rd_kafka_resp_err_t(rawValue: $0) }
        rd_kafka_mock_push_request_errors_array(cluster, request, codes.count, codes)
    }

    func destroy() {
        guard !isDestroyed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        rd_kafka_mock_cluster_destroy(cluster)
        client.destroy()
    }

    private func check(_ code: rd_kafka_resp_err_t, _ context: String) throws {
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError.client(code, "mock cluster: \(context)") }
    }
}
