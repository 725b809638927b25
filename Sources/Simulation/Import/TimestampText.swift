package import Domain
import ServiceKit

/// Reads the times and days that people's files hold.
package enum TimestampText {
    /// Epoch milliseconds of a time: epoch seconds, milliseconds or microseconds, told apart by their size (seconds up to
    /// the year 5138, milliseconds from 1973 on), or ISO 8601, in UTC when it has no zone. Nil for anything else.
    package static func epochMilliseconds(_ text: String) -> Int64? {
        if let number = Int64(text) { return epochMilliseconds(number) }
        if text.utf8.allSatisfy({ (48...57).contains($0) || $0 == UInt8(ascii: ".") }), let seconds = Double(text) {
            return seconds < 1e11 ? Int64((seconds * 1000).rounded()) : nil
        }
        return iso8601(text)
    }

    static func epochMilliseconds(_ number: Int64) -> Int64? {
        switch number.magnitude {
        case ..<100_000_000_000: number * 1000
        case ..<100_000_000_000_000: number
        case ..<100_000_000_000_000_000: number / 1000
        default: nil
        }
    }

    /// `2023-05-06T12:34:56.789+02:00` and its shorter forms, with a space in place of the T as well.
    private static func iso8601(_ text: String) -> Int64? {
        guard text.utf8.count >= 10, let day = EventDay(text.prefix(10)) else { return nil }
        var rest = text.dropFirst(10)
        guard let separator = rest.popFirst() else { return day.startMilliseconds }
        guard separator == "T" || separator == " " || separator == "t" else { return nil }
        guard let offset = takeZone(&rest) else { return nil }
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let hour = digits(parts[0]), let minute = digits(parts[1]), hour < 24,
            minute < 60
        else { return nil }
        var milliseconds: Int64 = 0
        if parts.count == 3 {
            let seconds = parts[2].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            guard let whole = digits(seconds[0]), whole <= 60 else { return nil }
            milliseconds = Int64(whole) * 1000
            if seconds.count == 2 {
                guard seconds[1].utf8.allSatisfy({ (48...57).contains($0) }), !seconds[1].isEmpty else { return nil }
                let padded = (seconds[1] + "000").prefix(3)
                milliseconds += Int64(padded) ?? 0
            }
        }
        return day.startMilliseconds + Int64(hour * 60 + minute - offset) * 60_000 + milliseconds
    }

    /// Takes `Z`, `+hh:mm`, `+hhmm` or `+hh` off the end.
    ///
    /// - Returns: minutes east of Greenwich, 0 when there is no zone; nil when it is none.
    private static func takeZone(_ text: inout Substring) -> Int? {
        if text.last == "Z" || text.last == "z" {
            text.removeLast()
            return 0
        }
        guard let sign = text.lastIndex(where: { $0 == "+" || $0 == "-" }) else { return 0 }
        let zone = text[text.index(after: sign)...].filter { $0 != ":" }
        guard zone.count == 2 || zone.count == 4, let hours = digits(zone.prefix(2)), hours <= 14 else { return nil }
        guard let minutes = zone.count == 4 ? digits(zone.suffix(2)) : 0, minutes < 60 else { return nil }
        let isEast = text[sign] == "+"
        text = text[..<sign]
        return (isEast ? 1 : -1) * (hours * 60 + minutes)
    }

    private static func digits(_ text: some StringProtocol) -> Int? {
        guard text.utf8.count == 2, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text)
    }

    /// The day of `2008-05-31`, `31-May-2008`, or the first of a year; nil for anything else, and for year 0, which files
    /// write for "unknown".
    package static func day(_ text: String) -> EventDay? {
        if let day = EventDay(text) { return day }
        if text.utf8.count == 4, let year = Int(text), year > 0 { return EventDay(year: year, month: 1, day: 1) }
        let parts = text.split(separator: "-")
        let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        guard parts.count == 3, let day = Int(parts[0]), let year = Int(parts[2]),
            let month = months.firstIndex(of: parts[1].lowercased())
        else { return nil }
        return EventDay(year: year, month: month + 1, day: day)
    }
}
