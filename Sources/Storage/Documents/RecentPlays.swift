import Domain

/// Which day buckets make up `plays_7d`, and how long a bucket is kept.
struct RecentPlays {
    /// The seven days that end with today.
    let window: ClosedRange<EventDay>
    /// Oldest bucket worth keeping. A week more than the window needs, so that a clock set back, or a daemon that lives in
    /// yesterday still, finds its buckets.
    let oldestKept: EventDay

    init(today: EventDay) {
        window = today.advanced(by: -6)...today
        oldestKept = today.advanced(by: -13)
    }

    func keeps(_ day: EventDay) -> Bool { day >= oldestKept }

    /// The plays inside the window.
    func sum(_ days: [EventDay: Int64]) -> Int64 {
        var sum: Int64 = 0
        for (day, plays) in days where window.contains(day) { sum += plays }
        return sum
    }
}
