import ServiceKit

/// Keeps one line about a running service on the terminal while it works.
enum LiveStatus {
    /// Runs `body` on the calling thread and shows what `describe` says four times a second meanwhile.
    static func show<Result>(_ describe: @escaping @Sendable () -> String, while body: () throws -> Result) throws
        -> Result
    {
        let line = StatusLine()
        let finished = StopSignal()
        let drawing = try WorkerThread(name: "status", stackByteCount: 1 << 19) {
            while !finished.wait(for: .milliseconds(250)) { line.show(describe()) }
        }
        defer {
            finished.stop()
            // Drawing cannot fail; the wait is for the line to be gone before anything else is printed.
            _ = drawing.join(upTo: .seconds(2))
            line.clear()
        }
        return try body()
    }
}
