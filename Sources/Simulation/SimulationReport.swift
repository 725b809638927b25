public import Domain

/// What a simulation wrote.
public struct SimulationReport: Sendable, Equatable {
    /// Events in all.
    public internal(set) var events: Int64 = 0
    /// Events that were a `listen`.
    public internal(set) var listens: Int64 = 0
    /// Events that were a `skip`.
    public internal(set) var skips: Int64 = 0
    /// Events that were a `complete`.
    public internal(set) var completes: Int64 = 0
    /// Start of the earliest play, epoch milliseconds; nil when there is none.
    public internal(set) var firstTimestamp: Int64?
    /// Start of the latest play.
    public internal(set) var lastTimestamp: Int64?
    /// How long it took.
    public internal(set) var elapsed: Duration = .zero
    /// Whether it was told to stop before it was done.
    public internal(set) var wasStopped = false

    mutating func add(_ event: ListeningEvent) {
        events += 1
        switch event.action {
        case .listen: listens += 1
        case .skip: skips += 1
        case .complete: completes += 1
        }
        firstTimestamp = min(firstTimestamp ?? event.timestamp, event.timestamp)
        lastTimestamp = max(lastTimestamp ?? event.timestamp, event.timestamp)
    }
}

/// How far a simulation is.
public struct SimulationProgress: Sendable, Equatable {
    /// Events written.
    public let events: Int64
    /// Events there will be; nil when it runs until it is stopped.
    public let total: Int64?
    /// The day being written.
    public let day: EventDay
}
