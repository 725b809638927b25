import Synchronization

/// Runs services side by side, each on a thread of its own, and ends them together.
///
/// They start in the order given and are stopped one after the other in reverse, so that a consumer outlives what feeds
/// it. The first failure stops all and is thrown; a service that returns by itself is simply done.
public final class ServiceGroup: Service {
    /// Short name for logs.
    public let name: String
    /// How long a service may take to stop before it is reported as slow. It is waited for nevertheless: what it
    /// accepted must not be lost; who cannot wait sends the second Ctrl-C.
    public let grace: Duration
    private let services: [any Service]
    private let stackByteCount: Int
    private let logger: Logger

    /// Groups services; nothing starts before `run`.
    public init(
        name: String = "services", _ services: [any Service], grace: Duration = .seconds(15),
        stackByteCount: Int = WorkerThread.defaultStackByteCount, logger: Logger = Logger(label: "lifecycle")
    ) {
        self.name = name
        self.services = services
        self.grace = grace
        self.stackByteCount = stackByteCount
        self.logger = logger
    }

    /// What is known of the services while they run.
    private struct Progress {
        var runningCount: Int
        var firstFailure: (any Error)?
    }

    private struct Member {
        let service: any Service
        let stop: StopSignal
        let thread: WorkerThread
    }

    /// Runs all services until `stop` is given, one fails, or all are done.
    ///
    /// - Throws: what the first failing service threw.
    public func run(until stop: StopSignal) throws {
        let progress = Monitor(Progress(runningCount: services.count, firstFailure: nil))
        // A sleeper on `progress` must also wake when `stop` is given: touching the lock is what wakes it.
        let removeHandler = stop.addHandler { progress.withLock { _ in } }
        defer { removeHandler() }
        var members: [Member] = []
        do {
            for service in services where !stop.isStopped {
                members.append(try start(service, reportingTo: progress))
            }
        } catch {
            progress.withLock { $0.firstFailure = $0.firstFailure ?? error }
        }
        progress.wait(upTo: nil) { progress -> Void? in
            stop.isStopped || progress.firstFailure != nil || progress.runningCount == 0 ? () : nil
        }
        for member in members.reversed() { end(member) }
        if let failure = progress.withLock({ $0.firstFailure }) { throw failure }
    }

    private func start(_ service: any Service, reportingTo progress: Monitor<Progress>) throws -> Member {
        let signal = StopSignal()
        let logger = self.logger
        let thread = try WorkerThread(name: service.name, stackByteCount: stackByteCount) {
            let result = Result { try service.run(until: signal) }
            progress.withLock { progress in
                progress.runningCount -= 1
                guard case .failure(let error) = result else { return }
                logger.error("service failed", ["service": service.name, "error": "\(error)"])
                progress.firstFailure = progress.firstFailure ?? error
            }
            if case .success = result { logger.debug("service ended", ["service": service.name]) }
        }
        logger.debug("service started", ["service": service.name])
        return Member(service: service, stop: signal, thread: thread)
    }

    private func end(_ member: Member) {
        let began = MonotonicTime.now
        member.stop.stop()
        while member.thread.join(upTo: grace) == nil {
            logger.warning(
                "service is slow to stop, waiting for it",
                ["service": member.service.name, "seconds": "\(Int(began.elapsed.secondCount.rounded()))"])
        }
    }
}
