public import Domain

extension DeltaEventLake {
    /// All plays of the newest version, for `DocumentStore.recount`; nil while there is no lake.
    ///
    /// Days that no window of the store needs any more are one bucket a song, so that memory grows by songs and not by the
    /// lake's age.
    public func allPlays(today: EventDay) throws -> CommitPlays? {
        guard let lakeID = try identity(), let version = try version() else { return nil }
        let oldestKept = RecentPlays(today: today).oldestKept
        let earlier = oldestKept.advanced(by: -1)
        var counted = CommitPlays(lakeID: lakeID, lakeVersion: version, plays: [:])
        let days = try days(version: version).map(\.day)
        guard let first = days.first, let last = days.last else { return counted }
        try read(days: first...last, columns: [.trackID, .action], version: version) { day, columns in
            counted.add(columns, of: day < oldestKept ? earlier : day)
        }
        return counted
    }
}

extension CommitPlays {
    /// Adds the plays among rows of a day.
    mutating func add(_ columns: EventColumns, of day: EventDay) {
        var counts = [Int64](repeating: 0, count: columns.tracks.values.count)
        for row in 0..<columns.count where EventAction.isPlay(code: columns.actions[row]) {
            counts[Int(columns.tracks.codes[row])] += 1
        }
        for (code, count) in counts.enumerated() where count > 0 {
            plays[columns.tracks.values[code], default: [:]][day, default: 0] += count
        }
    }
}
