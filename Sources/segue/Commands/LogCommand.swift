import Foundation
import ServiceKit
import Storage

/// `segue log`: look into the event log, append to it by hand.
enum LogCommand {
    static let command = Command(
        "log", "Looks into the event log, appends to it, trims it", subcommands: [list, cat, append, trim])

    private static let rejected = Flag("rejected", "The dead letters instead of the events.")

    private static func open(_ installation: Installation, _ arguments: ParsedArguments) throws -> any EventLog {
        let log = try installation.log()
        return arguments[rejected] ? try log.sibling(topic: "\(log.topic)_rejected") : log
    }

    private struct Partition: Encodable {
        var partition: Int32
        var begin, end: Int64
    }

    private struct List: Encodable {
        var topic: String
        var partitions: [Partition]
    }

    private static let list = Command(
        "ls", "Lists the partitions and how many events they hold", arguments: [rejected, CommonOptions.json]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            let log = try open(installation, arguments)
            let offsets = try log.offsets()
            if arguments[CommonOptions.json] {
                let rows = offsets.map { Partition(partition: $0.partition, begin: $0.begin, end: $0.end) }
                return try Output.json(List(topic: log.topic, partitions: rows))
            }
            var table = Table([
                ("partition", .right), ("begin", .right), ("end", .right), ("events", .right),
            ])
            for row in offsets {
                table.append([
                    "\(row.partition)", "\(row.begin)", "\(row.end)", HumanText.count(row.end - row.begin),
                ])
            }
            print(table.render(), terminator: "")
        }
    }

    private static let cat = Command(
        "cat", "Prints every event in the log, one JSON line each", arguments: [rejected]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            let log = try open(installation, arguments)
            var remaining = Dictionary(
                uniqueKeysWithValues: try log.offsets().filter { $0.end > $0.begin }.map { ($0.partition, $0.end) })
            guard !remaining.isEmpty else { return }
            // A group of its own, so that reading takes no partition away from ingest.
            let group = "segue-cat-\(UInt32.random(in: 0...UInt32.max))"
            let consumer = try log.makeConsumer(group: group, listener: FromTheStart())
            let stop = try CommonOptions.stopOnSignals()
            while !remaining.isEmpty, !stop.isStopped {
                var lines: [UInt8] = []
                try consumer.poll(maxRecords: 10_000, timeout: .milliseconds(500)) { record in
                    guard let end = remaining[record.partition] else { return }
                    if record.offset < end {
                        lines.append(contentsOf: record.value)
                        lines.append(UInt8(ascii: "\n"))
                    }
                    if record.offset >= end - 1 { remaining[record.partition] = nil }
                }
                try Output.bytes(lines)
            }
            try consumer.close()
        }
    }

    private static let file = Positional<String>("file", "File of JSON lines; - for standard input.")

    private static let append = Command(
        "append", "Appends the lines of a file to the log as they are, valid or not", arguments: [file]
    ) { arguments in
        try CommonOptions.withInstallation(arguments) { installation in
            let path = arguments[file]
            let data =
                path == "-" ? FileHandle.standardInput.readDataToEndOfFile() : try Data(contentsOf: URL(filePath: path))
            let log = try installation.log()
            try log.createIfMissing(partitions: installation.configuration[Settings.Log.partitions])
            let producer = try log.makeProducer()
            var lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            // What follows the last newline is no line.
            if lines.last?.isEmpty == true { lines.removeLast() }
            for (number, line) in lines.enumerated() {
                try producer.append(key: Array("line-\(number)".utf8), value: Array(line))
            }
            try producer.flush(timeout: .seconds(60))
            try producer.close()
            print("Appended \(HumanText.count(lines.count)) lines to \(log.topic)")
        }
    }
}

/// A member of a group that reads everything.
private final class FromTheStart: EventLogRebalanceListener {
    func assigned(partitions: [Int32]) throws -> [Int32: Int64] { [:] }
    func revoked(partitions: [Int32], lost: Bool) throws {}
}
