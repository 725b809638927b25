import ServiceKit

/// What an import read, wrote and left out.
public struct ImportReport: Sendable, Equatable, Codable {
    /// Rows of one file that were left out for one reason.
    public struct Rejection: Sendable, Equatable, Codable {
        /// Name of the file.
        public let file: String
        /// Why.
        public let reason: String
        /// How many rows.
        public internal(set) var count: Int64
        /// Lines of the first of them, counted from 1.
        public internal(set) var firstLines: [Int]
    }

    /// Lines that are told for each reason.
    public static let toldLineCount = 5

    /// The layout's name.
    public internal(set) var layout: String
    /// What was read.
    public internal(set) var path: String
    /// Rows read in all files, headers not counted.
    public internal(set) var rows: Int64 = 0
    /// Rows that were left out.
    public internal(set) var rejectedRows: Int64 = 0
    /// Songs inserted or renewed.
    public internal(set) var songs: Int64 = 0
    /// Songs among them without a title.
    public internal(set) var songsWithoutTitle: Int64 = 0
    /// Different users.
    public internal(set) var users: Int64 = 0
    /// Events appended to the log.
    public internal(set) var events: Int64 = 0
    /// Events that were a `listen`.
    public internal(set) var listens: Int64 = 0
    /// Events that were a `skip`.
    public internal(set) var skips: Int64 = 0
    /// Events that were a `complete`.
    public internal(set) var completes: Int64 = 0
    /// Different tracks of events that no song row described.
    public internal(set) var tracksWithoutSong: Int64 = 0
    /// Plays not written because a user and song had more than the limit.
    public internal(set) var playsOverLimit: Int64 = 0
    /// Start of the earliest play, epoch milliseconds; nil when there is none.
    public internal(set) var firstTimestamp: Int64?
    /// Start of the latest play.
    public internal(set) var lastTimestamp: Int64?
    /// What was left out, by file and reason, in the order first met.
    public internal(set) var rejections: [Rejection] = []
    /// How long it took, in seconds.
    public internal(set) var seconds = 0.0
    /// Whether it was told to stop before it was done.
    public internal(set) var wasStopped = false

    init(layout: String, path: String) {
        self.layout = layout
        self.path = path
    }

    mutating func reject(file: String, line: Int, _ reason: String) {
        rejectedRows += 1
        let index =
            rejections.firstIndex { $0.file == file && $0.reason == reason }
            ?? {
                rejections.append(Rejection(file: file, reason: reason, count: 0, firstLines: []))
                return rejections.count - 1
            }()
        rejections[index].count += 1
        if rejections[index].firstLines.count < Self.toldLineCount { rejections[index].firstLines.append(line) }
    }

    /// Several lines for a person.
    public var text: String {
        var lines = ["Imported \(layout) from \(path)" + (wasStopped ? ", stopped before the end" : "")]
        lines.append("  songs     \(HumanText.count(songs))" + note(songsWithoutTitle, "without a title"))
        lines.append("  listeners \(HumanText.count(users))")
        let kinds = [(listens, "listens"), (completes, "completes"), (skips, "skips")]
            .map { "\(HumanText.count($0.0)) \($0.1)" }.joined(separator: ", ")
        lines.append("  events    \(HumanText.count(events))" + (events > 0 ? " (\(kinds))" : ""))
        if let firstTimestamp, let lastTimestamp {
            let days = [firstTimestamp, lastTimestamp].map { UTCTime(epochMilliseconds: $0).date }
            lines.append("  from      \(days[0]) through \(days[1])")
        }
        if tracksWithoutSong > 0 { lines.append("  \(HumanText.count(tracksWithoutSong)) tracks have no song row") }
        if playsOverLimit > 0 {
            lines.append("  \(HumanText.count(playsOverLimit)) plays over the limit were not written")
        }
        let share = rows > 0 ? " (\(HumanText.fixed(100 * Double(rejectedRows) / Double(rows), digits: 2)) %)" : ""
        lines.append("  rows      \(HumanText.count(rows)), left out \(HumanText.count(rejectedRows))\(share)")
        for rejection in rejections {
            let places = rejection.firstLines.map(String.init).joined(separator: ", ")
            let more = rejection.count > Int64(rejection.firstLines.count) ? ", …" : ""
            lines.append(
                "    \(HumanText.count(rejection.count)) × \(rejection.reason) (\(rejection.file), line "
                    + "\(places)\(more))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func note(_ count: Int64, _ words: String) -> String {
        count > 0 ? " (\(HumanText.count(count)) \(words))" : ""
    }
}

/// How far an import is.
public struct ImportProgress: Sendable, Equatable {
    /// What it is at.
    public enum Stage: String, Sendable {
        /// Reading a file; `done` and `total` are bytes of it.
        case reading
        /// Appending events; `done` and `total` are events.
        case writing
    }

    /// What it is at.
    public let stage: Stage
    /// Name of the file being read.
    public let file: String
    /// How much of it is done.
    public let done: Int64
    /// How much there is.
    public let total: Int64
}
