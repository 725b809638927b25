import ServiceKit

/// Threads for handlers that may wait, behind a bounded queue: what does not fit is refused at once, so that a slow store
/// becomes a quick 503 and not a heap of waiting requests.
final class WorkerPool: Sendable {
    typealias Job = @Sendable () -> Void

    private let jobs: BoundedQueue<Job>
    private let threads: [WorkerThread]

    /// Starts `threadCount` threads; at most `queueLimit` jobs wait for one.
    init(threadCount: Int, queueLimit: Int) throws {
        let jobs = BoundedQueue<Job>(capacity: queueLimit)
        self.jobs = jobs
        do {
            threads = try (0..<threadCount).map { index in
                try WorkerThread(name: "http-worker-\(index)") {
                    while let job = jobs.pop() { job() }
                }
            }
        } catch {
            jobs.close()
            throw error
        }
    }

    /// Queues a job.
    /// - Returns: false, and the job is dropped, when the queue is full or the pool stops.
    func submit(_ job: @escaping Job) -> Bool { jobs.push(job, timeout: .zero) }

    /// Jobs that wait now.
    var waitingCount: Int { jobs.count }

    /// Runs what is queued, then ends the threads and waits for them.
    func stop() {
        jobs.close()
        for thread in threads { _ = thread.join(upTo: nil) }
    }
}
