import Synchronization

/// One line that always shows the newest state of a running program: drawn over on a terminal, a plain line now and then
/// elsewhere. Log lines appear above it.
public final class StatusLine: Sendable {
    private let output: any ProgressOutput
    private let plainInterval: Duration
    private let now: @Sendable () -> MonotonicTime
    private let lastPlain: Mutex<MonotonicTime?> = Mutex(nil)

    /// A status line on standard error.
    ///
    /// - Parameter plainInterval: how often a plain line is written when it is no terminal.
    public convenience init(plainInterval: Duration = .seconds(60)) {
        self.init(plainInterval: plainInterval, output: LiveLine.standardError) { .now }
    }

    package init(plainInterval: Duration, output: any ProgressOutput, now: @escaping @Sendable () -> MonotonicTime) {
        self.plainInterval = plainInterval
        self.output = output
        self.now = now
    }

    /// Shows `text`; what is too long for the line is cut.
    public func show(_ text: String) {
        guard !output.isTTY else { return output.show(DisplayWidth.truncated(text, to: output.width - 1)) }
        let isDue = lastPlain.withLock { last in
            let moment = now()
            if let last, moment.duration(since: last) < plainInterval { return false }
            last = moment
            return true
        }
        if isDue { output.writeAbove(Array("\(text)\n".utf8)) }
    }

    /// Takes the line away.
    public func clear() {
        if output.isTTY { output.show("") }
    }
}
