import Domain
public import ServiceKit
public import Storage

/// Keeps the embedded log from growing for ever: what the lake has had for longer than the retention goes. Kafka does that
/// by itself (`retention.ms`).
public final class LogRetention: Service {
    /// Name of the service.
    public let name = "log-retention"
    private let log: SQLiteEventLog
    private let lake: any EventLake
    private let retention: Duration
    private let interval: Duration
    private let logger = Logger(label: "log-retention")

    /// - Parameters:
    ///   - retention: how long an event stays in the log, at least.
    ///   - interval: how often it is looked for older ones.
    public init(log: SQLiteEventLog, lake: any EventLake, retention: Duration, interval: Duration = .seconds(600)) {
        self.log = log
        self.lake = lake
        self.retention = retention
        self.interval = interval
    }

    /// Deletes events and dead letters that are older than the retention, but no event that is not in the lake, nor one that
    /// some group which commits its positions has yet to read.
    ///
    /// - Returns: how many are gone.
    @discardableResult
    public func trim() throws -> Int {
        guard try !log.offsets().isEmpty else { return 0 }
        // Read before the log is touched: the lake's positions only go forward.
        let positions = try lake.positions(topic: log.topic)
        let events = try log.trim(olderThan: retention, notBeyond: positions)
        guard let letters = try log.sibling(topic: "\(log.topic)_rejected") as? SQLiteEventLog else { return events }
        defer { letters.close() }
        return try letters.offsets().isEmpty ? events : events + letters.trim(olderThan: retention)
    }

    /// Trims from time to time. A failure is logged, and the next time tries again: nothing depends on it but room.
    public func run(until stop: StopSignal) throws {
        repeat {
            do {
                let count = try trim()
                if count > 0 { logger.info("trimmed the log", ["events": "\(count)"]) }
            } catch {
                logger.warning("the log could not be trimmed; trying again later", ["error": "\(error)"])
            }
        } while !stop.wait(for: interval)
    }
}
