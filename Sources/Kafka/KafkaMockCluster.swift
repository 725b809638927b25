/// librdkafka's Kafka cluster in memory: real sockets, consumer groups and injected faults, for tests.
///
/// Not a place to keep records: it silently drops the oldest when a partition exceeds 5 MiB, knows no admin requests, and
/// gives an idempotent producer's retries no deduplication.
package final class KafkaMockCluster: Sendable {
    /// Requests whose answers can be made to fail.
    package enum Request: Int16, Sendable, CaseIterable {
        case produce = 0
        case fetch = 1
        case listOffsets = 2
        case metadata = 3
        case offsetCommit = 8
        case offsetFetch = 9
        case findCoordinator = 10
        case joinGroup = 11
        case heartbeat = 12
        case syncGroup = 14
    }

    /// What such an answer says.
    package enum Fault: Int32, Sendable, CaseIterable {
        /// The connection is closed instead.
        case disconnect = -195
        case unknownTopicOrPartition = 3
        case notLeader = 6
        case requestTimedOut = 7
        case coordinatorLoading = 14
        case notCoordinator = 16
        case notEnoughReplicas = 19
        case illegalGeneration = 22
        case unknownMember = 25
        case rebalanceInProgress = 27
    }

    private let cluster: RDMockCluster

    /// Starts a cluster of that many brokers, numbered from 1, on ports of its choice.
    package init(brokers: Int = 1) throws { cluster = try RDMockCluster(brokers: brokers) }

    deinit { cluster.destroy() }

    /// `host:port` of its brokers.
    package var brokers: [String] { cluster.brokers }

    /// Makes a topic.
    package func createTopic(_ name: String, partitions: Int, replication: Int = 1) throws {
        try cluster.createTopic(name, partitions: partitions, replication: replication)
    }

    /// Closes a broker's connections and refuses new ones; nil is all brokers.
    package func takeDown(broker: Int32? = nil) throws { try cluster.setUp(false, broker ?? -1) }

    /// Undoes `takeDown`.
    package func bringUp(broker: Int32? = nil) throws { try cluster.setUp(true, broker ?? -1) }

    /// Makes another broker lead a partition; nil leaves it without a leader.
    package func setLeader(topic: String, partition: Int32, broker: Int32?) throws {
        try cluster.setLeader(topic: topic, partition: partition, broker: broker ?? -1)
    }

    /// Makes answers slow; nil is all brokers.
    package func setRoundTrip(_ duration: Duration, broker: Int32? = nil) throws {
        try cluster.setRoundTrip(duration, broker ?? -1)
    }

    /// The next `count` requests of that kind, of any client, fail so.
    package func fail(_ request: Request, with fault: Fault, count: Int = 1) {
        cluster.fail(request.rawValue, with: Array(repeating: fault.rawValue, count: count))
    }
}
