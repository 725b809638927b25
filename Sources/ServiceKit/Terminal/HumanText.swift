/// Numbers as people like to read them.
public enum HumanText {
    /// `1,234,567`.
    public static func count(_ value: Int64) -> String {
        let digits = String(value.magnitude)
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { grouped.append(",") }
            grouped.append(digit)
        }
        return value < 0 ? "-" + grouped : grouped
    }

    /// `1,234,567`.
    public static func count(_ value: Int) -> String { count(Int64(value)) }

    /// `950`, `1.2k`, `35M`: two significant digits or more, at most five characters for up to 999 trillion.
    public static func short(_ value: Double) -> String {
        scaled(value, base: 1000, units: ["", "k", "M", "G", "T"])
    }

    /// `512 B`, `1.5 KiB`, `20 MiB`.
    public static func bytes(_ byteCount: Int64) -> String {
        scaled(Double(byteCount), base: 1024, units: [" B", " KiB", " MiB", " GiB", " TiB", " PiB"])
    }

    /// `850 µs`, `12 ms`, `3.4 s`, `2m 05s`, `1h 02m`, `3d 04h`.
    public static func duration(_ duration: Duration) -> String {
        let seconds = duration.secondCount
        if seconds < 0 { return "-" + self.duration(.zero - duration) }
        switch seconds {
        case 0: return "0 s"
        case ..<0.001: return "\(Int((seconds * 1e6).rounded())) µs"
        case ..<1: return "\(Int((seconds * 1e3).rounded())) ms"
        case ..<10: return "\(fixed(seconds, digits: 1)) s"
        case ..<59.5: return "\(Int(seconds.rounded())) s"
        default: break
        }
        let whole = Int64(min(seconds.rounded(), 1e15))
        if whole < 3600 { return "\(whole / 60)m \(twoDigits(whole % 60))s" }
        if whole < 86_400 { return "\(whole / 3600)h \(twoDigits(whole / 60 % 60))m" }
        return "\(whole / 86_400)d \(twoDigits(whole / 3600 % 24))h"
    }

    /// A number with so many digits after the point, without Foundation's formatter.
    public static func fixed(_ value: Double, digits: Int) -> String {
        precondition((0...15).contains(digits))
        guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        guard value.magnitude * scale < 9e18 else { return "\(value)" }
        let scaled = Int64((value.magnitude * scale).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(scaled)" }
        let (whole, fraction) = scaled.quotientAndRemainder(dividingBy: Int64(scale))
        let text = String(fraction)
        return "\(sign)\(whole).\(String(repeating: "0", count: digits - text.count))\(text)"
    }

    private static func scaled(_ value: Double, base: Double, units: [String]) -> String {
        guard value.isFinite else { return "\(value)" }
        var (rest, unit) = (value.magnitude, 0)
        // 999.5 would be shown as 1000 of the smaller unit.
        while rest >= base - (unit == 0 ? 0 : 0.5), unit < units.count - 1 { (rest, unit) = (rest / base, unit + 1) }
        let digits = unit > 0 && rest < 9.95 ? 1 : 0
        return (value < 0 ? "-" : "") + fixed(rest, digits: digits) + units[unit]
    }

    private static func twoDigits(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
