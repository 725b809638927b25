import Domain

/// When in a day people listen.
struct DayClock: Sendable {
    /// Relative listening by hour (UTC): on working days a rise on the way to work and a peak in the evening, at the
    /// weekend a late start and a long night.
    static let workday: [Double] = [
        1.6, 0.9, 0.5, 0.3, 0.3, 0.7, 1.8, 3.9, 4.6, 3.4, 3.0, 3.1, 3.6, 3.3, 3.1, 3.2, 3.9, 5.0, 5.4, 5.3, 5.6, 5.4,
        4.3, 2.9,
    ]
    static let weekend: [Double] = [
        3.0, 2.1, 1.3, 0.7, 0.4, 0.4, 0.6, 1.1, 1.9, 2.9, 3.8, 4.3, 4.5, 4.4, 4.3, 4.3, 4.5, 4.7, 4.9, 5.1, 5.3, 5.4,
        5.1, 4.3,
    ]

    private let workdayHours = AliasTable(weights: DayClock.workday)
    private let weekendHours = AliasTable(weights: DayClock.weekend)

    /// Where in a day a session starts, as a fraction of the day.
    ///
    /// - Parameter shift: hours the user lives later than others.
    func drawStart(on day: EventDay, shift: Int, _ random: inout SimulationRandom) -> Double {
        let hours = day.weekday == 0 || day.weekday == 6 ? weekendHours : workdayHours
        let hour = (hours.draw(&random) + shift + 24) % 24
        return (Double(hour) + random.uniform()) / 24
    }
}
