import DeltaTable
import Domain
import ObjectStore
import Parquet
import ServiceKit

/// Writes the rows of a day as one Parquet file of the lake.
struct EventFileWriter {
    let store: any ObjectStore
    let rowGroupRowCount: Int
    let clock: any WallClock

    /// Writes a file, durable but nobody's until a commit names it.
    ///
    /// - Parameter isSortedByUser: whether the rows come in order of user, which is noted for readers.
    func write(_ batch: EventBatch, day: EventDay, isSortedByUser: Bool = false) throws -> AddFile {
        let key = "\(EventSchema.dayColumn)=\(day)/part-\(DeltaChange.makeToken()).snappy.parquet"
        var options = WriterOptions()
        options.rowGroupRowLimit = rowGroupRowCount
        if isSortedByUser { options.sortingColumns = [SortingColumn(leaf: 0)] }
        let sink = try ParquetObjectSink(store: store, key: key)
        do {
            let writer = try ParquetFileWriter(schema: EventSchema.parquet(), options: options, sink: sink)
            try writer.write(batch.columnValues.map { LeafColumn($0) })
            try writer.close()
            let info = try sink.finish()
            return AddFile(
                path: DeltaTablePath.logPath(ofKey: key), partitionValues: [EventSchema.dayColumn: day.description],
                byteCount: info.byteCount, modificationTime: clock.now, stats: batch.statistics.text,
                extra: ["tags": .object([EventSchema.checksumTag: .string(sink.checksum)])])
        } catch {
            sink.cancel()
            throw error
        }
    }
}

extension DeltaEventLake {
    var fileWriter: EventFileWriter {
        EventFileWriter(store: store, rowGroupRowCount: options.rowGroupRowCount, clock: clock)
    }

    /// Writes one file a day, in order of day; when one fails, those before it are removed again.
    func writeFiles(_ batches: [EventDay: EventBatch]) throws -> [AddFile] {
        var files: [AddFile] = []
        do {
            for (day, batch) in batches.sorted(by: { $0.key < $1.key }) where batch.count > 0 {
                files.append(try fileWriter.write(batch, day: day))
            }
        } catch {
            remove(files)
            throw error
        }
        return files
    }
}

extension EventBatch {
    /// The columns in the order of `EventColumn`. Identifiers go as the codes they are, no string is hashed again.
    fileprivate var columnValues: [ColumnValues] {
        EventColumn.allCases.map { column in
            switch column {
            case .userID: .dictionary(codes: userCodes, values: users.byteArrays)
            case .trackID: .dictionary(codes: trackCodes, values: tracks.byteArrays)
            case .timestamp: .int64(timestamps)
            case .action: .words(actions, EventAction.allCases.map(\.wireName))
            case .duration: .int32(durations)
            case .totalDuration: .int32(totalDurations)
            case .source: .words(sources, EventSource.allCases.map(\.wireName))
            }
        }
    }

    /// The codes that occur.
    private static func distinct(_ codes: [UInt8]) -> [UInt8] {
        var occurs = [Bool](repeating: false, count: 256)
        for code in codes { occurs[Int(code)] = true }
        return (0...UInt8.max).filter { occurs[Int($0)] }
    }

    /// Bounds of every column; nothing is ever null.
    fileprivate var statistics: DeltaStatistics {
        var statistics = DeltaStatistics(numRecords: Int64(count))
        func set(_ column: EventColumn, _ bounds: (min: Int64, max: Int64)?) {
            guard let bounds else { return }
            statistics.minValues[column.rawValue] = .integer(bounds.min)
            statistics.maxValues[column.rawValue] = .integer(bounds.max)
        }
        func set(_ column: EventColumn, _ bounds: (min: String, max: String)?) {
            guard let bounds else { return }
            statistics.setBounds(of: column.rawValue, min: bounds.min, max: bounds.max)
        }
        set(.userID, users.bounds)
        set(.trackID, tracks.bounds)
        set(.timestamp, timestamps.bounds)
        set(.action, Self.distinct(actions).compactMap { EventAction(rawValue: $0)?.wireName }.bounds)
        set(.duration, durations.bounds)
        set(.totalDuration, totalDurations.bounds)
        set(.source, Self.distinct(sources).compactMap { EventSource(rawValue: $0)?.wireName }.bounds)
        for column in EventColumn.allCases { statistics.nullCount[column.rawValue] = .integer(0) }
        return statistics
    }
}

extension ColumnValues {
    /// A column of a few fixed words, by their codes. Words that do not occur are left out of the dictionary.
    fileprivate static func words(_ codes: [UInt8], _ words: [String]) -> ColumnValues {
        var isUsed = [Bool](repeating: false, count: words.count)
        for code in codes { isUsed[Int(code)] = true }
        let used = words.indices.filter { isUsed[$0] }
        var renumbered = [UInt32](repeating: 0, count: words.count)
        for (number, code) in used.enumerated() { renumbered[code] = UInt32(number) }
        return .dictionary(codes: codes.map { renumbered[Int($0)] }, values: ByteArrayColumn(used.map { words[$0] }))
    }
}

extension InternedStrings {
    fileprivate var byteArrays: ByteArrayColumn { ByteArrayColumn(bytes: bytes, offsets: offsets) }

    /// The smallest and the largest by their bytes.
    fileprivate var bounds: (min: String, max: String)? {
        guard count > 0 else { return nil }
        var least: UInt32 = 0
        var greatest: UInt32 = 0
        for code in 1..<UInt32(max(count, 1)) {
            if precedes(code, least) { least = code }
            if precedes(greatest, code) { greatest = code }
        }
        return (self[least], self[greatest])
    }
}

extension Array where Element: FixedWidthInteger {
    fileprivate var bounds: (min: Int64, max: Int64)? {
        guard var least = first else { return nil }
        var greatest = least
        for value in self {
            if value < least { least = value }
            if value > greatest { greatest = value }
        }
        return (Int64(least), Int64(greatest))
    }
}

extension [String] {
    fileprivate var bounds: (min: String, max: String)? {
        guard let least = self.min(), let greatest = self.max() else { return nil }
        return (least, greatest)
    }
}
