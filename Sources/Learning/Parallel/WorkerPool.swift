import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A fixed set of threads that work through plans of chunks, each thread taking the next chunk when it is free.
///
/// The calling thread is worker 0; a pool of one thread has no other. Nothing is allocated while a plan runs: scratch
/// belongs to the caller, one piece a worker, picked by the worker number the body is given. The results must not depend on which
/// worker took which chunk; then they do not depend on the number of threads either.
///
/// ```
/// let pool = WorkerPool(threadCount: 4)
/// pool.run(WorkPlan(count: rows, chunkSize: 256)) { rows, worker in … }
/// ```
public final class WorkerPool: Sendable {
    /// Workers, the calling thread included.
    public let threadCount: Int
    private let core: Core
    private let threads: [pthread_t]

    /// Starts `threadCount - 1` threads.
    ///
    /// - Parameter threadCount: workers, the caller included; nil for one a processor. When the system refuses a thread, the
    ///   pool works with those it got.
    public init(threadCount: Int? = nil) {
        let wanted = max(1, threadCount ?? Self.processorCount)
        let core = Core()
        var threads: [pthread_t] = []
        for worker in 1..<max(wanted, 1) {
            guard let thread = Self.startThread(core: core, worker: worker) else { break }
            threads.append(thread)
        }
        self.core = core
        self.threads = threads
        self.threadCount = threads.count + 1
    }

    deinit {
        core.stop()
        for thread in threads { pthread_join(thread, nil) }
    }

    /// Processors this process may run on.
    public static var processorCount: Int {
        max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    /// Runs `body(chunk, worker)` once for every chunk of the plan and returns when all are done. `worker` is
    /// `0..<threadCount`, and no two chunks run with the same worker number at once.
    ///
    /// Calls from several threads queue up; a call from inside a body deadlocks. The body runs on other threads while this
    /// call lasts: it may write to memory the chunks do not share, and read what nobody writes.
    public func run(_ plan: WorkPlan, _ body: (Range<Int>, Int) -> Void) {
        guard plan.chunkCount > 0 else { return }
        if threadCount == 1 || plan.chunkCount == 1 {
            core.exclusively { for chunk in 0..<plan.chunkCount { body(plan[chunk], 0) } }
            return
        }
        withoutActuallyEscaping(body) { body in
            core.exclusively {
                core.begin(Core.Job(plan: plan, body: body, workers: threadCount))
                core.drain(worker: 0)
                core.awaitEnd()
            }
        }
    }

    private static func startThread(core: Core, worker: Int) -> pthread_t? {
        let start = Unmanaged.passRetained(Start(core: core, worker: worker))
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        let status = pthread_create(
            &thread, nil,
            { argument in
                #if canImport(Darwin)
                    let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                #else
                    guard let argument else { return nil }
                    let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                #endif
                start.core.work(worker: start.worker)
                return nil
            }, start.toOpaque())
        guard status == 0 else {
            start.release()
            return nil
        }
        return thread
    }

    /// What a new thread is told.
    private final class Start {
        let core: Core
        let worker: Int
        init(core: Core, worker: Int) {
            self.core = core
            self.worker = worker
        }
    }
}

/// What the threads share.
///
/// `@unchecked Sendable`: `job`, `generation`, `busy` and `isStopping` are only touched with `mutex` held, except that `drain`
/// reads the job it took under the lock; the job outlives every drain because `run` waits for `busy == 0`.
private final class Core: @unchecked Sendable {
    /// One call of `run`.
    struct Job {
        let plan: WorkPlan
        let body: (Range<Int>, Int) -> Void
        let workers: Int
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let callers = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let done = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let nextChunk = Atomic<Int>(0)
    private var job: Job?
    private var generation: UInt64 = 0
    private var busy = 0
    private var isStopping = false

    init() {
        // With default attributes these fail only for want of memory or of the permission to have a mutex at all.
        let status = [
            pthread_mutex_init(mutex, nil), pthread_mutex_init(callers, nil), pthread_cond_init(wake, nil),
            pthread_cond_init(done, nil),
        ]
        precondition(status.allSatisfy { $0 == 0 }, "the system has no mutex or condition variable left")
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_mutex_destroy(callers)
        pthread_cond_destroy(wake)
        pthread_cond_destroy(done)
        mutex.deallocate()
        callers.deallocate()
        wake.deallocate()
        done.deallocate()
    }

    func exclusively(_ body: () -> Void) {
        pthread_mutex_lock(callers)
        body()
        pthread_mutex_unlock(callers)
    }

    func begin(_ job: Job) {
        pthread_mutex_lock(mutex)
        self.job = job
        nextChunk.store(0, ordering: .relaxed)
        generation += 1
        busy = job.workers - 1
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(mutex)
    }

    /// Takes chunks of the current job until none is left.
    func drain(worker: Int) {
        guard let job else { return }
        while true {
            let chunk = nextChunk.wrappingAdd(1, ordering: .relaxed).oldValue
            guard chunk < job.plan.chunkCount else { return }
            job.body(job.plan[chunk], worker)
        }
    }

    func awaitEnd() {
        pthread_mutex_lock(mutex)
        while busy > 0 { pthread_cond_wait(done, mutex) }
        job = nil
        pthread_mutex_unlock(mutex)
    }

    func work(worker: Int) {
        var seen: UInt64 = 0
        pthread_mutex_lock(mutex)
        while true {
            while generation == seen && !isStopping { pthread_cond_wait(wake, mutex) }
            if isStopping { break }
            seen = generation
            pthread_mutex_unlock(mutex)
            drain(worker: worker)
            pthread_mutex_lock(mutex)
            busy -= 1
            if busy == 0 { pthread_cond_signal(done) }
        }
        pthread_mutex_unlock(mutex)
    }

    func stop() {
        pthread_mutex_lock(mutex)
        isStopping = true
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(mutex)
    }
}
