import Domain
import Foundation
import ServiceKit
import Storage

extension LakeCommand {
    private static let version = OptionalOption<Int>(
        "version", in: 0...Int.max, valueName: "N", absence: "the newest", "Version of the lake to read.")
    private static let day = OptionalOption<String>(
        "day", valueName: "YYYY-MM-DD", absence: "all days", "Only the events of this UTC day.")
    private static let limit = OptionalOption<Int>(
        "limit", in: 1...Int.max, absence: "all of them", "Ends after this many events.")

    /// Ends the reading when enough has been printed.
    private struct Enough: Error {}

    /// `segue lake cat`.
    static let cat = Command(
        "cat", "Prints the events of a lake version, one JSON line each, day by day",
        examples: [
            .init("segue lake cat --day 2026-01-31 --limit 10", "ten events of a day"),
            .init("segue lake cat --version 12 | wc -l", "how many there were then"),
        ],
        arguments: [version, day, limit]
    ) { arguments in
        let first = EventDay(daysSinceEpoch: .min)
        let last = EventDay(daysSinceEpoch: .max)
        var days = first...last
        if let text = arguments[day] {
            guard let day = EventDay(text) else {
                throw UsageError("--day is \"\(text)\"; it takes a date, YYYY-MM-DD", command: "segue lake cat")
            }
            days = day...day
        }
        try CommonOptions.withInstallation(arguments) { installation in
            let stop = try CommonOptions.stopOnSignals()
            var left = arguments[limit] ?? Int.max
            do {
                try installation.lake().read(
                    days: days, columns: Set(EventColumn.allCases), version: arguments[version].map(Int64.init)
                ) { _, columns in
                    try print(columns, upTo: &left)
                    if left == 0 || stop.isStopped { throw Enough() }
                }
            } catch is Enough {
                return
            }
        }
    }

    /// Prints rows while any are left to print, a block at a time.
    private static func print(_ columns: EventColumns, upTo left: inout Int) throws {
        let rows = min(left, columns.count)
        left -= rows
        var lines: [UInt8] = []
        for row in 0..<rows {
            try columns.event(at: row).appendJSON(to: &lines)
            lines.append(UInt8(ascii: "\n"))
            if lines.count > 1 << 16 {
                try Output.bytes(lines)
                lines.removeAll(keepingCapacity: true)
            }
        }
        try Output.bytes(lines)
    }
}

extension EventColumns {
    /// A row whose columns were all read.
    fileprivate func event(at row: Int) throws -> ListeningEvent {
        guard let action = EventAction(rawValue: actions[row]), let source = EventSource(rawValue: sources[row]) else {
            throw StorageError(.corrupt, "a row of the lake has an action or a source of no known kind")
        }
        return ListeningEvent(
            userID: users[row], trackID: tracks[row], timestamp: timestamps[row], action: action,
            duration: durations[row], totalDuration: totalDurations[row], source: source)
    }
}
