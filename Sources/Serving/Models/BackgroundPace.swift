import ServiceKit

/// Lets a thread work in short turns with longer rests between, so that it never keeps a processor from the event threads
/// for as long as a request may take.
///
/// A low priority alone does not do that: once the scheduler gives a thread its turn, it keeps it for milliseconds (the
/// base slice of Linux is about 3 ms), and a request that arrives on that processor waits for all of them.
final class BackgroundPace {
    /// Longer than a rest costs (two switches, some microseconds), shorter than the latency anybody minds.
    private static let turn = Duration.microseconds(200).clampedNanoseconds
    private static let rest = Duration.microseconds(400)

    private let stop: StopSignal
    private let isPaced: Bool
    private var turnEnd: Int64

    /// - Parameters:
    ///   - stop: ends the work.
    ///   - isPaced: false before anybody can be disturbed, when being ready soon is all that counts.
    init(until stop: StopSignal, isPaced: Bool) {
        self.stop = stop
        self.isPaced = isPaced
        turnEnd = MonotonicTime.now.nanoseconds + Self.turn
    }

    /// Rests when the turn is over. Call it every few microseconds of work.
    ///
    /// - Throws: `Stopped` when the signal was given.
    /// - Complexity: one look at the clock when there is nothing to do
    func breathe() throws {
        guard !stop.isStopped else { throw Stopped() }
        guard isPaced, MonotonicTime.now.nanoseconds >= turnEnd else { return }
        stop.wait(for: Self.rest)
        turnEnd = MonotonicTime.now.nanoseconds + Self.turn
    }

    /// The daemon ends; what was begun is dropped.
    struct Stopped: Error {}
}
