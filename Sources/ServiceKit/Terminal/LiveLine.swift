import Synchronization

/// The bottom line of the terminal that is drawn over and over (progress, status), shared with the log: a log line
/// appears above it instead of through it.
final class LiveLine: Sendable {
    static let standardError = LiveLine(terminal: .standardError)

    let terminal: Terminal
    private let shown = Mutex("")

    init(terminal: Terminal) { self.terminal = terminal }

    /// Draws `text` in place of what stood there; empty takes the line away. Only on a terminal.
    func show(_ text: String) {
        shown.withLock { shown in
            guard text != shown else { return }
            shown = text
            terminal.write(Array("\r\(text)\u{1b}[K".utf8))
        }
    }

    /// Leaves the line as it is and goes on below it.
    func finish() {
        shown.withLock { shown in
            guard !shown.isEmpty else { return }
            shown = ""
            terminal.write([UInt8(ascii: "\n")])
        }
    }

    /// Writes whole lines above the live line.
    func writeAbove(_ lines: [UInt8]) {
        shown.withLock { shown in
            guard !shown.isEmpty else { return terminal.write(lines) }
            terminal.write(Array("\r\u{1b}[K".utf8) + lines + Array(shown.utf8))
        }
    }
}
