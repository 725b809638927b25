import SQLite
import ServiceKit

/// Appends to a SQLite log: callers fill a bounded buffer, one thread writes it, a transaction at a time.
final class SQLiteEventLogProducer: EventLogProducer {
    private let queue: SQLiteWriteQueue
    private let writer: WorkerThread

    init(
        topic: SQLiteEventLog.Topic, file: SQLiteLogFile, options: SQLiteEventLog.Options, clock: any WallClock,
        database: Database
    ) throws {
        let queue = SQLiteWriteQueue(topic: topic, options: options)
        self.queue = queue
        writer = try WorkerThread(name: "log writer") {
            defer { database.close() }
            queue.write(to: SQLiteLogAppender(topic: topic, file: file, database: database, clock: clock))
        }
    }

    deinit { queue.endWriter() }

    func append(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws {
        try queue.append(key: key, value: value)
    }

    func flush(timeout: Duration) throws { try queue.flush(timeout: timeout) }

    func close() throws {
        guard queue.refuseMore() else { return }
        let drained = Result { try queue.drain() }
        queue.endWriter()
        try writer.join()
        try drained.get()
    }
}
