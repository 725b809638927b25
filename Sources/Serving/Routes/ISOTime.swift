import Domain

/// An instant as RFC 3339 writes it, in UTC with milliseconds: `2026-11-21T10:00:00.123Z`.
enum ISOTime {
    /// The text of an instant, epoch milliseconds.
    static func text(_ epochMilliseconds: Int64) -> String {
        let day = EventDay(epochMilliseconds: epochMilliseconds)
        let rest = epochMilliseconds - day.startMilliseconds
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let (hours, minutes, seconds) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60)
        return "\(day)T\(padded(hours, 2)):\(padded(minutes, 2)):\(padded(seconds, 2)).\(padded(rest % 1000, 3))Z"
    }
}
