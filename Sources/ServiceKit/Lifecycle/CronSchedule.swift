/// When to run, in the five fields of crontab(5): minute, hour, day of month, month, day of week; all in UTC, so no hour
/// is missing or doubled when daylight saving turns.
///
/// A field is `*`, a number, a name (`jan`, `mon`), a range `a-b`, a step `*/n` or `a-b/n`, or a list of these. Sunday is
/// 0 or 7. When both days are restricted, either of them fires, as in Vixie cron. `@hourly`, `@daily`, `@weekly`,
/// `@monthly` and `@yearly` are known.
public struct CronSchedule: Sendable, Hashable, CustomStringConvertible {
    /// The text it was made from.
    public let description: String
    private let minutes: UInt64
    private let hours: UInt64
    private let days: UInt64
    private let months: UInt64
    private let weekdays: UInt64
    private let needsBothDays: Bool

    /// Parses a schedule.
    ///
    /// - Throws: an error that names the field, what stands there and what is allowed.
    public init(_ text: String) throws {
        description = text
        let expanded = try Self.expandMacro(text)
        let fields = expanded.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard fields.count == 5 else {
            throw ServiceKitError.invalid(
                "schedule \"\(text)\" has \(fields.count) fields; it needs five: minute hour day-of-month month "
                    + "day-of-week, such as \"0 3 * * *\" for every night at 03:00 UTC")
        }
        minutes = try CronField.minute.parse(fields[0], of: text)
        hours = try CronField.hour.parse(fields[1], of: text)
        days = try CronField.dayOfMonth.parse(fields[2], of: text)
        months = try CronField.month.parse(fields[3], of: text)
        let parsed = try CronField.dayOfWeek.parse(fields[4], of: text)
        weekdays = (parsed | (parsed >> 7)) & 0x7f
        needsBothDays = fields[2].hasPrefix("*") || fields[4].hasPrefix("*")
    }

    /// First minute strictly after an instant at which the schedule fires.
    ///
    /// - Parameter epochMilliseconds: the instant.
    /// - Returns: epoch milliseconds, or nil when no such day exists (30 February).
    /// - Complexity: a step a day at most, held to 28 years, after which the calendar repeats (400 for century leaps).
    public func next(after epochMilliseconds: Int64) -> Int64? {
        let start = UTCTime(epochMilliseconds: epochMilliseconds)
        var (year, month, day) = (start.year, start.month, start.day)
        var isFirstDay = true
        // 29 February on one weekday can be 40 years away (1900, 2100 are no leap years).
        while year <= start.year + 41 {
            if Self.contains(months, month), firesOn(year: year, month: month, day: day),
                let (hour, minute) = firstTime(notBefore: isFirstDay ? start.hour * 60 + start.minute + 1 : 0)
            {
                return UTCTime.epochMilliseconds(year: year, month: month, day: day, hour: hour, minute: minute)
            }
            isFirstDay = false
            day += 1
            if day > UTCTime.dayCount(ofMonth: month, year: year) || !Self.contains(months, month) {
                (month, day) = (month + 1, 1)
            }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        return nil
    }

    private func firesOn(year: Int, month: Int, day: Int) -> Bool {
        let midnight = UTCTime.epochMilliseconds(year: year, month: month, day: day)
        let matchesDay = Self.contains(days, day)
        let matchesWeekday = Self.contains(weekdays, UTCTime(epochMilliseconds: midnight).weekday)
        return needsBothDays ? matchesDay && matchesWeekday : matchesDay || matchesWeekday
    }

    private func firstTime(notBefore minuteOfDay: Int) -> (hour: Int, minute: Int)? {
        guard minuteOfDay < 24 * 60 else { return nil }
        for hour in minuteOfDay / 60..<24 where Self.contains(hours, hour) {
            let first = hour == minuteOfDay / 60 ? minuteOfDay % 60 : 0
            if let minute = (first..<60).first(where: { Self.contains(minutes, $0) }) { return (hour, minute) }
        }
        return nil
    }

    private static func contains(_ set: UInt64, _ value: Int) -> Bool { set >> UInt64(value) & 1 == 1 }

    private static func expandMacro(_ text: String) throws -> String {
        guard text.hasPrefix("@") else { return text }
        let macros = [
            "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
            "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
        ]
        guard let expanded = macros[text.lowercased()] else {
            throw ServiceKitError.invalid(
                "schedule \"\(text)\" is not known; allowed are \(macros.keys.sorted().joined(separator: ", ")) "
                    + "or five fields")
        }
        return expanded
    }
}

/// One field of a schedule: its range, its names, its parser.
private struct CronField {
    let name: String
    let range: ClosedRange<Int>
    var names: [String] = []

    static let minute = CronField(name: "minute", range: 0...59)
    static let hour = CronField(name: "hour", range: 0...23)
    static let dayOfMonth = CronField(name: "day of month", range: 1...31)
    static let month = CronField(
        name: "month", range: 1...12,
        names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
    static let dayOfWeek = CronField(
        name: "day of week", range: 0...7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])

    /// The values as a bit set.
    func parse(_ field: String, of schedule: String) throws -> UInt64 {
        var set: UInt64 = 0
        for item in field.split(separator: ",", omittingEmptySubsequences: false) {
            for value in try values(of: String(item), in: schedule) { set |= 1 << UInt64(value) }
        }
        return set
    }

    private func values(of item: String, in schedule: String) throws -> StrideThrough<Int> {
        let parts = item.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2 else { throw wrong(item, in: schedule) }
        var step = 1
        if parts.count == 2 {
            guard let parsed = Int(parts[1]), parsed > 0 else { throw wrong(item, in: schedule) }
            step = parsed
        }
        if parts[0] == "*" { return stride(from: range.lowerBound, through: range.upperBound, by: step) }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard ends.count <= 2, let first = number(ends[0]), let last = ends.count == 2 ? number(ends[1]) : first,
            first <= last
        else { throw wrong(item, in: schedule) }
        // `5/10` means: from 5 to the end, every 10.
        return stride(from: first, through: ends.count == 1 && parts.count == 2 ? range.upperBound : last, by: step)
    }

    private func number(_ text: String) -> Int? {
        if let index = names.firstIndex(of: text.lowercased()) { return index + range.lowerBound }
        guard let value = Int(text), range.contains(value), !text.hasPrefix("+") else { return nil }
        return value
    }

    private func wrong(_ item: String, in schedule: String) -> ServiceKitError {
        let named = names.isEmpty ? "" : ", \(names[0]) … \(names[names.count - 1])"
        return .invalid(
            "schedule \"\(schedule)\": \"\(item)\" is not a \(name); allowed are \(range.lowerBound) … "
                + "\(range.upperBound)\(named), *, ranges a-b, steps /n and lists of these")
    }
}
