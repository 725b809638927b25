public import ServiceKit

/// Writes requests to the log, one line each.
public struct AccessLog: RequestObserver {
    /// Which requests.
    public enum Selection: String, Sendable, CaseIterable {
        /// None.
        case none
        /// Those the server failed (5xx), and those that took longer than the slow time.
        case problems
        /// All.
        case all
    }

    private let selection: Selection
    private let slow: Duration
    private let logger: Logger

    /// Writes to `logger` what `selection` says; `slow` is how long a request may take before it is a problem.
    public init(_ selection: Selection, slow: Duration = .milliseconds(500), logger: Logger = Logger(label: "access")) {
        self.selection = selection
        self.slow = slow
        self.logger = logger
    }

    /// Writes a request when it is among the selected.
    public func requestCompleted(_ record: RequestRecord) {
        let isProblem = (record.status?.rawValue ?? 0) >= 500 || record.duration > slow
        guard selection == .all || (selection == .problems && isProblem) else { return }
        let level = isProblem ? LogLevel.warning : .info
        logger.log(
            level, "\(record.method.name) \(String(decoding: record.target, as: UTF8.self))",
            [
                "status": record.status.map { "\($0.rawValue)" } ?? "none",
                "ms": "\((record.duration.secondCount * 100_000).rounded() / 100)",
                "bytes": "\(record.responseByteCount)", "from": record.remoteAddress,
                "complete": "\(record.isComplete)",
            ])
    }
}
