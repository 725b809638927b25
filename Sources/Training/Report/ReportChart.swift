import ServiceKit

/// Small charts as inline SVG. Colours are the page's variables, so that they follow light and dark.
enum ReportChart {
    private static let width = 520.0
    private static let height = 230.0
    private static let left = 66.0
    private static let bottom = 30.0
    private static let top = 12.0

    /// A point of a line.
    struct Point {
        var x: Double
        var y: Double
        /// What stands below it.
        var label: String
        /// What it says when it is pointed at.
        var title: String
        /// Whether it is drawn in the second colour.
        var isMarked = false
    }

    /// A line through points, values from their least to their greatest.
    static func line(_ points: [Point], label: String, digits: Int) -> String {
        guard let low = points.map(\.y).min(), let high = points.map(\.y).max(), let first = points.map(\.x).min(),
            let last = points.map(\.x).max()
        else { return "<p class=\"none\">nothing was measured</p>" }
        let margin = max((high - low) * 0.08, abs(high) * 1e-6, 1e-9)
        let (bottomValue, topValue) = (low - margin, high + margin)
        func x(_ value: Double) -> Double { left + (last > first ? (value - first) / (last - first) : 0.5) * plotWidth }
        func y(_ value: Double) -> Double {
            top + (1 - (value - bottomValue) / (topValue - bottomValue)) * plotHeight
        }
        var body = grid(bottomValue, topValue, digits: digits)
        let path = points.map { "\(text(x($0.x))),\(text(y($0.y)))" }.joined(separator: " ")
        body += "<polyline class=\"line s0\" points=\"\(path)\"/>"
        // As many labels as have room, the last among them.
        let step = (points.count + 15) / 16
        for (index, point) in points.enumerated() {
            body += "<circle class=\"dot s\(point.isMarked ? 1 : 0)\" cx=\"\(text(x(point.x)))\" "
            body += "cy=\"\(text(y(point.y)))\" r=\"3.4\">"
            body += "<title>\(escaped(point.title)): \(number(point.y, digits: digits))</title></circle>"
            guard (points.count - 1 - index) % step == 0, !point.label.isEmpty else { continue }
            // A word at an end grows inwards.
            let isWord = point.label.count > 3 && last > first
            let anchor = !isWord ? "middle" : (point.x == last ? "end" : (point.x == first ? "start" : "middle"))
            body += axisText(x(point.x), point.label, anchor: anchor)
        }
        return svg(body, label: label)
    }

    /// Two or more histograms over one another.
    static func histograms(_ histograms: [TrainingReport.Histogram], label: String) -> String {
        guard let low = histograms.map(\.low).min(), let high = histograms.map(\.high).max(), low < high else {
            return "<p class=\"none\">nothing to show</p>"
        }
        let peak = max(histograms.flatMap(\.shares).max() ?? 1, 1e-9)
        func x(_ value: Double) -> Double { left + (value - low) / (high - low) * plotWidth }
        var body = grid(0, 100 * peak, digits: peak < 0.2 ? 1 : 0, unit: " %")
        for (index, histogram) in histograms.enumerated() {
            let step = (histogram.high - histogram.low) / Double(histogram.shares.count)
            var path = "M\(text(x(histogram.low))),\(text(top + plotHeight))"
            for (bin, share) in histogram.shares.enumerated() {
                let y = top + plotHeight * (1 - share / peak)
                let from = histogram.low + Double(bin) * step
                path += "L\(text(x(from))),\(text(y))L\(text(x(from + step))),\(text(y))"
            }
            path += "L\(text(x(histogram.high))),\(text(top + plotHeight))Z"
            body += "<path class=\"area s\(index)\" d=\"\(path)\"/>"
        }
        body += axisText(x(low), HumanText.fixed(low, digits: 2), anchor: "start")
        body += axisText(x(high), HumanText.fixed(high, digits: 2), anchor: "end")
        return svg(body, label: label)
            + legend(histograms.map { "\($0.name), mean \(HumanText.fixed($0.mean, digits: 3))" })
    }

    /// Bars side by side, groups numbered from 1, values as shares.
    static func bars(_ groups: [[Double]], names: [String], label: String) -> String {
        let peak = max(groups.flatMap { $0 }.max() ?? 1, 1e-9)
        var body = grid(0, 100 * peak, digits: 0, unit: " %")
        let slot = plotWidth / Double(max(1, groups.count))
        let bar = slot * 0.78 / Double(max(1, names.count))
        for (group, values) in groups.enumerated() {
            for (index, value) in values.enumerated() {
                let size = plotHeight * value / peak
                let x = left + slot * (Double(group) + 0.11) + bar * Double(index)
                body += "<rect class=\"bar s\(index)\" x=\"\(text(x))\" y=\"\(text(top + plotHeight - size))\" "
                body += "width=\"\(text(bar * 0.92))\" height=\"\(text(size))\" rx=\"1.5\">"
                body +=
                    "<title>\(group + 1): \(escaped(names[index])) \(HumanText.fixed(100 * value, digits: 1)) %</title></rect>"
            }
            body += axisText(left + slot * (Double(group) + 0.5), "\(group + 1)", anchor: "middle")
        }
        return svg(body, label: label) + legend(names)
    }

    /// Text that may stand in HTML.
    static func escaped(_ text: String) -> String {
        var out = ""
        for character in text {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            default: out.append(character)
            }
        }
        return out
    }

    private static var plotWidth: Double { width - left - 12 }
    private static var plotHeight: Double { height - top - bottom }

    private static func text(_ value: Double) -> String { HumanText.fixed(value, digits: 1) }

    private static func grid(_ low: Double, _ high: Double, digits: Int, unit: String = "") -> String {
        (0...4).map { line in
            let share = Double(line) / 4
            let y = top + plotHeight * (1 - share)
            let value = low + (high - low) * share
            let label = number(value, digits: digits)
            return "<line class=\"grid\" x1=\"\(left)\" x2=\"\(width - 12)\" y1=\"\(text(y))\" y2=\"\(text(y))\"/>"
                + "<text x=\"\(left - 8)\" y=\"\(text(y + 4))\" text-anchor=\"end\">\(label)\(unit)</text>"
        }.joined()
    }

    /// Large numbers whole: shortened, neighbours on an axis would read the same.
    private static func number(_ value: Double, digits: Int) -> String {
        value.magnitude >= 10_000 && value.magnitude < 1e15
            ? HumanText.count(Int64(value.rounded())) : HumanText.fixed(value, digits: digits)
    }

    private static func axisText(_ x: Double, _ label: String, anchor: String) -> String {
        "<text x=\"\(text(x))\" y=\"\(height - 8)\" text-anchor=\"\(anchor)\">\(escaped(label))</text>"
    }

    private static func svg(_ body: String, label: String) -> String {
        "<svg viewBox=\"0 0 \(width) \(height)\" role=\"img\" aria-label=\"\(escaped(label))\">\(body)</svg>"
    }

    /// What the colours mean.
    static func legend(_ names: [String]) -> String {
        guard names.count > 1 else { return "" }
        let entries = names.enumerated().map { "<span><i class=\"s\($0.offset)\"></i>\(escaped($0.element))</span>" }
        return "<p class=\"legend\">\(entries.joined())</p>"
    }
}
