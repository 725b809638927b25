import Domain
import ServiceKit
import Storage
import Synchronization

/// The polling thread: records into batches, rebalances answered, group offsets committed last.
///
/// Everything here happens on one thread: the consumer calls the listener from inside `poll`.
final class Poller: EventLogRebalanceListener, @unchecked Sendable {
    // Sendable: only the thread that runs `run` and `close` touches the variables; the log calls the listener's methods
    // from inside `poll`, on that same thread (see `EventLogRebalanceListener`).
    private let log: any EventLog
    private let lake: any EventLake
    private let store: any DocumentStore
    private let options: IngestionOptions
    private let context: IngestionContext
    private let committer: BatchCommitter
    private let recent: RecentListenWriter?
    private var sampler: RecentListenSampler
    private let decoder = ListeningEventDecoder()
    private var consumer: (any EventLogConsumer)?
    // Not checked for overlapping access on every record: one thread, and nothing called in the middle of an access comes
    // back here.
    @exclusivity(unchecked) private var batch = OpenBatch(epoch: 0)
    /// Next offset to read of each assigned partition, nil while neither lake nor log has said one.
    private var positions: [Int32: Int64] = [:]
    private var lagMeasured = MonotonicTime.now
    /// Whether the log held more than we had polled, after the latest poll.
    private var isLagging = false

    init(
        log: any EventLog, lake: any EventLake, store: any DocumentStore, options: IngestionOptions,
        context: IngestionContext, committer: BatchCommitter, recent: RecentListenWriter?
    ) {
        self.log = log
        self.lake = lake
        self.store = store
        self.options = options
        self.context = context
        self.committer = committer
        self.recent = recent
        sampler = RecentListenSampler(rate: options.recentListenRate)
    }

    func run(until stop: StopSignal) throws {
        let consumer = try log.makeConsumer(group: options.group, listener: self)
        self.consumer = consumer
        var backoff = Backoff(initial: .milliseconds(200), maximum: .seconds(5))
        while !stop.isStopped {
            try context.throwFailure()
            do {
                let count = try turn(consumer)
                backoff.reset()
                if count == 0, options.isDraining, try isDrained() { break }
            } catch let error as StorageError where error.isRetriable {
                context.logger.warning("retrying", ["what": "polling the log", "error": "\(error)"])
                if stop.wait(for: backoff.next()) { break }
            }
        }
        try handOver(timeout: .seconds(10))
    }

    /// Commits the last offsets and leaves the group. Called when committer and counter are done.
    func close() throws {
        guard let consumer else { return }
        defer { self.consumer = nil }
        let committed = Result { try commitOffsets(consumer) }
        try consumer.close()
        try committed.get()
    }

    /// One poll and what follows from it.
    private func turn(_ consumer: any EventLogConsumer) throws -> Int {
        if batch.epoch != context.epoch { try resynchronise(consumer) }
        let room = options.batchEventCount - batch.recordCount
        let isFull = room <= 0 || batch.byteCount >= options.batchByteCount
        let now = context.now
        // Without room we poll for no records: it keeps us in the group while the committer is busy.
        let count = try consumer.poll(
            maxRecords: isFull ? 0 : min(room, 10_000), timeout: isFull ? .zero : pollTimeout
        ) { record in take(record, now: now) }
        offerRecent()
        try commitOffsets(consumer)
        let isLagging = try measureLag(consumer)
        if isDue(isLagging) {
            try handOver(timeout: isFull ? .milliseconds(200) : .zero)
        }
        // After the hand-over: what was just polled to the end is then in flight, and its plays are counted with the rest.
        if isLagging != self.isLagging {
            self.isLagging = isLagging
            context.setLagging(isLagging)
        }
        return count
    }

    private var pollTimeout: Duration {
        let longest = options.isDraining ? Duration.milliseconds(10) : .milliseconds(200)
        guard let begun = batch.begun else { return longest }
        return max(.zero, min(longest, options.batchDuration - begun.elapsed))
    }

    private func isDue(_ isLagging: Bool) -> Bool {
        guard let begun = batch.begun else { return false }
        return batch.recordCount >= options.batchEventCount || batch.byteCount >= options.batchByteCount
            || begun.elapsed >= options.batchDuration || options.isDraining && !isLagging
    }

    private func take(_ record: EventLogRecord, now: Int64) {
        batch.advance(
            partition: record.partition, past: record.offset, from: positions[record.partition],
            byteCount: record.value.count)
        do throws(EventRejection) {
            batch.append(try decoder.decode(record.value, now: now))
        } catch {
            batch.reject(DeadLetter(error, of: record))
        }
    }

    private func offerRecent() {
        guard let recent else { return }
        let (taken, left) = sampler.newRows(of: batch, isBehind: isLagging)
        if !taken.isEmpty { recent.offer(taken) }
        context.metrics.recentDropped.increment(by: left)
    }

    /// Gives the batch to the committer; keeps it when there is no room within `timeout`.
    private func handOver(timeout: Duration) throws {
        guard !batch.isEmpty, batch.epoch == context.epoch, committer.offer(batch, timeout: timeout) else { return }
        positions.merge(batch.to) { $1 }
        batch = OpenBatch(epoch: batch.epoch)
    }

    /// After a fenced batch or a loss: nothing polled counts, the lake says where to go on.
    private func resynchronise(_ consumer: any EventLogConsumer) throws {
        batch = OpenBatch(epoch: context.epoch)
        let positions = try startPositions(of: consumer.assignment)
        try consumer.seek(to: positions)
        context.logger.notice("resumed from the lake", ["partitions": "\(positions.count)"])
    }

    /// The lake's position of each partition; where it has none, the oldest record.
    private func startPositions(of partitions: [Int32]) throws -> [Int32: Int64] {
        let known = try lake.positions(topic: log.topic)
        for partition in partitions { positions[partition] = known[partition] }
        guard partitions.contains(where: { known[$0] == nil }) else {
            return known.filter { partitions.contains($0.key) }
        }
        var starts = Dictionary(uniqueKeysWithValues: try log.offsets().map { ($0.partition, $0.begin) })
        starts.merge(known) { $1 }
        return starts.filter { partitions.contains($0.key) }
    }

    // MARK: - Rebalances

    func assigned(partitions: [Int32]) throws -> [Int32: Int64] {
        context.rebalanced()
        context.metrics.rebalances.increment()
        context.logger.notice("partitions assigned", ["partitions": "\(partitions.sorted())"])
        var starts: [Int32: Int64] = [:]
        try context.retrying("asking the lake for positions") { starts = try startPositions(of: partitions) }
        return starts
    }

    func revoked(partitions: [Int32], lost: Bool) throws {
        context.logger.notice("partitions revoked", ["partitions": "\(partitions.sorted())", "lost": "\(lost)"])
        if lost {
            // Their new owner may have committed already: what we hold of them must not be.
            context.beginEpoch()
        } else {
            // Finish what is begun, so that the new owner starts behind it and nothing is read twice for nothing.
            try handOver(timeout: .seconds(5))
            if !batch.isEmpty || !context.waitUntilIdle(timeout: .seconds(10)) { context.beginEpoch() }
            if let consumer { try commitOffsets(consumer) }
        }
        for partition in partitions { positions[partition] = nil }
    }

    private func commitOffsets(_ consumer: any EventLogConsumer) throws {
        let offsets = context.takeOffsets().filter { consumer.assignment.contains($0.key) }
        guard !offsets.isEmpty else { return }
        context.crashPoint.pass(.beforeOffsets)
        do {
            try consumer.commit(offsets)
        } catch let error as StorageError where error.code != .corrupt {
            // Only dashboards read them, and a rebalance may refuse them: the next commit brings newer ones.
            context.logger.debug("group offsets not committed", ["error": "\(error)"])
        }
    }

    // MARK: - Lag

    /// - Returns: whether the log holds more than was polled.
    private func measureLag(_ consumer: any EventLogConsumer) throws -> Bool {
        let lag = try consumer.lag().values.reduce(0, +)
        if lagMeasured.elapsed >= .seconds(1) {
            lagMeasured = .now
            context.metrics.lag.set(Double(lag + Int64(batch.recordCount)))
        }
        return lag > 0
    }

    /// Whether log, lake and counts are level, for all partitions of the topic; commits what is open first.
    private func isDrained() throws -> Bool {
        try handOver(timeout: .milliseconds(100))
        guard batch.isEmpty, context.isIdle else { return false }
        return try Backlog.read(log: log, lake: lake, store: store) == Backlog(lag: 0, commitsBehind: 0)
    }
}
