/// What had gone through the pipeline at one moment: two of them make a rate.
package struct ThroughputSample: Sendable, Equatable {
    /// Epoch milliseconds.
    package var at: Int64
    /// Events ever appended to the log; nil when the log did not answer.
    package var appended: Int64?
    /// Events in the log that no commit of the lake covers; nil when that could not be read.
    package var lag: Int64?
    /// Requests this daemon has answered.
    package var requests: Int64

    package init(at: Int64, appended: Int64?, lag: Int64?, requests: Int64) {
        self.at = at
        self.appended = appended
        self.lag = lag
        self.requests = requests
    }
}

/// The newest samples, oldest first.
package struct ThroughputSamples: Sendable {
    private static let limit = 300
    /// Samples further apart are no longer one curve: nobody looked in between.
    private static let longestGap: Int64 = 60_000
    /// How far back `eventsPerSecond` looks.
    private static let rateWindow: Int64 = 10_000

    package private(set) var all: [ThroughputSample] = []

    package init() {}

    /// Adds a sample that is newer than the others.
    package mutating func append(_ sample: ThroughputSample) {
        if let last = all.last, sample.at - last.at > Self.longestGap || sample.at <= last.at { all.removeAll() }
        all.append(sample)
        if all.count > Self.limit { all.removeFirst(all.count - Self.limit) }
    }

    /// Events appended a second over the last ten seconds; nil before there are two samples of the log.
    package var eventsPerSecond: Double? {
        guard let last = all.last(where: { $0.appended != nil }), let newest = last.appended else { return nil }
        let first = all.first { $0.appended != nil && last.at - $0.at <= Self.rateWindow }
        guard let first, let oldest = first.appended, last.at > first.at else { return nil }
        return Double(max(0, newest - oldest)) * 1000 / Double(last.at - first.at)
    }
}
