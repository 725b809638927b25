import Kafka
import ServiceKit

/// What can be done to a running cluster:
///
///     topic NAME PARTITIONS            makes a topic
///     down BROKER|all [SECONDS]        closes connections and refuses new ones; up again after that time
///     up BROKER|all                    undoes it
///     fail REQUEST FAULT [COUNT]       the next COUNT such requests fail (fail produce notLeader 3)
///     leader TOPIC PARTITION BROKER    makes another broker lead the partition
///     slow MILLISECONDS                delays every answer
///     quit                             ends the process
enum MockCommand {
    case topic(String, partitions: Int)
    case down(Int32?, Duration?)
    case up(Int32?)
    case fail(KafkaMockCluster.Request, KafkaMockCluster.Fault, Int)
    case leader(String, Int32, Int32)
    case slow(Duration)
    case quit

    init(_ line: String) throws {
        let words = line.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("topic", 3): self = .topic(words[1], partitions: try positive(words[2], line))
        case ("down", 2): self = .down(try Self.broker(words[1]), nil)
        case ("down", 3): self = .down(try Self.broker(words[1]), .seconds(try positive(words[2], line)))
        case ("up", 2): self = .up(try Self.broker(words[1]))
        case ("fail", 3), ("fail", 4):
            let count = words.count == 4 ? try positive(words[3], line) : 1
            self = .fail(try Self.named(words[1]), try Self.named(words[2]), count)
        case ("leader", 4):
            guard let partition = Int32(words[2]) else { throw UsageError("\(line): \(words[2]) is no partition") }
            self = .leader(words[1], partition, Int32(clamping: try positive(words[3], line)))
        case ("slow", 2): self = .slow(.milliseconds(try positive(words[1], line)))
        case ("quit", 1): self = .quit
        default: throw UsageError("unknown command \(line): topic, down, up, fail, leader, slow, quit")
        }
    }

    func run(on cluster: KafkaMockCluster, _ stop: StopSignal) throws {
        switch self {
        case .topic(let name, let partitions): try cluster.createTopic(name, partitions: partitions)
        case .down(let broker, let duration):
            try cluster.takeDown(broker: broker)
            guard let duration else { return }
            stop.wait(for: duration)
            try cluster.bringUp(broker: broker)
        case .up(let broker): try cluster.bringUp(broker: broker)
        case .fail(let request, let fault, let count): cluster.fail(request, with: fault, count: count)
        case .leader(let topic, let partition, let broker):
            try cluster.setLeader(topic: topic, partition: partition, broker: broker)
        case .slow(let duration): try cluster.setRoundTrip(duration)
        case .quit: stop.stop()
        }
    }

    private static func broker(_ text: String) throws -> Int32? {
        text == "all" ? nil : Int32(clamping: try positive(text, "broker"))
    }

    private static func named<Case: CaseIterable>(_ text: String) throws -> Case {
        guard let match = Case.allCases.first(where: { "\($0)" == text }) else {
            throw UsageError("\(text) is none of \(Case.allCases.map { "\($0)" }.joined(separator: ", "))")
        }
        return match
    }
}
