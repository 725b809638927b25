import SQLite
import ServiceKit
import Synchronization

/// Gathers events and writes them many a transaction; used by many threads.
final class SQLiteEventLogProducer: EventLogProducer {
    private struct Buffer {
        /// Keys and values one after the other.
        var bytes: [UInt8] = []
        /// Where each record's key and value end in `bytes`, and its partition.
        var records: [(partition: Int32, keyEnd: Int, valueEnd: Int)] = []
        var isClosed = false
    }

    /// A transaction has this many events at most …
    private static let batchCount = 4_000
    /// … and this many bytes: what the buffer is bounded by as well.
    private static let batchByteCount = 4 << 20

    private let log: SQLiteEventLog
    private let topicID: Int64
    private let partitions: Int
    private let clock = SystemWallClock()
    private let buffer = Mutex(Buffer())

    init(log: SQLiteEventLog, topicID: Int64, partitions: Int) {
        self.log = log
        self.topicID = topicID
        self.partitions = partitions
    }

    /// The thread that fills the buffer writes it; the others wait meanwhile: that is the back-pressure.
    func append(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) throws {
        let partition =
            key.isEmpty ? Int32.random(in: 0..<Int32(partitions)) : Murmur2.partition(of: key, count: partitions)
        try buffer.withLock { buffer in
            guard !buffer.isClosed else { throw StorageError(.invalid, "the producer is closed") }
            // Before the new record is taken, so that a failure here says: this one was not taken.
            if buffer.records.count >= Self.batchCount || buffer.bytes.count >= Self.batchByteCount {
                try write(&buffer)
            }
            buffer.bytes.append(contentsOf: key)
            let keyEnd = buffer.bytes.count
            buffer.bytes.append(contentsOf: value)
            buffer.records.append((partition, keyEnd, buffer.bytes.count))
        }
    }

    func flush(timeout: Duration) throws {
        let deadline = MonotonicTime.now.advanced(by: timeout)
        var backoff = Backoff(initial: .milliseconds(20), maximum: .seconds(1))
        let pause = StopSignal()
        while true {
            do {
                try buffer.withLock { try write(&$0) }
                return
            } catch let error as StorageError where error.isRetriable && MonotonicTime.now < deadline {
                // The buffer is as it was; another writer may be done by then.
                pause.wait(for: backoff.next())
            }
        }
    }

    func close() throws {
        let wasClosed = buffer.withLock { $0.isClosed }
        guard !wasClosed else { return }
        defer { buffer.withLock { $0.isClosed = true } }
        try flush(timeout: .seconds(30))
    }

    /// Writes everything in one transaction; on failure the buffer keeps it.
    private func write(_ buffer: inout Buffer) throws {
        guard !buffer.records.isEmpty else { return }
        let now = clock.now
        try log.write { connection in
            var next = try nextOffsets(connection)
            try buffer.bytes.withUnsafeBytes { bytes in
                try connection.withStatement(
                    "INSERT INTO log_events (topic, partition, offset, appended_at, key, value) VALUES (?, ?, ?, ?, ?, ?)"
                ) { statement in
                    var start = 0
                    for record in buffer.records {
                        let partition = Int(record.partition)
                        try statement.bind(topicID, at: 1)
                        try statement.bind(partition, at: 2)
                        try statement.bind(next[partition], at: 3)
                        try statement.bind(now, at: 4)
                        try statement.bind(UnsafeRawBufferPointer(rebasing: bytes[start..<record.keyEnd]), at: 5)
                        try statement.bind(
                            UnsafeRawBufferPointer(rebasing: bytes[record.keyEnd..<record.valueEnd]), at: 6)
                        _ = try statement.run()
                        next[partition] += 1
                        start = record.valueEnd
                    }
                }
            }
            for (partition, offset) in next.enumerated() {
                try connection.run(
                    "UPDATE log_partitions SET next = ? WHERE topic = ? AND partition = ?",
                    [.integer(offset), .integer(topicID), .integer(Int64(partition))])
            }
        }
        buffer.bytes.removeAll(keepingCapacity: true)
        buffer.records.removeAll(keepingCapacity: true)
        log.arrivals.withLock { $0 &+= 1 }
    }

    private func nextOffsets(_ connection: Connection) throws -> [Int64] {
        var next = [Int64](repeating: 0, count: partitions)
        try connection.query("SELECT partition, next FROM log_partitions WHERE topic = ?", [.integer(topicID)]) { row in
            next[Int(row.int64(at: 0))] = row.int64(at: 1)
        }
        return next
    }
}

/// The hash by which Kafka's Java client places a key (`org.apache.kafka.common.utils.Utils.murmur2`): MurmurHash2, 32 bits,
/// by Austin Appleby (https://github.com/aappleby/smhasher), seed 0x9747b28c.
enum Murmur2 {
    /// Partition of a key among `count`, as the Java client computes it.
    static func partition(of key: UnsafeRawBufferPointer, count: Int) -> Int32 {
        Int32(hash(key) & 0x7FFF_FFFF) % Int32(count)
    }

    static func hash(_ key: UnsafeRawBufferPointer) -> UInt32 {
        let multiplier: UInt32 = 0x5BD1_E995
        var hash = 0x9747_B28C ^ UInt32(truncatingIfNeeded: key.count)
        var index = 0
        while index + 4 <= key.count {
            var word = UInt32(littleEndian: key.loadUnaligned(fromByteOffset: index, as: UInt32.self)) &* multiplier
            word ^= word >> 24
            hash = (hash &* multiplier) ^ (word &* multiplier)
            index += 4
        }
        if index < key.count {
            var tail: UInt32 = 0
            for offset in stride(from: key.count - 1, through: index, by: -1) { tail = tail << 8 | UInt32(key[offset]) }
            hash = (hash ^ tail) &* multiplier
        }
        hash ^= hash >> 13
        hash = hash &* multiplier
        return hash ^ (hash >> 15)
    }
}
