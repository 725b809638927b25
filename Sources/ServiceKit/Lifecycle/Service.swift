/// A part of the program that runs until it is told to stop.
public protocol Service: Sendable {
    /// Short name for logs and threads.
    var name: String { get }

    /// Does the work on the calling thread and returns soon after `stop` is given, having lost nothing it accepted.
    ///
    /// - Throws: when the work cannot go on; the group then stops the other services.
    func run(until stop: StopSignal) throws
}
