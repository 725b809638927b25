import Synchronization

/// Shows how far a long job is: a bar with rate and time left on a terminal, a plain line now and then elsewhere.
///
/// May be updated from many threads and in tight loops: it redraws ten times a second at most.
///
///     Training   ███████████▌           58%  35M/60M events  2.1M/s  12 s left
public final class ProgressBar: Sendable {
    private struct State {
        var value: Int64 = 0
        var total: Int64?
        var note = ""
        var lastDrawn: MonotonicTime
        var isFinished = false
    }

    private static let redrawInterval = Duration.milliseconds(100)
    private static let plainInterval = Duration.seconds(10)
    private let title: String
    private let unit: String
    private let output: any ProgressOutput
    private let now: @Sendable () -> MonotonicTime
    private let start: MonotonicTime
    private let state: Mutex<State>

    /// A bar on standard error.
    ///
    /// - Parameters:
    ///   - total: what 100 % is; nil when it is not known.
    ///   - unit: plural noun of what is counted.
    public convenience init(_ title: String, total: Int64?, unit: String) {
        self.init(title, total: total, unit: unit, output: LiveLine.standardError) { .now }
    }

    package init(
        _ title: String, total: Int64?, unit: String, output: any ProgressOutput,
        now: @escaping @Sendable () -> MonotonicTime
    ) {
        self.title = title
        self.unit = unit
        self.output = output
        self.now = now
        start = now()
        // On a terminal the bar is there at once, in a file the first line comes after an interval.
        let interval = output.isTTY ? Self.redrawInterval : .zero
        state = Mutex(State(total: total, lastDrawn: start.advanced(by: .zero - interval)))
    }

    /// Sets how much is done.
    ///
    /// - Parameter note: what to show at the end of the line, such as the day being written.
    public func update(to value: Int64, total: Int64? = nil, note: String? = nil) {
        change { state in
            state.value = value
            if let total { state.total = total }
            if let note { state.note = note }
        }
    }

    /// Adds to how much is done.
    public func advance(by amount: Int64 = 1) {
        change { $0.value += amount }
    }

    /// Draws the end: how much was done, how fast, how long it took. Later updates are ignored.
    public func finish(note: String? = nil) {
        let line = state.withLock { state -> String? in
            guard !state.isFinished else { return nil }
            state.isFinished = true
            if let note { state.note = note }
            return summary(state)
        }
        guard let line else { return }
        if output.isTTY {
            output.show(DisplayWidth.truncated(line, to: output.width))
            output.finish()
        } else {
            output.writeAbove(Array("\(line)\n".utf8))
        }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            guard !state.isFinished else { return }
            body(&state)
            let moment = now()
            let interval = output.isTTY ? Self.redrawInterval : Self.plainInterval
            guard moment.duration(since: state.lastDrawn) >= interval else { return }
            state.lastDrawn = moment
            if output.isTTY {
                output.show(bar(state))
            } else {
                output.writeAbove(Array("\(plain(state))\n".utf8))
            }
        }
    }

    private func bar(_ state: State) -> String {
        let facts = self.facts(state)
        guard let fraction = fraction(state) else {
            return DisplayWidth.truncated("\(title)  \(facts)", to: output.width - 1)
        }
        let percent = String(Int(fraction * 100))
        let end = "\(String(repeating: " ", count: 4 - percent.count))\(percent)%  \(facts)"
        let cells = min(40, output.width - 4 - DisplayWidth.columns(of: title) - DisplayWidth.columns(of: end))
        let drawn = cells < 5 ? "" : Self.cells(fraction, count: cells)
        return DisplayWidth.truncated("\(title)  \(drawn)\(end)", to: output.width - 1)
    }

    /// Eighths of a cell, so that a slow job is seen moving.
    private static func cells(_ fraction: Double, count: Int) -> String {
        let eighths = Int(fraction * Double(count * 8))
        let partial = eighths % 8 == 0 ? "" : String(["▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8 - 1])
        let filled = String(repeating: "█", count: eighths / 8) + partial
        return filled + String(repeating: "·", count: max(0, count - eighths / 8 - (partial.isEmpty ? 0 : 1)))
    }

    private func plain(_ state: State) -> String {
        let percent = fraction(state).map { "\(Int($0 * 100))%  " } ?? ""
        return "\(title)  \(percent)\(facts(state))"
    }

    private func facts(_ state: State) -> String {
        let of = state.total.map { "/\(HumanText.short(Double($0)))" } ?? ""
        var facts = "\(HumanText.short(Double(state.value)))\(of) \(unit)"
        let elapsed = now().duration(since: start).secondCount
        if elapsed > 0.5, state.value > 0 {
            let rate = Double(state.value) / elapsed
            facts += "  \(HumanText.short(rate))/s"
            if let total = state.total, total > state.value {
                facts += "  \(HumanText.duration(.seconds(Double(total - state.value) / rate))) left"
            }
        }
        return state.note.isEmpty ? facts : "\(facts)  \(state.note)"
    }

    private func summary(_ state: State) -> String {
        let elapsed = now().duration(since: start)
        let rate = elapsed > .zero ? HumanText.short(Double(state.value) / elapsed.secondCount) : "–"
        let note = state.note.isEmpty ? "" : "  \(state.note)"
        return "\(title)  \(HumanText.count(state.value)) \(unit) in \(HumanText.duration(elapsed))  \(rate)/s\(note)"
    }

    private func fraction(_ state: State) -> Double? {
        state.total.map { $0 > 0 ? min(1, max(0, Double(state.value) / Double($0))) : 1 }
    }
}
