import Domain

/// How many events each user has on each day: exactly as many as asked for in all, decided before anything is played.
///
/// Users get shares by activity; a user's share is spread over the days by weekday, by whether the user listens at all
/// that day, and by chance. Both splits round cumulative sums, so that nothing is lost or made up.
struct ActivityPlan: Sendable {
    private let seed: UInt64
    private let days: Range<EventDay>
    /// Events of each user over all days.
    private let totals: [Int64]
    /// Sum of each user's day weights.
    private let weightSums: [Double]

    init(audience: Audience, eventCount: Int64, days: Range<EventDay>, seed: UInt64) {
        self.seed = seed
        self.days = days
        let activitySum = audience.activities.reduce(0, +)
        var totals = [Int64](repeating: 0, count: audience.count)
        var (cumulative, given) = (0.0, Int64(0))
        for user in 0..<audience.count {
            cumulative += audience.activities[user]
            let isLast = user == audience.count - 1
            let reached = isLast ? eventCount : Int64((cumulative / activitySum * Double(eventCount)).rounded())
            totals[user] = max(0, reached - given)
            given = max(given, reached)
        }
        self.totals = totals
        weightSums = (0..<audience.count).map { user in
            days.reduce(0) { $0 + Self.weight(user: user, day: $1, seed: seed) }
        }
    }

    /// Events of a user on one day.
    ///
    /// - Parameter before: sum of the user's day weights before that day; moved on by the call.
    func eventCount(user: Int, day: EventDay, before: inout Double) -> Int {
        let start = before
        before += Self.weight(user: user, day: day, seed: seed)
        let isLast = day.advanced(by: 1) == days.upperBound
        return Int(reached(user, isLast ? weightSums[user] : before) - reached(user, start))
    }

    /// Events a user has had when that much of the weight has passed.
    private func reached(_ user: Int, _ weight: Double) -> Int64 {
        weight >= weightSums[user] ? totals[user] : Int64(Double(totals[user]) * weight / weightSums[user])
    }

    /// More on Fridays and at the weekend; nothing on days the user does not listen, but a trace, so that a user's weights
    /// never sum to nothing.
    private static func weight(user: Int, day: EventDay, seed: UInt64) -> Double {
        var random = SimulationRandom(seed: seed, .activity, user, Int(day.daysSinceEpoch))
        var habit = SimulationRandom(seed: seed, .activity, user, Int.min)
        let weekday = Double([1.08, 0.92, 0.93, 0.95, 1, 1.12, 1.16][day.weekday])
        let listens = random.chance(habit.uniform(0.45, 1))
        return weekday * (listens ? random.uniform(0.4, 1.6) : 1e-9)
    }
}

extension EventDay {
    /// 0 = Sunday … 6 = Saturday; 1970-01-01 was a Thursday.
    var weekday: Int {
        let remainder = (Int(daysSinceEpoch) + 4) % 7
        return remainder < 0 ? remainder + 7 : remainder
    }
}
