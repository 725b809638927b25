import Domain
import ServiceKit
import Storage

/// Writes batches one after the other, off the polling thread: dead letters, then Parquet files and one commit, then the
/// hand-over to the counts (docs/design.md §3.3).
final class BatchCommitter: Sendable {
    private let log: any EventLog
    private let lake: any EventLake
    private let counter: PlayCounter
    private let options: IngestionOptions
    private let context: IngestionContext
    /// One batch being written and one waiting: more would only be memory.
    private let queue = BoundedQueue<OpenBatch>(capacity: 1)

    init(
        log: any EventLog, lake: any EventLake, counter: PlayCounter, options: IngestionOptions,
        context: IngestionContext
    ) {
        self.log = log
        self.lake = lake
        self.counter = counter
        self.options = options
        self.context = context
    }

    /// Takes a batch when there is room now.
    func offer(_ batch: OpenBatch, timeout: Duration) -> Bool {
        context.began()
        let isTaken = queue.push(batch, timeout: timeout)
        if !isTaken { context.ended() }
        return isTaken
    }

    /// No more batches will come; those that wait are still written.
    func close() { queue.close() }

    /// Works until closed and empty.
    func run() throws {
        var letters: (any EventLogProducer)?
        var filter = options.duplicateReach > 0 ? DuplicateFilter(reach: options.duplicateReach) : nil
        defer { counter.close() }
        while var batch = queue.pop() {
            defer { context.ended() }
            guard batch.epoch == context.epoch else { continue }
            do {
                let duplicateCount = try dropDuplicates(of: &batch, &filter)
                if let made = try commit(batch, duplicateCount: duplicateCount, letters: &letters) {
                    filter?.committed(version: made.version)
                } else {
                    filter?.discarded()
                }
            } catch let error as StorageError where error.code == .fenced {
                filter?.discarded()
                context.fenced()
                context.metrics.fenced.increment()
                context.logger.notice("batch fenced", ["events": "\(batch.eventCount)", "reason": "\(error)"])
                context.beginEpoch()
            }
        }
        try letters?.close()
    }

    /// - Returns: events left out.
    private func dropDuplicates(of batch: inout OpenBatch, _ filter: inout DuplicateFilter?) throws -> Int {
        guard filter != nil else { return 0 }
        try context.retrying("reading the newest listens of the lake") {
            try filter?.catchUp(with: lake, rebalances: context.status.rebalances)
        }
        return filter?.filter(&batch) ?? 0
    }

    /// - Returns: nil when it gave up because the daemon stops.
    private func commit(
        _ batch: OpenBatch, duplicateCount: Int, letters: inout (any EventLogProducer)?
    ) throws -> LakeCommit? {
        if !batch.rejected.isEmpty {
            let isDone = try context.retrying("writing dead letters") { try write(batch.rejected, to: &letters) }
            guard isDone else { return nil }
        }
        var made: LakeCommit?
        let keepsPositions = options.sabotage != .forgetPositions
        let began = MonotonicTime.now
        let isDone = try context.retrying("committing a batch to the lake") {
            made = try lake.append(
                batch.rowsByDay, topic: log.topic, from: keepsPositions ? batch.from : [:],
                to: keepsPositions ? batch.to : [:]
            ) { context.crashPoint.pass(.afterParquet) }
        }
        guard isDone, let made else { return nil }
        context.metrics.commitSeconds.record(began.elapsed)
        context.crashPoint.pass(.afterCommit)
        context.metrics.batches.increment()
        context.metrics.events.increment(by: batch.eventCount)
        context.metrics.count(batch.rejected)
        context.metrics.duplicates.increment(by: duplicateCount)
        context.committed(
            events: batch.eventCount, rejected: batch.rejected.count, duplicates: duplicateCount)
        context.logger.info(
            "committed",
            [
                "version": "\(made.version)", "events": "\(batch.eventCount)", "rejected": "\(batch.rejected.count)",
                "days": "\(batch.days.count)", "duplicates": "\(duplicateCount)",
            ])
        // A closed counter means we stop with the store down: the next start counts this commit.
        _ = counter.add(
            version: made.version, tally: PlayTally(batch.days), positions: batch.to, rowCount: batch.eventCount)
        return made
    }

    private func write(_ rejected: [DeadLetter], to letters: inout (any EventLogProducer)?) throws {
        let producer: any EventLogProducer
        if let letters {
            producer = letters
        } else {
            let sibling = try log.sibling(topic: "\(log.topic)_rejected")
            try sibling.createIfMissing(partitions: 1)
            producer = try sibling.makeProducer()
            letters = producer
        }
        for letter in rejected {
            try producer.append(
                key: letter.key(topic: log.topic), value: letter.json(topic: log.topic, now: context.now))
        }
        try producer.flush(timeout: .seconds(30))
    }
}
