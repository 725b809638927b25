package import Kafka
import ServiceKit

/// Starts partitions with a backlog one after the other instead of all at once.
///
/// A fetch's size is a wish: Kafka itself exceeds it by a batch a partition, and there are brokers that answer with all they
/// have. The first answer for all partitions of a long backlog could then be the whole of it. So the first partitions start
/// alone, and the next one when what they brought is nearly used up: a few turns of `poll` until all are read in parallel
/// where the broker keeps to sizes, and one partition's backlog in memory at a time where it does not.
///
/// Used by the thread that polls.
package final class KafkaStartRamp {
    /// Records of backlog that start at once; so many no client notices.
    private let recordsAtOnce: Int64
    /// The next partition starts when so few records are left in the client's queue: enough to be busy until its come.
    private static let lowWater = 10_000
    /// A partition that has brought nothing for so long holds up nobody.
    private static let patience = Duration.milliseconds(250)

    /// Records behind, of each partition that waits.
    package private(set) var lag: [KafkaTopicPartition: Int64] = [:]
    private var waiting: [KafkaTopicPartition] = []
    private var latest: (partition: KafkaTopicPartition, position: Int64?, started: MonotonicTime)?

    package init(recordsAtOnce: Int64 = 100_000) { self.recordsAtOnce = recordsAtOnce }

    /// Takes note of partitions gained and decides which of them wait.
    package func begin(_ gained: [(partition: KafkaTopicPartition, lag: Int64)]) {
        forget(gained.map(\.partition))
        var sum: Int64 = 0
        for (partition, records) in gained where records > 0 {
            if sum >= recordsAtOnce {
                lag[partition] = records
                waiting.append(partition)
            }
            sum += records
        }
    }

    /// Partitions are gone.
    package func forget(_ partitions: [KafkaTopicPartition]) {
        guard !waiting.isEmpty else { return }
        for partition in partitions { lag[partition] = nil }
        waiting.removeAll { partitions.contains($0) }
    }

    /// Starts the next partition when it is time.
    package func advance(_ consumer: KafkaConsumer) throws {
        guard let next = waiting.first, consumer.queuedRecordCount <= Self.lowWater else { return }
        let positions = consumer.positions
        if let latest, positions[latest.partition] == latest.position, latest.started.elapsed < Self.patience { return }
        try consumer.resume([next])
        waiting.removeFirst()
        lag[next] = nil
        latest = (next, positions[next], .now)
    }
}
